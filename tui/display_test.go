package tui

import (
	"strings"
	"testing"

	"confab/app/chat"
)

// Display names follow handles where there is room, and never come alone. They change at once.
func TestDisplayNamesBesideMessages(t *testing.T) {
	for _, size := range []struct {
		width       int
		first, then string
	}{
		{160, "14:02 bob (Robert Baker)  hello", "14:02 bob (Björn)   hello"},
		{120, "14:02 bob   hello", "14:02 bob   hello"},
		{80, "14:02 bob   hello", "14:02 bob   hello"},
		{40, "bob (Robert Baker)\n14:02  hello", "bob (Björn)\n14:02  hello"},
		{20, "bob (Robert …) 14:02\n·  hello", "bob (Björn) 14:02\n·  hello"},
	} {
		c := &fakeChat{}
		c.post(2, "bob", "hello", start).AuthorDisplay = "Robert Baker"
		s := newScreen(t, c, size.width, 12)
		if got := s.text(); !strings.Contains(got, size.first) {
			t.Errorf("%d: want %q:\n%s", size.width, size.first, got)
		}
		s.update(&eventsMsg{Events: []chat.Event{chat.UserRenamed{User: 2, Name: "bob", DisplayName: "Björn"}}})
		if got := s.text(); !strings.Contains(got, size.then) {
			t.Errorf("%d: want %q:\n%s", size.width, size.then, got)
		}
		s.update(&eventsMsg{Events: []chat.Event{chat.UserRenamed{User: 2, Name: "rob"}}})
		if got := s.text(); strings.Contains(got, "Bj") || !strings.Contains(got, "rob") {
			t.Errorf("%d: renamed:\n%s", size.width, got)
		}
	}
	// A bot stays one, and what the store holds is cleaned.
	c := &fakeChat{}
	m := c.post(2, "build", "done", start)
	m.AuthorBot, m.AuthorDisplay = true, "Ann\x1b[31m\nSmith"
	if got := newScreen(t, c, 40, 12).text(); !strings.Contains(got, "build [bot] (Ann Smith)\n") {
		t.Errorf("a bot:\n%s", got)
	}
	golden(t, "display-names-160", func() string {
		c := &fakeChat{}
		c.post(2, "bob", "hello", start).AuthorDisplay = "Robert Baker"
		c.post(3, "christopher-robin", "A long handle leaves little room.", start).AuthorDisplay = "Christopher Robin Milne"
		c.post(4, "eve", "No display name.", start)
		return newScreen(t, c, 160, 12).text()
	}())
}
