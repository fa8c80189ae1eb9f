package main

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// tally records when each message was sent and how long it took to each screen. It
// runs for every delivery, on the cores that the server needs too. So it neither
// locks nor allocates.
type tally struct {
	schedule
	begun   time.Time      // the zero of all times
	sent    []atomic.Int64 // of each message, nanoseconds since begun; 0: not yet
	views   []view         // of each client
	missing atomic.Int64   // deliveries that are still to come
	all     chan struct{}  // closed when missing is 0

	behind  atomic.Int64  // clients that have not seen all of the last messages
	current chan struct{} // closed when behind is 0
}

// lastMessages is how many of the newest messages a screen must have shown to be up
// to date. They fit on it together.
const lastMessages = 10

// view records what one client has seen. It belongs to the goroutine that reads the
// client's screen.
type view struct {
	tally  *tally
	client int
	// took has the microseconds that each message took plus 1, or 0 for a message
	// that was not seen.
	took []uint32
	left int // how many of the last messages it has not seen
}

func newTally(s schedule) *tally {
	t := &tally{
		schedule: s,
		begun:    time.Now(),
		sent:     make([]atomic.Int64, s.messages),
		views:    make([]view, s.sessions),
		all:      make(chan struct{}),
	}
	t.current = make(chan struct{})
	t.missing.Store(int64(s.deliveries()))
	for i := range t.views {
		v := view{tally: t, client: i, took: make([]uint32, s.messages)}
		for m := max(0, s.messages-lastMessages); m < s.messages; m++ {
			if s.author(m) != i {
				v.left++
			}
		}
		if v.left > 0 {
			t.behind.Add(1)
		}
		t.views[i] = v
	}
	return t
}

// entered notes that a message is being sent now.
func (t *tally) entered(message int) {
	t.sent[message].Store(max(1, int64(time.Since(t.begun))))
}

// seen notes that a message is on the client's screen now. A message counts once,
// even if it is drawn again when the screen scrolls, and does not count for its
// author.
func (v *view) seen(message int) {
	t := v.tally
	if message >= t.messages || v.took[message] != 0 || t.author(message) == v.client {
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
	if message >= t.messages-lastMessages {
		if v.left--; v.left == 0 && t.behind.Add(-1) == 0 {
			close(t.current)
		}
	}
}

// settle waits until all deliveries have come, or no more arrive.
func (t *tally) settle(ctx context.Context) error {
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

// latencies returns how long the deliveries of a range of messages took, ascending.
// The clients must have ended.
func (t *tally) latencies(from, to int) []time.Duration {
	all := make([]time.Duration, 0, (to-from)*(t.sessions-1))
	for i := range t.views {
		for _, took := range t.views[i].took[from:to] {
			if took > 0 {
				all = append(all, time.Duration(took-1)*time.Microsecond)
			}
		}
	}
	slices.Sort(all)
	return all
}

// percentile returns the least value that p percent of the values do not exceed
// (nearest rank), or 0 if there are none. The values must be ascending.
func percentile(ascending []time.Duration, p float64) time.Duration {
	if len(ascending) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(ascending))))
	return ascending[min(max(rank, 1), len(ascending))-1]
}
