package testbed

import "time"

// Usage is what a process has used, and holds. If the system does not say, Known is
// false.
type Usage struct {
	Known    bool
	CPU      time.Duration // CPU time of all its threads since it began, user and system
	Resident int64         // memory in bytes, RSS
}
