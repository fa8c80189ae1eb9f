//go:build !linux

package main

// mountSmall knows of Linux only.
func mountSmall(string, int) (unmount func() error, err error) { return nil, errNoDisk }
