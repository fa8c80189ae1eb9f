package sshd

import (
	"sync"
	"time"
)

// holdAfter is how long a session may do something other than read its input before its
// connection stops reading.
const holdAfter = 20 * time.Millisecond

// inputHold makes a connection stop reading while a session is too busy to read its input
// (see [conn.hold]). Screens always read, and hold their connections themselves
// ([screen.Options.Hold]). Reads of one session do not overlap.
type inputHold struct {
	hold func(on bool) // of the connection

	mu    sync.Mutex
	timer *time.Timer // nil before the first read has returned
	busy  bool        // the session is not reading
	on    bool        // the connection is held
	ended bool
}

// reading is called before a read.
func (h *inputHold) reading() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.releaseLocked()
}

// read is called after a read.
func (h *inputHold) read() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return
	}
	h.busy = true
	if h.timer != nil {
		h.timer.Reset(holdAfter)
		return
	}
	h.timer = time.AfterFunc(holdAfter, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.busy && !h.on {
			h.on = true
			h.hold(true)
		}
	})
}

// end is called when the session reads no more.
func (h *inputHold) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	h.releaseLocked()
}

func (h *inputHold) releaseLocked() {
	h.busy = false
	if h.timer != nil {
		h.timer.Stop()
	}
	if h.on {
		h.on = false
		h.hold(false)
	}
}
