package dialog

import (
	"context"
	"fmt"
	"testing"
	"time"

	"confab/app/chat"
	"confab/tui/keymap"
)

// shelf has so many files, the newest of which has the highest number.
type shelf int

func (s shelf) Newest(_ context.Context, id chat.ConversationID, limit int, below int64) ([]*chat.Message, error) {
	at := int64(s)
	if below != 0 {
		at = below - 1
	}
	var list []*chat.Message
	for ; at > 0 && len(list) < limit; at-- {
		name := fmt.Sprintf("it's %d.txt", at)
		list = append(list, &chat.Message{
			Conversation: id, Seq: chat.Seq(at), Position: at, AuthorName: "ann", Body: name, SentAt: start,
			File: &chat.Attachment{Name: name, Size: 2048},
		})
	}
	return list, nil
}

func TestFilesAreListedWithTheCommandsThatFetchThem(t *testing.T) {
	s := newScreen(t, 80, 20)
	s.show(NewFiles(shelf(120), 7, "#ops", time.UTC, s.report))
	s.shows("Files of #ops: 1 of more than 50")
	s.shows("it's 120.txt  2 KiB  ann  2026-11-24 14:02")
	s.shows(`scp HOST:'#ops/it'\''s 120.txt~120' './it'\''s 120.txt'`)
	for range 119 {
		s.press(keymap.Down)
	}
	s.shows("Files of #ops: 120 of 120")
	s.shows("it's 1.txt")
	s.press(keymap.Send)
	if len(s.results) != 1 || s.results[0].Open != 7 || s.results[0].At != 1 {
		t.Errorf("Enter asks for %+v", s.results)
	}

	s = newScreen(t, 80, 20)
	s.show(NewFiles(shelf(1), 7, "#ops", time.UTC, s.report))
	s.typeText("y")
	if len(s.results) != 1 || s.results[0].Copy != `scp HOST:'#ops/it'\''s 1.txt~1' './it'\''s 1.txt'` {
		t.Errorf("y asks for %+v", s.results)
	}

	s = newScreen(t, 20, 6)
	s.show(NewFiles(shelf(0), 7, "#ops", time.UTC, s.report))
	s.shows("There are no file")
}
