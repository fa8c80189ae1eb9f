package writer

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
)

// flakyStore is a store whose commits can fail.
type flakyStore struct {
	chat.Store
	mu      sync.Mutex
	entered chan struct{} // receives when a transaction begins
	release chan struct{} // a transaction ends when this receives
	sizes   []int
}

type countingTx struct {
	chat.Tx
	writes int
}

func (s *flakyStore) Update(_ context.Context, fn func(chat.Tx) error) error {
	s.entered <- struct{}{}
	<-s.release
	tx := &countingTx{}
	err := fn(tx)
	s.mu.Lock()
	s.sizes = append(s.sizes, tx.writes)
	s.mu.Unlock()
	return err
}

func TestWriterCommitsTogetherAndFailsApart(t *testing.T) {
	store := &flakyStore{entered: make(chan struct{}, 100), release: make(chan struct{})}
	w := New(Options{Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	broken := errors.New("broken")
	results := make(chan error, 5)
	send := func(err error) {
		go func() {
			results <- w.Do(t.Context(), func(_ context.Context, tx chat.Tx) ([]chat.Change, error) {
				tx.(*metered).Tx.(*countingTx).writes++
				return nil, err
			})
		}()
	}
	wait := func(jobs int) {
		for len(w.jobs) < jobs {
			runtime.Gosched()
		}
	}
	send(nil)
	<-store.entered // the first waits for its turn
	for i, err := range []error{nil, chat.Refuse(chat.ErrNotAllowed, "No."), broken} {
		send(err)
		wait(i + 1)
	}
	store.release <- struct{}{}
	<-store.entered // the first is alone
	send(nil)
	wait(1)
	close(store.release)
	var done, refused, failed int
	for range 5 {
		switch err := <-results; {
		case err == nil:
			done++
		case errors.Is(err, chat.ErrNotAllowed):
			refused++
		case errors.Is(err, broken):
			failed++
		}
	}
	if done != 3 || refused != 1 || failed != 1 {
		t.Errorf("%d done, %d refused, %d failed; want 3, 1, 1: one job's fault is not another's", done, refused, failed)
	}
	w.Stop()
	if err := w.Do(t.Context(), nil); !errors.Is(err, chat.ErrClosed) {
		t.Errorf("a change after the stop: %v, want ErrClosed", err)
	}
	// The next three join the first, which waits. They run together until one fails, and then each
	// one by itself, although another has come.
	if want := []int{4, 1, 1, 1, 1, 1}; !slices.Equal(store.sizes, want) {
		t.Errorf("transactions had %v changes, want %v", store.sizes, want)
	}
}
