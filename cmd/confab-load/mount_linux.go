package main

import (
	"errors"
	"fmt"
	"syscall"
)

// mountSmall creates a disk of this many bytes in memory, and returns a function
// that removes it. Without the permission to mount, the error is [errNoDisk].
func mountSmall(dir string, size int) (unmount func() error, err error) {
	err = syscall.Mount("confab-load", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", size))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		return nil, errNoDisk
	}
	if err != nil {
		return nil, fmt.Errorf("mounting a small disk: %w", err)
	}
	return func() error { return syscall.Unmount(dir, 0) }, nil
}
