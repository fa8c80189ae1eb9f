package clients

import (
	"testing"
	"time"
)

// TestTally counts each delivery once. It does not count redrawn text, the author's
// own screen, or text that only looks like a token.
func TestTally(t *testing.T) {
	// Clients 0 and 1 each send a message, which 2 others see.
	y := NewTally(NewSchedule(3, 2, 4, time.Second))
	if y.Messages != 2 || y.Deliveries() != 4 {
		t.Fatalf("%d messages, %d deliveries; want 2 and 4", y.Messages, y.Deliveries())
	}
	y.Views[2].seen(0) // nobody has sent it
	y.entered(0)
	y.entered(1)
	for range 2 {
		y.Views[0].seen(0) // the author of the message
		y.Views[1].seen(0)
		y.Views[2].seen(0)
		y.Views[0].seen(1)
		y.Views[0].seen(2) // there is no such message
	}
	if n := len(y.Latencies(0, y.Messages)); n != 3 || y.missing.Load() != 1 {
		t.Errorf("%d deliveries, %d missing; want 3 and 1", n, y.missing.Load())
	}
	select {
	case <-y.all:
		t.Error("a delivery is missing, but all count as done")
	default:
	}
	y.Views[2].seen(1)
	<-y.all
}

func TestSchedule(t *testing.T) {
	// 2,000 deliveries a second to 199 others are 10.05 messages a second.
	s := NewSchedule(200, 10, 2000, 10*time.Second)
	if s.Messages != 100 || s.Interval != 99500*time.Microsecond || s.Deliveries() != 19900 {
		t.Errorf("%+v, %d deliveries", s, s.Deliveries())
	}
	if s.author(0) != 0 || s.author(13) != 3 {
		t.Error("the senders do not take turns")
	}
	if s.Lead() != 497500*time.Microsecond {
		t.Errorf("typed %v before it is sent", s.Lead())
	}
	s.InStep = true
	for message, want := range map[int]time.Duration{0: 0, 9: 0, 10: 10 * s.Interval, 19: 10 * s.Interval, 20: 20 * s.Interval} {
		if got := s.due(message); got != want {
			t.Errorf("in step, message %d is due after %s, want %s", message, got, want)
		}
	}
	if s := NewSchedule(200, 10, 1, time.Second); s.Messages != 1 || s.Lead() != time.Second {
		t.Errorf("at least one message, typed a second before; got %+v, %v", s, s.Lead())
	}
}
