package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// The clock says how far the store is, and each change says which messages come before it. Both
// count what a transaction has done so far, and nothing of a transaction that failed.
func clock(w *world) {
	ann := w.user("ann")
	in := w.group("x", ann)
	var epoch string // stays the same
	at := func(want chat.Clock) {
		w.Helper()
		got := must(w.Clock(w.Context()))(w)
		if want.Epoch = epoch; got != want {
			w.Errorf("the clock is %+v, want %+v", got, want)
		}
	}
	epoch = must(w.Clock(w.Context()))(w).Epoch
	at(chat.Clock{})
	post := func(ctx context.Context, tx chat.Tx) error {
		_, err := tx.InsertMessage(ctx, &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: ann.ID, Body: "hello", SentAt: begin})
		return err
	}
	record := func(ctx context.Context, tx chat.Tx, ahead int) error {
		_, err := tx.AppendChange(ctx, chat.RecordedChange{At: begin, Kind: "x", Body: []byte("{}")}, ahead)
		return err
	}
	w.update(post)
	at(chat.Clock{Messages: 1})
	both := func(ctx context.Context, tx chat.Tx) error {
		err := errors.Join(record(ctx, tx, 0), post(ctx, tx), record(ctx, tx, 0), post(ctx, tx), record(ctx, tx, 1))
		now, err1 := tx.Clock(ctx)
		if now != (chat.Clock{Messages: 3, Changes: 3, Epoch: epoch}) {
			w.Errorf("in the transaction the clock is %+v", now)
		}
		return errors.Join(err, err1, post(ctx, tx), record(ctx, tx, 0))
	}
	if err := w.Update(w.Context(), func(tx chat.Tx) error { return errors.Join(both(w.Context(), tx), chat.ErrConflict) }); !errors.Is(err, chat.ErrConflict) {
		w.Errorf("the transaction ends with %v", err)
	}
	at(chat.Clock{Messages: 1})
	w.update(both)
	at(chat.Clock{Messages: 4, Changes: 4})
	after := each(must(w.ChangesAfter(w.Context(), 0, 10))(w), func(c chat.RecordedChange) int64 { return c.After })
	if !slices.Equal(after, []int64{1, 2, 2, 4}) {
		w.Errorf("the changes come after the messages %v", after)
	}
	positions := func(after, upTo int64, limit int) []int64 {
		return each(must(w.MessagesAtPositions(w.Context(), after, upTo, limit))(w), func(m *chat.Message) int64 { return m.Position })
	}
	if got := positions(1, 3, 10); !slices.Equal(got, []int64{2, 3}) {
		w.Errorf("between two positions are %v", got)
	}
	if got := positions(1, 9, 2); !slices.Equal(got, []int64{2, 3}) {
		w.Errorf("a page has %v", got)
	}
}

// Changes are read in the order in which they were recorded. Pruning deletes old ones,
// but keeps the newest of all, so that no change gets a position that another had.
func changes(w *world) {
	at := begin
	const origin = -1 << 63
	add := func(kind string, at time.Time) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) error {
			_, err := tx.AppendChange(ctx, chat.RecordedChange{At: at, Origin: origin, Kind: kind, Body: []byte("{}")}, 0)
			return err
		})
	}
	kinds := func() (found string, last int64) {
		w.Helper()
		for _, r := range must(w.ChangesAfter(w.Context(), 0, 10))(w) {
			if r.Origin != origin || string(r.Body) != "{}" || r.Position <= last {
				w.Errorf("after position %d comes %+v", last, r)
			}
			found, last = found+r.Kind, r.Position
		}
		if newest, err := w.Clock(w.Context()); err != nil || newest.Changes != last {
			w.Errorf("the newest is %+v, %v; want %d", newest, err, last)
		}
		return found, last
	}
	prune := func(before time.Time, upTo int64) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.PruneChanges(ctx, before, upTo) })
	}
	kinds()
	add("a", at)
	add("b", at.Add(time.Hour))
	if err := w.Update(w.Context(), func(tx chat.Tx) error { // leaves no gap
		_, err := tx.AppendChange(w.Context(), chat.RecordedChange{At: at, Origin: origin, Kind: "x", Body: []byte("{}")}, 0)
		if err == nil {
			err = chat.ErrConflict
		}
		return err
	}); err == nil {
		w.Error("a transaction that fails is kept")
	}
	add("c", at.Add(2*time.Hour))
	if got, last := kinds(); got != "abc" || last != 3 {
		w.Errorf("the changes are %s up to %d", got, last)
	}
	if got := must(w.ChangesAfter(w.Context(), 1, 1))(w); len(got) != 1 || got[0].Kind != "b" || !got[0].At.Equal(at.Add(time.Hour)) {
		w.Errorf("after the first comes %+v", got)
	}
	prune(at.Add(time.Minute), 3)
	if got, _ := kinds(); got != "bc" {
		w.Errorf("after the first pruning %s are left", got)
	}
	prune(at.Add(3*time.Hour), 1) // changes that are not applied yet stay
	if got, _ := kinds(); got != "bc" {
		w.Errorf("after the second pruning %s are left", got)
	}
	prune(at.Add(3*time.Hour), 3)
	add("d", at.Add(4*time.Hour))
	if got, last := kinds(); got != "cd" || last != 4 {
		w.Errorf("after the third pruning %s are left, up to %d", got, last)
	}
}
