package sshd

import "sync/atomic"

// replace puts a value into a channel with room for one, in place of the value that
// waits there. It never blocks if only one goroutine sends.
func replace[T any](in chan T, value T) {
	select {
	case <-in:
	default:
	}
	in <- value
}

// offer sends a value to a registered channel if that has room, and reports whether it
// did.
func offer[T any](registered *atomic.Pointer[chan<- T], value T) bool {
	to := registered.Load()
	if to == nil {
		return false
	}
	select {
	case *to <- value: // never, if the channel is nil
		return true
	default:
		return false
	}
}
