//go:build !linux

package main

// usageOf works only on Linux.
func usageOf(int) usage { return usage{} }

// openFiles works only on Linux.
func openFiles(int) (files, sockets int) { return 0, 0 }
