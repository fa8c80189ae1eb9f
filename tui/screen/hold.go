package screen

import (
	"io"
	"time"
)

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

// read reads once. If it has to wait, nothing is left to read, so the hold ends.
func (h *hold) read(in io.Reader, buf []byte) (int, error) {
	if !h.on {
		return in.Read(buf)
	}
	waits := time.AfterFunc(holdTime, func() { h.set(false) })
	n, err := in.Read(buf)
	if !waits.Stop() {
		h.on = false
	}
	return n, err
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
