//go:build !linux

package main

// usageOf knows of Linux only.
func usageOf(int) usage { return usage{} }

// openFiles is how many files a process has open; it is not known here.
func openFiles(int) int { return 0 }
