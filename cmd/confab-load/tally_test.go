package main

import (
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		values []time.Duration
		p      float64
		want   time.Duration
	}{
		{nil, 50, 0},
		{[]time.Duration{7}, 0, 7},
		{[]time.Duration{7}, 50, 7},
		{[]time.Duration{7}, 100, 7},
		{[]time.Duration{1, 2}, 50, 1},
		{[]time.Duration{1, 2}, 51, 2},
		{[]time.Duration{1, 2, 3}, 50, 2},
		{hundred, 50, 50},
		{hundred, 95, 95},
		{hundred, 99, 99},
		{hundred, 99.5, 100},
		{hundred, 100, 100},
	} {
		if got := percentile(c.values, c.p); got != c.want {
			t.Errorf("percentile %v of %d values: %d, want %d", c.p, len(c.values), got, c.want)
		}
	}
}

// TestTally counts each delivery once. It does not count redrawn text, the author's
// own screen, or text that only looks like a token.
func TestTally(t *testing.T) {
	// Clients 0 and 1 each send a message, which 2 others see.
	y := newTally(newSchedule(3, 2, 4, time.Second))
	if y.messages != 2 || y.deliveries() != 4 {
		t.Fatalf("%d messages, %d deliveries; want 2 and 4", y.messages, y.deliveries())
	}
	y.views[2].seen(0) // nobody has sent it
	y.entered(0)
	y.entered(1)
	for range 2 {
		y.views[0].seen(0) // the author of the message
		y.views[1].seen(0)
		y.views[2].seen(0)
		y.views[0].seen(1)
		y.views[0].seen(2) // there is no such message
	}
	if n := len(y.latencies(0, y.messages)); n != 3 || y.missing.Load() != 1 {
		t.Errorf("%d deliveries, %d missing; want 3 and 1", n, y.missing.Load())
	}
	select {
	case <-y.all:
		t.Error("a delivery is missing, but all count as done")
	default:
	}
	y.views[2].seen(1)
	<-y.all
}

func TestSchedule(t *testing.T) {
	// 2,000 deliveries a second to 199 others are 10.05 messages a second.
	s := newSchedule(200, 10, 2000, 10*time.Second)
	if s.messages != 100 || s.interval != 99500*time.Microsecond || s.deliveries() != 19900 {
		t.Errorf("%+v, %d deliveries", s, s.deliveries())
	}
	if s.author(0) != 0 || s.author(13) != 3 {
		t.Error("the senders do not take turns")
	}
	if s.lead() != 497500*time.Microsecond {
		t.Errorf("typed %v before it is sent", s.lead())
	}
	if s := newSchedule(200, 10, 1, time.Second); s.messages != 1 || s.lead() != time.Second {
		t.Errorf("at least one message, typed a second before; got %+v, %v", s, s.lead())
	}
}
