package writer

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"confab/app/chat"
)

// recordTx is a transaction that has only a record of changes.
type recordTx struct {
	chat.Tx
	rows []chat.RecordedChange
}

func (x *recordTx) AppendChange(_ context.Context, c chat.RecordedChange, _ int) (int64, error) {
	c.Position = int64(len(x.rows) + 1)
	x.rows = append(x.rows, c)
	return c.Position, nil
}

// Sending a message records nothing, and does not read what others have recorded.
func TestAPostedMessageIsNotRecorded(t *testing.T) {
	r := record{origin: 1, at: time.Now(), seen: chat.Clock{Changes: 7}}
	tx := &recordTx{} // all its other methods panic
	if err := r.add(t.Context(), tx, []chat.Change{chat.MessagePosted{Message: &chat.Message{Seq: 1}}}); err != nil || len(tx.rows) > 0 {
		t.Errorf("%d rows, %v", len(tx.rows), err)
	}
	if now, others, err := r.clock(t.Context(), tx); err != nil || others || now.Changes != 7 {
		t.Errorf("%+v, %t, %v", now, others, err)
	}
}

// behindStore is a store in which others have made changes that cannot be read.
type behindStore struct {
	chat.Store
	at chat.Clock
}

func (s behindStore) Update(_ context.Context, fn func(chat.Tx) error) error {
	return fn(behindTx{at: s.at})
}

func (behindStore) ChangesAfter(context.Context, int64, int) ([]chat.RecordedChange, error) {
	return nil, errors.New("no connection")
}

// behindTx is a transaction of behindStore.
type behindTx struct {
	chat.Tx
	at chat.Clock
}

func (x behindTx) Clock(context.Context) (chat.Clock, error) { return x.at, nil }

// A change that is committed has succeeded, although what others have done before it cannot be
// read. Then all sessions read what they missed.
func TestWhatCannotBeReadAfterACommitIsMissed(t *testing.T) {
	missed := 0
	store := behindStore{at: chat.Clock{Changes: 3}}
	w := New(Options{
		Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Missed: func(_ context.Context, lost bool) {
			if missed++; lost {
				t.Error("lost")
			}
		},
	})
	defer w.Stop()
	job := &Job{Follow: true, Do: func(context.Context, chat.Tx) ([]chat.Change, error) { return nil, nil }}
	if err := w.CarryOut(t.Context(), job); err != nil {
		t.Error(err)
	}
	if missed != 1 || w.LastSeen() != store.at {
		t.Errorf("missed %d times, at %+v", missed, w.LastSeen())
	}
}
