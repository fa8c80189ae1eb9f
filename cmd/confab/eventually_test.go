package main

import "time"

// eventually asks again and again whether something is so, and gives up when it
// takes too long.
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
