package main

import "time"

// eventually repeats a check until it succeeds, and gives up after a time.
func eventually(ok func() bool) bool {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for late := time.After(patience); !ok(); {
		select {
		case <-again.C:
		case <-late:
			return false
		}
	}
	return true
}
