//go:build !unix

package away

import "os/exec"

// ownGroup does nothing, because this system has no process groups: only the program itself is
// killed when its time is over.
func ownGroup(*exec.Cmd) {}
