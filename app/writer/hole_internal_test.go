package writer

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
)

// logReader is a store that has a record of changes, and messages at all positions up to a clock.
type logReader struct {
	chat.Reader
	rows []chat.RecordedChange
	last int64
}

func (l logReader) ChangesAfter(_ context.Context, position int64, limit int) (page []chat.RecordedChange, err error) {
	for _, row := range l.rows {
		if row.Position > position && len(page) < limit {
			page = append(page, row)
		}
	}
	return page, nil
}

func (l logReader) MessagesAtPositions(_ context.Context, after, upTo int64, limit int) (page []*chat.Message, err error) {
	for p := after + 1; p <= min(upTo, l.last) && len(page) < limit; p++ {
		page = append(page, &chat.Message{Position: p})
	}
	return page, nil
}

// A hole has the messages and changes between two clocks in the order of their commits, and
// nothing else. What cannot be read one by one is missed.
func TestAHoleIsReadInOrder(t *testing.T) {
	change := func(position, after int64) chat.RecordedChange {
		row, _, err := chat.Record(chat.MemberLeft{User: chat.UserID(position)})
		if err != nil {
			t.Fatal(err)
		}
		row.Position, row.After = position, after
		return row
	}
	line, _, err := chat.Record(chat.LinePosted{})
	if err != nil {
		t.Fatal(err)
	}
	line.Position, line.After = 5, 6
	from := logReader{last: 2 * messagesMost, rows: []chat.RecordedChange{change(1, 0), change(2, 3), change(3, 3), change(4, 5), line, change(7, 7)}}
	for _, c := range []struct {
		after, upTo chat.Clock
		messages    bool
		want        string
		missed      bool
		lost        bool
	}{
		{chat.Clock{Messages: 1, Changes: 1}, chat.Clock{Messages: 6, Changes: 4}, true, "m2 m3 c2 c3 m4 m5 c4 m6", false, false},
		{chat.Clock{Messages: 4, Changes: 2}, chat.Clock{Messages: 6, Changes: 4}, true, "c3 m5 c4 m6", false, false},
		{chat.Clock{Messages: 6, Changes: 4}, chat.Clock{Messages: 6, Changes: 5}, true, "", false, false}, // the line is among the messages
		{chat.Clock{Messages: 1, Changes: 1}, chat.Clock{Messages: 6, Changes: 4}, false, "c2 c3 c4", false, false},
		{chat.Clock{Messages: 6, Changes: 5}, chat.Clock{Messages: 7, Changes: 7}, true, "m7 c7", true, false}, // 6 was pruned
		{chat.Clock{Messages: 6, Changes: 4}, chat.Clock{Messages: 5, Changes: 4}, true, "", true, true},       // the database lost a commit
		{chat.Clock{Messages: 6, Changes: 4}, chat.Clock{Messages: 6, Changes: 3}, true, "", true, true},
		{chat.Clock{Messages: 6, Changes: 4, Epoch: "a"}, chat.Clock{Messages: 7, Changes: 4, Epoch: "b"}, true, "", true, true},
		{chat.Clock{}, chat.Clock{Messages: messagesMost + 1}, true, "", true, false},
	} {
		found, err := hole(t.Context(), from, time.Now(), c.after, c.upTo, c.messages)
		var got []string
		for _, f := range found.changes {
			switch f := f.(type) {
			case chat.PostedElsewhere:
				got = append(got, fmt.Sprint("m", f.Message.Position))
			case chat.MemberLeft:
				got = append(got, fmt.Sprint("c", f.User))
			default:
				got = append(got, fmt.Sprintf("%T", f))
			}
		}
		if text := strings.Join(got, " "); err != nil || text != c.want || found.missed != c.missed || found.lost != c.lost || found.at != c.upTo {
			t.Errorf("from %+v to %+v: %q, missed %t, lost %t, at %+v, %v; want %q, %t", c.after, c.upTo, text, found.missed, found.lost, found.at, err, c.want, c.missed)
		}
	}
	found, err := hole(t.Context(), from, time.Now(), chat.Clock{}, chat.Clock{Messages: messagesPage + 10}, true)
	if err != nil || found.missed || len(found.changes) != messagesPage+10 {
		t.Errorf("of two pages there are %d, missed %t, %v", len(found.changes), found.missed, err)
	}
}
