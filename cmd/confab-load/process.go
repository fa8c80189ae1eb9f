package main

import "time"

// usage is what a process has used, and holds. If the system does not say, known is
// false.
type usage struct {
	known    bool
	cpu      time.Duration // CPU time of all its threads since it began, user and system
	resident int64         // memory in bytes, RSS
}
