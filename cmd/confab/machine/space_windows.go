package machine

import "golang.org/x/sys/windows"

// FreeSpace returns how many bytes can still be written to the disk of a folder.
func FreeSpace(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(free), nil
}

// DiskSize returns the size of the disk of a folder, in bytes.
func DiskSize(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var size uint64
	if err := windows.GetDiskFreeSpaceEx(name, nil, &size, nil); err != nil {
		return 0, err
	}
	return int64(size), nil
}
