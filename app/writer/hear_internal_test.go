package writer

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"confab/app/chat"
)

// clockStore is a store that has messages up to now, and counts how often it is asked for that.
type clockStore struct {
	chat.Store
	last int64
	now  chat.Clock
	asks int
}

func (s *clockStore) Clock(context.Context) (chat.Clock, error) {
	s.asks++
	return s.now, nil
}

func (s *clockStore) MessagesAtPositions(ctx context.Context, after, upTo int64, limit int) ([]*chat.Message, error) {
	return logReader{last: s.last}.MessagesAtPositions(ctx, after, upTo, limit)
}

// What another server says makes the writer look, unless that is applied already. It is told if
// there was nothing, and applies only what the store has.
func TestWhatServersSayIsOnlyAReasonToLook(t *testing.T) {
	s := &clockStore{now: chat.Clock{Messages: 3}, last: 100}
	applied := 0
	w := New(Options{
		Store: s, Apply: func(chat.Change) error { applied++; return nil }, Missed: func(context.Context, bool) { t.Error("something is missed") },
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Bus: quietBus{},
	})
	defer w.Stop()
	for _, c := range []struct {
		said    chat.Clock
		now     int64
		asks    bool
		nothing bool
	}{
		{said: chat.Clock{Messages: 3}, now: 3, asks: true},
		{said: chat.Clock{Messages: 3}, now: 3},                                                    // applied already
		{said: chat.Clock{Messages: 1}, now: 5},                                                    // the same
		{said: chat.Clock{Messages: 4}, now: 5, asks: true},                                        // there is even more
		{said: chat.Clock{Messages: 99}, now: 5, asks: true, nothing: true},                        // a lie
		{said: chat.Clock{Messages: 1 << 62, Changes: 1 << 62}, now: 5, asks: true, nothing: true}, // another one
		{said: chat.Clock{}, now: 5, asks: true},                                                   // nobody knows
		{said: chat.Clock{}, now: 7, asks: true},
	} {
		s.now.Messages, s.asks = c.now, 0
		nothing, err := w.Hear(t.Context(), c.said)
		if err != nil || nothing != c.nothing || (s.asks > 0) != c.asks {
			t.Errorf("%+v while the store is at %d: nothing %v, asked %d times, %v", c.said, c.now, nothing, s.asks, err)
		}
	}
	if applied != 7 || w.LastSeen() != (chat.Clock{Messages: 7}) {
		t.Errorf("%d messages are applied, up to %+v", applied, w.LastSeen())
	}
}

// quietBus is a bus on which nobody says anything.
type quietBus struct{ chat.Bus }
