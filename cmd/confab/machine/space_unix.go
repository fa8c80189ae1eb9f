//go:build !windows && !openbsd

package machine

import "golang.org/x/sys/unix"

// FreeSpace returns how many bytes can still be written to the disk of a folder.
func FreeSpace(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// DiskSize returns the size of the disk of a folder, in bytes.
func DiskSize(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Blocks) * int64(s.Bsize), nil
}
