package service

import (
	"context"
	"reflect"
	"testing"
	"time"

	"confab/app/chat"
)

// recordTx is a transaction that sees a record of changes.
type recordTx struct {
	chat.Tx
	rows []chat.RecordedChange
}

func (tx recordTx) Clock(context.Context) (chat.Clock, error) {
	return chat.Clock{Changes: tx.rows[len(tx.rows)-1].Position}, nil
}

func (tx recordTx) ChangesAfter(_ context.Context, position int64, limit int) (page []chat.RecordedChange, err error) {
	for _, row := range tx.rows {
		if row.Position > position && len(page) < limit {
			page = append(page, row)
		}
	}
	return page, nil
}

// Markers that were moved before their member turned receipts off or marked messages unread on
// another server do not undo that. If the record is incomplete, that holds for all of them.
func TestOldMarkersUndoNothingOfAnotherServer(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	batch := func() []chat.Advance {
		var all []chat.Advance
		for _, key := range []chat.MemberKey{{Conversation: 1, User: 2}, {Conversation: 1, User: 3}, {Conversation: 4, User: 2}} {
			all = append(all, chat.Advance{Conversation: key.Conversation, User: key.User, Delivered: 9, Read: 8, Seen: 8, ReadAt: at})
		}
		return all
	}
	withdrawn := func(a chat.Advance) chat.Advance { a.WithdrawRead(); return a }
	unseen := func(a chat.Advance) chat.Advance { a.Seen = 0; return a }
	both := func(a chat.Advance) chat.Advance { return unseen(withdrawn(a)) }
	record := func(changes ...chat.Change) (rows []chat.RecordedChange) {
		for i, c := range changes {
			row, _, err := chat.Record(c)
			if err != nil {
				t.Fatal(err)
			}
			row.Position = int64(i + 1)
			rows = append(rows, row)
		}
		return rows
	}
	other, here := chat.MemberLeft{Conversation: 9, User: 9}, batch()
	long := make([]chat.Change, upToDatePage+5)
	for i := range long {
		long[i] = other
	}
	long = append(long, chat.SeenSet{Conversation: 1, User: 3, Seen: 1})
	pruned, newer := record(other, other, other), record(other, other)
	pruned = append(pruned[:1], pruned[2])
	newer[1].Kind = "of-a-later-version"
	for name, c := range map[string]struct {
		rows    []chat.RecordedChange
		applied int64
		want    []chat.Advance
	}{
		"nothing new":          {record(other, chat.SeenSet{Conversation: 1, User: 2}), 2, here},
		"nothing of theirs":    {record(other, other), 1, here},
		"off in one":           {record(other, chat.ReceiptsSwitched{User: 2, Conversation: 1, Off: true}), 1, []chat.Advance{withdrawn(here[0]), here[1], here[2]}},
		"off and on again":     {record(chat.ReceiptsSwitched{User: 2, Off: true}, chat.ReceiptsSwitched{User: 2}), 0, []chat.Advance{withdrawn(here[0]), here[1], withdrawn(here[2])}},
		"marked unread":        {record(other, chat.SeenSet{Conversation: 1, User: 2, Seen: 3}), 1, []chat.Advance{unseen(here[0]), here[1], here[2]}},
		"on the second page":   {record(long...), 0, []chat.Advance{here[0], unseen(here[1]), here[2]}},
		"a pruned record":      {pruned, 1, []chat.Advance{both(here[0]), both(here[1]), both(here[2])}},
		"of a later version":   {newer, 0, []chat.Advance{both(here[0]), both(here[1]), both(here[2])}},
		"lost by the database": {record(other), 3, nil}, // their messages may be gone
	} {
		given := batch()
		got, err := upToDate(t.Context(), recordTx{rows: c.rows}, chat.Clock{Changes: c.applied}, given)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
		if !reflect.DeepEqual(given, batch()) {
			t.Errorf("%s: the batch has changed", name)
		}
	}
}
