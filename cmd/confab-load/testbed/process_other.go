//go:build !linux

package testbed

// UsageOf works only on Linux.
func UsageOf(int) Usage { return Usage{} }

// OpenFiles works only on Linux.
func OpenFiles(int) (files, sockets int) { return 0, 0 }
