//go:build !windows

package datafolder

import (
	"os"
	"syscall"
)

// ownerOf returns the owner of a folder, and whether this is another user than the one
// who runs this command.
func ownerOf(dir string) (uid, gid int, foreign bool) {
	info, err := os.Stat(dir)
	if err != nil {
		return 0, 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(s.Uid), int(s.Gid), int(s.Uid) != os.Geteuid()
}
