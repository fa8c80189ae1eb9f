//go:build unix

package away

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a program and everything that it starts one process group, which is killed
// when the program's time is over.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}
