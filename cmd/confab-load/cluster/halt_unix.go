//go:build unix

package cluster

import "syscall"

// halt stops a process where it is. It goes on with resume.
func halt(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }

func resume(pid int) error { return syscall.Kill(pid, syscall.SIGCONT) }
