package dialog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/keymap"
)

// messages is a chat in which messages are found by their words.
type messages struct {
	all    []*chat.Message
	asked  []int64 // where each page began
	broken error
}

func (c *messages) Search(_ context.Context, q text.Query, limit int, below int64) ([]chat.Hit, error) {
	c.asked = append(c.asked, below)
	var hits []chat.Hit
	for _, m := range slices.Backward(c.all) {
		if len(hits) == limit || below != 0 && m.Position >= below {
			continue
		}
		if !slices.ContainsFunc(q.Phrases, func(p text.Phrase) bool { return !strings.Contains(m.Body, p.Terms[0]) }) {
			hits = append(hits, chat.Hit{Message: m})
		}
	}
	return hits, c.broken
}

// foxes returns n messages, every tenth of which is about a fox.
func foxes(n int) *messages {
	c := &messages{}
	for i := 1; i <= n; i++ {
		body := fmt.Sprintf("message %d", i)
		if i%10 == 0 {
			body += " is about a fox"
		}
		c.all = append(c.all, &chat.Message{Conversation: 7, Seq: chat.Seq(i), Position: int64(i), AuthorName: "bob", Body: body, SentAt: start})
	}
	return c
}

func openSearch(t *testing.T, c *messages, words string) (*screen, *Search) {
	s := newScreen(t, 80, 24)
	d := NewSearch(SearchOptions{Messages: c, Zone: time.UTC, Tick: s.tick, OnError: s.report}, words)
	s.show(d)
	return s, d
}

func TestSearchReadsFurtherPagesAndOpensTheHit(t *testing.T) {
	c := foxes(1000)
	s, _ := openSearch(t, c, "fox")
	s.shows("message 1000 is about a fox", "1 of more than 40")
	for range 89 {
		s.press(keymap.Down)
	}
	s.shows("message 110 is about a fox")
	s.press(keymap.Send)
	s.asksFor(Result{Close: true, Open: 7, At: 110})
	if !slices.Equal(c.asked, []int64{0, 610, 210}) {
		t.Errorf("the pages begin at %v", c.asked)
	}
}

func TestSearchWaitsForThePauseAndNotForEnter(t *testing.T) {
	c := foxes(20)
	s, _ := openSearch(t, c, "")
	s.typeText("fox")
	if len(c.asked) != 0 || len(s.timers) != 1 {
		t.Errorf("asked %d times while typing, %d timers", len(c.asked), len(s.timers))
	}
	s.pass()
	s.shows("1 of 2.")
	s.typeText(" 20")
	s.press(keymap.Send)
	s.shows("1 of 1.")
	s.asksFor()
	if len(c.asked) != 2 {
		t.Errorf("asked %d times", len(c.asked))
	}
}

// A search that is opened again shows its hits. Typing begins a new search, and editing
// continues the old one.
func TestSearchAgain(t *testing.T) {
	s, d := openSearch(t, foxes(1000), "fox")
	s.press(keymap.Escape)
	s.asksFor(Result{Close: true})
	d.Leave()
	d.Again()
	s.show(d)
	s.shows("Search: fox", "1 of more than 40")
	s.typeText("990")
	s.press(keymap.Send)
	s.shows("Search: 990", "1 of 1.")
	d.Again()
	s.press(keymap.Backspace)
	s.typeText("1")
	s.shows("Search: 991")
}

func TestSearchSaysWhatFailed(t *testing.T) {
	c := foxes(20)
	s, _ := openSearch(t, c, "before:yesterday")
	s.shows("before: needs a date such as 2026-01-31")
	s, _ = openSearch(t, c, "wolf")
	s.shows("Nothing found.")
	c.broken = errBroken
	s, _ = openSearch(t, c, "wolf")
	s.shows("could not do that")
	if len(s.reports) != 1 {
		t.Errorf("reported %v", s.reports)
	}
}

func TestAHitThatWasDeletedIsForgotten(t *testing.T) {
	c := foxes(20)
	s, d := openSearch(t, c, "fox")
	c.all[19].Body = ""
	s.update(chat.MessageChanged{Message: c.all[19]})
	s.shows("1 of 1.", "message 10 is about a fox")
	d.Leave()
	c.all[9].Body = ""
	s.update(chat.MessageChanged{Message: c.all[9]})
	if len(d.hits) != 0 || d.asked != "" || len(c.asked) != 2 {
		t.Errorf("closed, the search has %d hits of %q and has asked %d times", len(d.hits), d.asked, len(c.asked))
	}
}

// An answer from before the user was removed from a conversation is asked for again.
func TestHitsThatCameTooLateAreNotShown(t *testing.T) {
	c := foxes(100)
	s, d := openSearch(t, c, "")
	s.hold = true
	s.typeText("fox")
	s.press(keymap.Send)
	s.update(chat.Removed{Conversation: 7})
	var answers []tea.Msg
	for _, cmd := range s.held {
		if a, ok := cmd().(Answer); ok {
			answers = append(answers, a.Msg)
		}
	}
	s.held = nil
	for _, msg := range answers {
		if _, ok := msg.(hitsMsg); ok {
			s.update(msg)
		}
	}
	if got := s.text(); strings.Contains(got, "about a fox") {
		t.Errorf("hits are there:\n%s", got)
	}
	if len(c.asked) != 1 || len(d.hits) != 0 || !d.asking {
		t.Errorf("it should be asked for again; asked %d times, %d hits", len(c.asked), len(d.hits))
	}
}
