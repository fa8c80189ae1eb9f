//go:build !linux

package main

// mountSmall works only on Linux.
func mountSmall(string, int) (unmount func() error, err error) { return nil, errNoDisk }
