package screen

import "time"

// holdTime is how long a read waits for bytes before the hold ends. By then all keys that
// were on their way have been read.
const holdTime = 20 * time.Millisecond

// hold stops the connection from delivering keys while earlier keys wait for their budget.
// Otherwise they would pile up in the server's memory. It belongs to the goroutine that
// reads.
type hold struct {
	set func(on bool)
	on  bool
}

func (h *hold) begin() {
	if !h.on {
		h.on = true
		h.set(true)
	}
}

func (h *hold) end() {
	if h.on {
		h.on = false
		h.set(false)
	}
}

// reading is called before a read. It returns a function to call after the read. If
// the read has to wait, nothing is left to read, so the hold ends.
func (h *hold) reading() (read func()) {
	if !h.on {
		return func() {}
	}
	waits := time.AfterFunc(holdTime, func() { h.set(false) })
	return func() {
		if !waits.Stop() {
			h.on = false
		}
	}
}

// pause waits. It reports false if the loop has ended meanwhile.
func (s *session) pause(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}
