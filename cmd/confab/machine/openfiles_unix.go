//go:build !windows

package machine

import "syscall"

// MaxOpenFiles returns how many files and connections the process may have open,
// like "ulimit -n". Go has already raised this to the highest value allowed.
func MaxOpenFiles() (int64, bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return int64(min(uint64(l.Cur), 1<<62)), true
}
