package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
)

// A reply has a quote of the message that it answers above it, and a bot is marked.
func TestGoldenReplies(t *testing.T) {
	for _, size := range []struct{ w, h int }{{100, 12}, {40, 12}} {
		c := &fakeChat{}
		first := c.post(2, "bob", "Is the build green?", start)
		m := c.post(3, "deployment-robot", "Yes, since 13:58.", start.Add(time.Minute))
		m.AuthorBot = true
		m.ReplyTo = &chat.Quote{ID: first.ID, Seq: first.Seq, AuthorName: "bob", Text: first.Body}
		m = c.post(1, "ann", "Then let us go.", start.Add(2*time.Minute))
		m.ReplyTo = &chat.Quote{Seq: 2, AuthorName: "deployment-robot", Text: strings.Repeat("very long ", 30)}
		m = c.post(1, "ann", "On y va.", start.Add(3*time.Minute))
		m.ReplyTo = &chat.Quote{Seq: 2, AuthorName: "x", Text: "\x1b[31mred\u009b1m\u202e"}
		s := newScreen(t, c, size.w, size.h)
		golden(t, fmt.Sprintf("replies-%dx%d", size.w, size.h), s.text())
	}
}

// Quotes do not show messages from before the user joined either.
func TestAQuoteFromBeforeOneCameIsNotShown(t *testing.T) {
	c := &fakeChat{}
	first := c.post(2, "bob", "a secret", start)
	m := c.post(2, "bob", "an answer", start.Add(time.Minute))
	m.ReplyTo = &chat.Quote{ID: first.ID, Seq: first.Seq, AuthorName: "bob", Text: first.Body}
	s := newScreen(t, c, 80, 24)
	if !strings.Contains(plain(s.text()), "> bob: a secret") {
		t.Errorf("the quote is not shown:\n%s", s.text())
	}
	l := s.model.nav.current()
	l.Mine.Joined = 1
	s.update(nil)
	if got := plain(s.text()); strings.Contains(got, "> bob") || !strings.Contains(got, "an answer") {
		t.Errorf("the screen shows:\n%s", got)
	}
}
