package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// looseStore runs changes in transactions that keep nothing.
type looseStore struct {
	Store
	mu     sync.Mutex
	asked  int
	undone int
}

type looseTx struct {
	Tx
	store *looseStore
}

func (t looseTx) UserByName(context.Context, string) (User, error) {
	t.store.asked++
	return User{}, nil
}

func (s *looseStore) Update(_ context.Context, fn func(Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := fn(looseTx{store: s})
	if err != nil {
		s.undone++
	}
	return err
}

// A change that costs more than its budget is undone and refused, also if it did not
// mind the first refusal; the host may do as much as it wants.
func TestAChangeHasABudget(t *testing.T) {
	store := &looseStore{}
	w := newWriter(&writer{store: store, now: time.Now, log: slog.New(slog.DiscardHandler)})
	defer w.stop()
	const much = 10 * jobBudget
	do := func(_ context.Context, tx Tx) ([]Change, error) {
		for range much {
			_, _ = tx.UserByName(t.Context(), "bob")
		}
		return nil, nil
	}
	if err := w.do(t.Context(), do); !errors.Is(err, ErrTooLarge) || !IsRefusal(err) {
		t.Errorf("it is answered with %v", err)
	}
	if store.asked > jobBudget || store.undone != 1 {
		t.Errorf("the store was asked %d times, and %d transactions were undone", store.asked, store.undone)
	}
	store.asked = 0
	if err := w.doForHost(t.Context(), do); err != nil || store.asked != much {
		t.Errorf("the host: %v, after %d questions", err, store.asked)
	}
}

// A change that takes long is logged by the name of its use case, with the log of the
// session that asked for it.
func TestASlowChangeIsLogged(t *testing.T) {
	var log bytes.Buffer
	clock := time.Unix(1000, 0)
	quick := time.Duration(0)
	now := func() time.Time { clock = clock.Add(quick); return clock }
	w := newWriter(&writer{store: &looseStore{}, now: now, log: slog.New(slog.NewTextHandler(&log, nil))})
	s := &Session{&session{service: &service{writer: w}, log: slog.New(slog.NewTextHandler(&log, nil)).With("session", "abcd")}}
	if err := s.Linger(t.Context()); err != nil || log.Len() > 0 {
		t.Errorf("a quick change: %v, and the log has %q", err, log.String())
	}
	quick = slowJob
	if err := s.Linger(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.stop()
	for _, want := range []string{"change=Linger", "took=50ms", "session=abcd"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s: %s", want, log.String())
		}
	}
}

// Linger is a use case of the test.
func (s *Session) Linger(ctx context.Context) error {
	return s.write(ctx, func(context.Context, Tx) ([]Change, error) { return nil, nil })
}

func TestNamesAreDistinctAndBounded(t *testing.T) {
	names := make([]string, 0, 30_000)
	for range 10_000 {
		names = append(names, "bob", "@Bob", " bob ")
	}
	if got, err := distinctNames(names); err != nil || len(got) != 1 {
		t.Errorf("one name 30,000 times is %d names, %v", len(got), err)
	}
	names = names[:0]
	for i := range maxNames + 1 {
		names = append(names, fmt.Sprintf("ann%d", i))
	}
	if got, err := distinctNames(names[:maxNames]); err != nil || len(got) != maxNames {
		t.Errorf("as many as may be: %d, %v", len(got), err)
	}
	if _, err := distinctNames(names); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one more: %v", err)
	}
}
