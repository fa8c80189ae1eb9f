package screen

import "time"

// holdTime is how long nothing must have been there to read before it is taken that
// all has been read.
const holdTime = 20 * time.Millisecond

// hold keeps more keys from coming while those that have come wait for their budget.
// Else they would wait in the server's memory. It is of the goroutine that reads.
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

// reading is called before a read, and what it returns afterwards. A read that waits
// has nothing left to read, so the hold ends.
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
