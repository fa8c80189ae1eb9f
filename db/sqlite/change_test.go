package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"confab/app/chat"
	"confab/db/sqlite"
)

// Changes are read in the order in which they were recorded. Old ones go, but for the
// newest of all, so that no position is given twice.
func TestChangesAreRecordedInOrderAndPruned(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.UnixMilli(1_000_000)
	add := func(kind string, at time.Time) {
		t.Helper()
		err := s.Update(t.Context(), func(tx chat.Tx) error {
			_, err := tx.AppendChange(t.Context(), chat.RecordedChange{At: at, Origin: -1 << 63, Kind: kind, Body: []byte("{}")})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	kinds := func() (found string, last int64) {
		t.Helper()
		rows, err := s.ChangesAfter(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Origin != -1<<63 || string(r.Body) != "{}" || r.Position <= last {
				t.Errorf("after position %d comes %+v", last, r)
			}
			found, last = found+r.Kind, r.Position
		}
		if newest, err := s.LastChange(t.Context()); err != nil || newest != last {
			t.Errorf("the newest is %d, %v; want %d", newest, err, last)
		}
		return found, last
	}
	prune := func(before time.Time, upTo int64) {
		t.Helper()
		err := s.Update(t.Context(), func(tx chat.Tx) error { return tx.PruneChanges(t.Context(), before, upTo) })
		if err != nil {
			t.Fatal(err)
		}
	}
	add("a", at)
	add("b", at.Add(time.Hour))
	add("c", at.Add(2*time.Hour))
	if got, last := kinds(); got != "abc" || last != 3 {
		t.Errorf("recorded are %s up to %d", got, last)
	}
	prune(at.Add(time.Minute), 3)
	if got, _ := kinds(); got != "bc" {
		t.Errorf("after the first pruning %s are left", got)
	}
	prune(at.Add(3*time.Hour), 1) // what is not applied yet stays
	if got, _ := kinds(); got != "bc" {
		t.Errorf("after the second pruning %s are left", got)
	}
	prune(at.Add(3*time.Hour), 3)
	add("d", at.Add(4*time.Hour))
	if got, last := kinds(); got != "cd" || last != 4 {
		t.Errorf("after the third pruning %s are left, up to %d", got, last)
	}
}
