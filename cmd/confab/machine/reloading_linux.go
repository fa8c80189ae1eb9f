package machine

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Reloading returns the state of a server that reads its settings again. systemd wants to
// know when that began.
func Reloading() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return "RELOADING=1"
	}
	return fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000)
}
