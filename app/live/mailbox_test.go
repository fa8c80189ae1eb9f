package live

import (
	"testing"
	"testing/synctest"

	"confab/app/chat"
)

// numbered is an event with a number.
type numbered struct {
	chat.ListChanged
	n int
}

func TestMailboxKeepsOrderAndWakesOnce(t *testing.T) {
	box := newMailbox(new(counters))
	for i := range 3 {
		box.put(numbered{n: i})
	}
	<-box.Wake()
	b := box.Drain()
	if len(b.Events) != 3 || b.Resync || b.Ended != "" {
		t.Fatalf("took %+v, want three events", b)
	}
	for i, ev := range b.Events {
		if ev.(numbered).n != i {
			t.Errorf("event %d is %v", i, ev)
		}
	}
	select {
	case <-box.Wake():
		t.Error("an empty mailbox wakes its session")
	default:
	}
}

func TestMailboxThatOverflowsAsksForAResync(t *testing.T) {
	box := newMailbox(new(counters))
	for i := range 10 * mailboxLimit {
		box.put(numbered{n: i})
	}
	if b := box.Drain(); !b.Resync || len(b.Events) != 0 {
		t.Errorf("took %d events, resync %v; want none and a resync", len(b.Events), b.Resync)
	}
	box.put(numbered{n: 7})
	if b := box.Drain(); b.Resync || len(b.Events) != 1 {
		t.Errorf("after the resync: took %+v, want the one event", b)
	}
}

func TestMailboxEndGivesTheFirstReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newMailbox(new(counters))
		go func() {
			box.end("first")
			box.end("second")
		}()
		<-box.Wake()
		synctest.Wait()
		if got := box.Drain().Ended; got != "first" {
			t.Errorf("ended with %q, want the first reason", got)
		}
	})
}

// Delivering to a session that keeps up allocates nothing.
func TestDeliveringAllocatesNothing(t *testing.T) {
	m := newMailbox(new(counters))
	ev := chat.MessagePosted{Message: &chat.Message{}}
	n := testing.AllocsPerRun(100, func() {
		for range 3 {
			m.put(ev)
		}
		<-m.Wake()
		if got := len(m.Drain().Events); got != 3 {
			t.Fatalf("took %d events, want 3", got)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations for three events", n)
	}
}
