package writer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
)

// looseStore is a store that keeps nothing.
type looseStore struct {
	chat.Store
	mu     sync.Mutex
	asked  int
	undone int
}

type looseTx struct {
	chat.Tx
	store *looseStore
}

func (t looseTx) UserByName(context.Context, string) (chat.User, error) {
	t.store.asked++
	return chat.User{}, nil
}

func (s *looseStore) Update(_ context.Context, fn func(chat.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := fn(looseTx{store: s})
	if err != nil {
		s.undone++
	}
	return err
}

// A change that costs more than its budget is undone and refused, even if it ignores the
// first error. Changes of the host have no budget.
func TestAChangeHasABudget(t *testing.T) {
	store := &looseStore{}
	w := New(Options{Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	defer w.Stop()
	const much = 10 * jobBudget
	do := func(_ context.Context, tx chat.Tx) ([]chat.Change, error) {
		for range much {
			_, _ = tx.UserByName(t.Context(), "bob")
		}
		return nil, nil
	}
	if err := w.Do(t.Context(), do); !errors.Is(err, chat.ErrTooLarge) || !chat.IsRefusal(err) {
		t.Errorf("it is answered with %v", err)
	}
	if store.asked > jobBudget || store.undone != 1 {
		t.Errorf("the store was asked %d times, and %d transactions were undone", store.asked, store.undone)
	}
	store.asked = 0
	if err := w.DoForHost(t.Context(), do); err != nil || store.asked != much {
		t.Errorf("the host: %v, after %d questions", err, store.asked)
	}
}

// A slow change is logged by the name of its use case, in the log of the session that asked for it.
func TestASlowChangeIsLogged(t *testing.T) {
	var log bytes.Buffer
	clock := time.Unix(1000, 0)
	quick := time.Duration(0)
	now := func() time.Time { clock = clock.Add(quick); return clock }
	w := New(Options{Store: &looseStore{}, Now: now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	s := asker{w, slog.New(slog.NewTextHandler(&log, nil)).With("session", "abcd")}
	if err := s.Linger(t.Context()); err != nil || log.Len() > 0 {
		t.Errorf("a quick change: %v, and the log has %q", err, log.String())
	}
	quick = slowJob
	if err := s.Linger(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Stop()
	for _, want := range []string{"change=Linger", "took=50ms", "session=abcd"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s: %s", want, log.String())
		}
	}
}

// asker makes changes as a session does.
type asker struct {
	writer *Writer
	log    *slog.Logger
}

// Linger is a use case of the test.
func (a asker) Linger(ctx context.Context) error {
	fn := func(context.Context, chat.Tx) ([]chat.Change, error) { return nil, nil }
	return a.writer.CarryOut(ctx, &Job{Do: fn, Of: fn, Log: a.log})
}
