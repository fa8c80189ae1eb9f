//go:build !linux

package main

import "net"

// unsent knows of Linux only.
func unsent(_, _ net.Addr) (n int64, known bool) { return 0, false }
