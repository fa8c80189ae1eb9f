package storetest

import (
	"context"
	"time"

	"confab/app/chat"
)

// Changes are read in the order in which they were recorded. Pruning deletes old ones,
// but keeps the newest of all, so that no change gets a position that another had.
func changes(w *world) {
	at := begin
	const origin = -1 << 63
	add := func(kind string, at time.Time) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) error {
			_, err := tx.AppendChange(ctx, chat.RecordedChange{At: at, Origin: origin, Kind: kind, Body: []byte("{}")})
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
		if newest, err := w.LastChange(w.Context()); err != nil || newest != last {
			w.Errorf("the newest is %d, %v; want %d", newest, err, last)
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
		_, err := tx.AppendChange(w.Context(), chat.RecordedChange{At: at, Origin: origin, Kind: "x", Body: []byte("{}")})
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
