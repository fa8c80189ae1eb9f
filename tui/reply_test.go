package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// has fails the test unless the screen shows a text.
func (s *testScreen) has(text string) {
	s.t.Helper()
	if got := s.text(); !strings.Contains(got, text) {
		s.t.Errorf("%q is not on the screen:\n%s", text, got)
	}
}

// hasNot fails the test if the screen shows a text.
func (s *testScreen) hasNot(text string) {
	s.t.Helper()
	if got := s.text(); strings.Contains(got, text) {
		s.t.Errorf("%q is on the screen:\n%s", text, got)
	}
}

// newest is the newest message of the chat.
func (c *fakeChat) newest() *chat.Message { return c.messages[len(c.messages)-1] }

func TestReplying(t *testing.T) {
	c := &fakeChat{}
	first := c.post(2, "bob", "Is the build green?", start)
	c.post(2, "bob", "And the tests?", start.Add(time.Minute))
	s := newScreen(t, c, 100, 24)
	s.press(esc, up)
	s.typeText("r")
	s.has("Reply to bob: Enter sends, Esc gives up")
	s.typeText("Since noon.")
	s.enter()
	if m := c.newest(); m.Body != "Since noon." || m.ReplyTo == nil || m.ReplyTo.ID != first.ID {
		t.Fatalf("posted is %+v", m)
	}
	s.has("15:02 ann   > bob: Is the build green?")
	s.hasNot("Reply to bob")
	// The next message answers nothing.
	s.typeText("Good.")
	s.enter()
	if m := c.newest(); m.Body != "Good." || m.ReplyTo != nil {
		t.Errorf("posted is %+v", m)
	}
	// The command answers the newest message of somebody else.
	s.typeText("/reply They are, too.")
	s.enter()
	if m := c.newest(); m.Body != "They are, too." || m.ReplyTo == nil || m.ReplyTo.Text != "And the tests?" {
		t.Errorf("posted is %+v", m)
	}
	s.typeText("/reply")
	s.enter()
	s.has("Reply to bob")
	s.press(esc)
	s.hasNot("Reply to bob")
	s.has("What you write is no longer a reply.")
	s.typeText("No.")
	s.enter()
	if m := c.newest(); m.Body != "No." || m.ReplyTo != nil {
		t.Errorf("posted is %+v", m)
	}
}

// The reply that a user is writing stays with its conversation, and ends when its
// message is deleted.
func TestAReplyThatIsBeingWritten(t *testing.T) {
	c := several()
	c.post(2, "bob", "Is the build green?", start.Add(time.Hour))
	s := newScreen(t, c, 100, 24)
	s.typeText("/reply")
	s.enter()
	s.typeText("a draft")
	s.press(tea.Key{Code: 'n', Mod: tea.ModCtrl})
	s.hasNot("Reply to bob")
	s.press(tea.Key{Code: 'p', Mod: tea.ModCtrl})
	s.has("Reply to bob")
	s.happen(c.gone(c.newest().Seq))
	s.hasNot("Reply to bob")
	s.has("The message that you were answering was deleted.")
	if got := s.model.composer.Text(); got != "a draft" {
		t.Errorf("the composer has %q", got)
	}
}

// A reply to a message that was deleted meanwhile is not lost: the next try sends it
// without the quote.
func TestAReplyToAMessageThatWasDeleted(t *testing.T) {
	c := &fakeChat{}
	c.post(2, "bob", "Is the build green?", start)
	s := newScreen(t, c, 100, 24)
	s.typeText("/reply")
	s.enter()
	s.typeText("Since noon.")
	gone := c.gone(1) // before its event comes
	s.enter()
	s.has("Not sent: The message that you are answering was deleted.")
	s.happen(gone)
	s.hasNot("green")
	s.enter()
	if m := c.newest(); m.Body != "Since noon." || m.ReplyTo != nil {
		t.Errorf("posted is %+v", m)
	}
	s.hasNot("Not sent")
}

// Enter on a reply goes to the message that it answers, however far that is, and Esc
// goes back to the same place.
func TestGoingToWhatAReplyAnswers(t *testing.T) {
	for _, distance := range []int{1, 5, 60, 2000} {
		for _, after := range []int{0, 3, 100} {
			t.Run(fmt.Sprint(distance, after), func(t *testing.T) {
				c := &fakeChat{}
				first := c.post(2, "bob", "the question", start)
				for i := range distance {
					c.post(2, "bob", fmt.Sprint("between ", i), start.Add(time.Minute))
				}
				answer := c.post(3, "eve", "the answer", start.Add(time.Hour))
				answer.ReplyTo = &chat.Quote{ID: first.ID, Seq: first.Seq, Author: 2, AuthorName: "bob", Text: "the question"}
				for i := range after {
					c.post(2, "bob", fmt.Sprint("afterwards ", i), start.Add(2*time.Hour))
				}
				s := newScreen(t, c, 100, 16)
				s.press(esc)
				for s.model.timeline.Selected() > answer.Seq {
					s.press(up)
				}
				s.model.notice = ""
				s.update(nil)
				before := s.text()
				s.enter()
				if got := s.model.timeline.Selected(); got != first.Seq {
					t.Errorf("%d is selected", got)
				}
				s.has("bob   the question")
				s.press(esc)
				if got := s.text(); got != before {
					t.Errorf("before:\n%s\nafter:\n%s", before, got)
				}
				s.press(esc)
				if got := s.model.timeline.Selected(); got != 0 {
					t.Errorf("%d is selected after the end", got)
				}
				// New messages are shown if the end was on the screen.
				s.arrive(c.post(2, "bob", "new", start.Add(3*time.Hour)))
				if after == 0 {
					s.has("bob   new")
				}
				// There is nothing to go to from a message that answers nothing.
				s.press(esc)
				s.enter()
				if got := s.model.timeline.Selected(); got != 0 {
					t.Errorf("%d is selected", got)
				}
			})
		}
	}
}

// A quote follows its author's name, and disappears with the author's messages.
func TestAQuoteFollowsItsAuthor(t *testing.T) {
	c := &fakeChat{}
	first := c.post(2, "bob", "a secret", start)
	for range 100 { // the window begins later
		c.post(3, "eve", "and", start)
	}
	m := c.post(3, "eve", "an answer", start.Add(time.Minute))
	m.ReplyTo = &chat.Quote{ID: first.ID, Seq: first.Seq, Author: 2, AuthorName: "bob", Text: first.Body}
	s := newScreen(t, c, 100, 24)
	s.has("> bob: a secret")
	s.happen(chat.UserRenamed{User: 2, Name: "robert"})
	s.has("> robert: a secret")
	c.change(m.Seq, func(m *chat.Message) {
		quote := *m.ReplyTo
		quote.Text = ""
		m.ReplyTo = &quote
	})
	s.happen(chat.UserDeleted{User: 2, Purged: true, At: start.Add(time.Hour)})
	s.has("> deleted user: deleted")
}
