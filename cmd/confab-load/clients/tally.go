package clients

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// Tally records when each message was sent and how long it took to each screen. It
// runs for every delivery, on the cores that the server needs too. So it neither
// locks nor allocates.
type Tally struct {
	Schedule
	begun   time.Time      // the zero of all times
	sent    []atomic.Int64 // of each message, nanoseconds since begun; 0: not yet
	Views   []View         // of each client
	missing atomic.Int64   // deliveries that are still to come
	all     chan struct{}  // closed when missing is 0

	Behind  atomic.Int64  // clients that have not seen all of the last messages
	Current chan struct{} // closed when behind is 0
}

// lastMessages is how many of the newest messages a screen must have shown to be up
// to date. They fit on it together.
const lastMessages = 10

// settleTime is the time without a new message on any screen after which the rest
// counts as scrolled off before it was drawn.
const settleTime = 30 * time.Second

// View records what one client has seen. It belongs to the goroutine that reads the
// client's screen.
type View struct {
	tally  *Tally
	client int
	// took has the microseconds that each message took plus 1, or 0 for a message
	// that was not seen.
	took []uint32
	left int // how many of the last messages it has not seen
}

// NewTally makes a tally in which nothing has been sent.
func NewTally(s Schedule) *Tally {
	t := &Tally{
		Schedule: s,
		begun:    time.Now(),
		sent:     make([]atomic.Int64, s.Messages),
		Views:    make([]View, s.Sessions),
		all:      make(chan struct{}),
	}
	t.Current = make(chan struct{})
	t.missing.Store(int64(s.Deliveries()))
	for i := range t.Views {
		v := View{tally: t, client: i, took: make([]uint32, s.Messages)}
		for m := max(0, s.Messages-lastMessages); m < s.Messages; m++ {
			if s.author(m) != i {
				v.left++
			}
		}
		if v.left > 0 {
			t.Behind.Add(1)
		}
		t.Views[i] = v
	}
	return t
}

// Past leaves out the first messages, which were sent with an earlier tally and may still be on
// screens. The caller must call it before clients connect.
func (t *Tally) Past(messages int) { t.missing.Add(-int64(messages * (t.Sessions - 1))) }

// entered notes that a message is being sent now.
func (t *Tally) entered(message int) {
	t.sent[message].Store(max(1, int64(time.Since(t.begun))))
}

// seen notes that a message is on the client's screen now. A message counts once,
// even if it is drawn again when the screen scrolls, and does not count for its
// author.
func (v *View) seen(message int) {
	t := v.tally
	if message >= t.Messages || v.took[message] != 0 || t.author(message) == v.client {
		return
	}
	sent := t.sent[message].Load()
	if sent == 0 {
		return // looks like a token, but is not one
	}
	took := (int64(time.Since(t.begun)) - sent) / int64(time.Microsecond)
	v.took[message] = uint32(min(took, math.MaxUint32-1)) + 1
	if t.missing.Add(-1) == 0 {
		close(t.all)
	}
	if message >= t.Messages-lastMessages {
		if v.left--; v.left == 0 && t.Behind.Add(-1) == 0 {
			close(t.Current)
		}
	}
}

// settle waits until all deliveries have come, or no more arrive.
func (t *Tally) settle(ctx context.Context) error {
	stalled := time.NewTicker(settleTime)
	defer stalled.Stop()
	for {
		missing := t.missing.Load()
		select {
		case <-t.all:
			return nil
		case <-stalled.C:
			if t.missing.Load() == missing {
				return nil
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Latencies returns how long the deliveries of a range of messages took, ascending.
// The clients must have ended.
func (t *Tally) Latencies(from, to int) []time.Duration {
	all := make([]time.Duration, 0, (to-from)*(t.Sessions-1))
	for i := range t.Views {
		for _, took := range t.Views[i].took[from:to] {
			if took > 0 {
				all = append(all, time.Duration(took-1)*time.Microsecond)
			}
		}
	}
	slices.Sort(all)
	return all
}
