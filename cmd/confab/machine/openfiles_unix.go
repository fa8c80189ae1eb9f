//go:build !windows

package machine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// MaxOpenFiles returns how many files and connections a process may have open, like
// "ulimit -n". The pid 0 is this process, for which Go has already raised this to the highest
// value allowed. Only Linux knows it of other processes.
func MaxOpenFiles(pid int) (int64, bool) {
	if pid != 0 && pid != os.Getpid() {
		return maxOpenFilesOf(fmt.Sprintf("/proc/%d/limits", pid))
	}
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return int64(min(uint64(l.Cur), 1<<62)), true
}

// maxOpenFilesOf reads the limit from a file of the kernel (proc(5)).
func maxOpenFilesOf(file string) (int64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if fields := strings.Fields(rest); len(fields) > 0 {
				n, err := strconv.ParseInt(fields[0], 10, 64)
				return n, err == nil // "unlimited" is no limit
			}
		}
	}
	return 0, false
}
