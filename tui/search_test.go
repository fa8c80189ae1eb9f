package tui

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
)

// Search finds messages that have the terms of all phrases somewhere.
func (c *fakeChat) Search(_ context.Context, q text.Query, limit int, below int64) ([]chat.Hit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.searches = append(c.searches, below)
	var hits []chat.Hit
	for i := len(c.messages) - 1; i >= 0 && len(hits) < limit; i-- {
		m := c.messages[i]
		if below != 0 && m.Position >= below {
			continue
		}
		var marks []text.Mark
		missing := 0
		for _, p := range q.Phrases {
			for _, want := range p.Terms {
				missing++
				for _, t := range text.Terms(m.Body) {
					if t.Text == want {
						marks = append(marks, text.Mark{Start: t.Start, End: t.End})
						missing--
						break
					}
				}
			}
		}
		slices.SortFunc(marks, func(a, b text.Mark) int { return a.Start - b.Start })
		if missing == 0 {
			in := chat.ConversationSummary{Conversation: chat.Conversation{ID: fakeConversation, Kind: chat.KindGroup, Name: "general"}}
			hits = append(hits, chat.Hit{Message: m, Conversation: in, Marks: marks})
		}
	}
	return hits, c.fail
}

// searchPause is longer than the search waits for the next key.
const searchPause = time.Second

var ctrlF = tea.Key{Code: 'f', Mod: tea.ModCtrl}

// find opens the search and looks for something.
func (s *testScreen) find(text string) {
	s.press(ctrlF)
	s.typeText(text)
	s.pass(searchPause)
}

// told is a conversation of n messages, every tenth of which is about a fox.
func told(n int) *fakeChat {
	c := &fakeChat{}
	for i := 1; i <= n; i++ {
		body := fmt.Sprintf("message %d", i)
		if i%10 == 0 {
			body += " is about a fox"
		}
		c.post(2, "bob", body, start.Add(time.Duration(i)*time.Second))
	}
	return c
}

func TestGoldenSearch(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {40, 12}} {
		name := fmt.Sprintf("%dx%d", size.w, size.h)
		t.Run(name, func(t *testing.T) {
			chat := everything()
			chat.post(2, "bob", "A long text "+strings.Repeat("in which much is said ", 10)+"before it comes to the point: the tests, and what they say", start.Add(time.Hour))
			s := newScreen(t, chat, size.w, size.h)
			s.press(ctrlF)
			golden(t, "search-empty-"+name, s.text())
			s.typeText("the tests")
			s.pass(searchPause)
			golden(t, "search-"+name, s.model.Frame().String())
			s.press(tea.Key{Code: tea.KeyDown}, tea.Key{Code: tea.KeyEnter})
			golden(t, "search-jump-"+name, s.model.Frame().String())
		})
	}
}

func TestSearchGoesToTheMessageWithItsSurroundings(t *testing.T) {
	s := newScreen(t, told(1000), 80, 24)
	s.typeText("/search fox")
	s.enter()
	if got := s.text(); !strings.Contains(got, "message 1000 is about a fox") || !strings.Contains(got, "1 of more than 40") {
		t.Fatalf("the newest hits should be there:\n%s", got)
	}
	for range 89 {
		s.press(tea.Key{Code: tea.KeyDown})
	}
	if got := s.text(); !strings.Contains(got, "message 110 is about a fox") {
		t.Fatalf("older hits should have come:\n%s", got)
	}
	if len(s.chat.read) != 0 {
		t.Errorf("hits were read: %v", s.chat.read)
	}
	s.enter()
	got := s.text()
	for _, want := range []string{"message 109\n", "message 110 is about a fox", "message 111\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("there should be %q:\n%s", want, got)
		}
	}
	if s.model.timeline.Selected() != 110 || s.model.overlay.Covers() {
		t.Errorf("message %d is selected, want 110", s.model.timeline.Selected())
	}
	// The user can scroll on from there in both directions.
	for range 10 {
		s.press(tea.Key{Code: tea.KeyUp})
	}
	if got := s.text(); !strings.Contains(got, "message 100 is about a fox") {
		t.Errorf("going up from there:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	for range 60 {
		s.press(tea.Key{Code: tea.KeyPgDown})
	}
	if got := s.text(); !strings.Contains(got, "message 900") && !strings.Contains(got, "message 1000") {
		t.Errorf("going down from there:\n%s", got)
	}
	// The search is still there.
	s.press(ctrlF)
	if got := s.text(); !strings.Contains(got, "message 110 is about a fox") || !strings.Contains(got, "90 of") {
		t.Errorf("the last search should be there again:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyHome}, tea.Key{Code: tea.KeyUp}, tea.Key{Code: tea.KeyEnter})
	if s.model.timeline.Selected() != 120 {
		t.Errorf("the last search leads to %d, want 120", s.model.timeline.Selected())
	}
	// Typing begins a new search, and editing continues the old one.
	s.press(tea.Key{Code: tea.KeyEscape}, ctrlF)
	s.typeText("990")
	s.pass(searchPause)
	if got := s.text(); !strings.Contains(got, "Search: 990") || !strings.Contains(got, "1 of 1.") {
		t.Errorf("a new search:\n%s", got)
	}
	s.press(ctrlF, ctrlF, tea.Key{Code: tea.KeyBackspace})
	s.typeText("1")
	s.pass(searchPause)
	if got := s.text(); !strings.Contains(got, "Search: 991") {
		t.Errorf("an edited search:\n%s", got)
	}
}

func TestEscapeLeavesTheSearchToWhereOneWas(t *testing.T) {
	s := newScreen(t, told(200), 80, 24)
	s.press(tea.Key{Code: tea.KeyPgUp}, tea.Key{Code: tea.KeyPgUp})
	before := s.text()
	s.find("fox")
	s.press(tea.Key{Code: tea.KeyDown}, tea.Key{Code: tea.KeyDown}, tea.Key{Code: tea.KeyEscape})
	if got := s.text(); got != before {
		t.Errorf("after Esc:\n%s\nwant:\n%s", got, before)
	}
}

func TestSearchAsksForWhatIsTypedAndNotForEveryLetter(t *testing.T) {
	s := newScreen(t, told(20), 80, 24)
	s.press(ctrlF)
	s.typeText("fox")
	if len(s.chat.searches) != 0 {
		t.Errorf("asked %d times while typing", len(s.chat.searches))
	}
	s.pass(searchPause)
	if len(s.chat.searches) != 1 || !strings.Contains(s.text(), "1 of 2.") {
		t.Errorf("asked %d times:\n%s", len(s.chat.searches), s.text())
	}
	// Enter does not wait.
	s.typeText(" 20")
	s.enter()
	if len(s.chat.searches) != 2 || !strings.Contains(s.text(), "1 of 1.") || !s.model.overlay.Covers() {
		t.Errorf("asked %d times:\n%s", len(s.chat.searches), s.text())
	}
	// A late answer does not replace a newer one.
	s.hold = true
	s.typeText(" 3")
	s.enter()
	s.press(tea.Key{Code: tea.KeyBackspace}, tea.Key{Code: tea.KeyBackspace})
	s.release()
	s.pass(searchPause)
	if got := s.text(); !strings.Contains(got, "1 of 1.") {
		t.Errorf("after a late answer:\n%s", got)
	}
}

func TestSearchSaysWhatIsWrong(t *testing.T) {
	s := newScreen(t, told(20), 80, 24)
	s.find("before:yesterday")
	if got := s.text(); !strings.Contains(got, "before: needs a date such as 2026-01-31") {
		t.Errorf("a bad date:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	s.find("") // the same again
	s.press(tea.Key{Code: 'u', Mod: tea.ModCtrl})
	s.typeText("wolf")
	s.pass(searchPause)
	if got := s.text(); !strings.Contains(got, "Nothing found.") {
		t.Errorf("no hits:\n%s", got)
	}
	s.chat.fail = errBroken
	s.typeText("s")
	s.pass(searchPause)
	if got := s.text(); !strings.Contains(got, "could not do that") || len(s.faults) == 0 {
		t.Errorf("a fault:\n%s", got)
	}
}

func TestHitsOfAConversationThatOneWasRemovedFromAreForgotten(t *testing.T) {
	s := newScreen(t, told(100), 80, 24)
	s.find("fox")
	s.press(tea.Key{Code: tea.KeyEscape})
	s.update(&eventsMsg{Events: []chat.Event{chat.Removed{Conversation: fakeConversation}}})
	s.press(ctrlF)
	if got := s.text(); strings.Contains(got, "fox is") || strings.Contains(got, "about a fox") {
		t.Errorf("hits are still there:\n%s", got)
	}
}

// Tab completes the values of from: and in: in a search, with the list of the composer.
// Enter takes the chosen one, and the search goes on.
func TestASearchCompletes(t *testing.T) {
	s := newScreen(t, withBob(), 80, 24)
	s.press(tea.Key{Code: 'f', Mod: tea.ModCtrl})
	s.typeText("in:")
	s.press(tea.Key{Code: tea.KeyTab})
	if got := s.text(); !strings.Contains(got, "#general") || !strings.Contains(got, "@bob") || !strings.Contains(got, "Enter takes it") {
		t.Errorf("the search lists\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyDown}, tea.Key{Code: tea.KeyEnter})
	s.typeText("from:chr")
	s.press(tea.Key{Code: tea.KeyTab})
	if got := s.text(); !strings.Contains(got, "Search: in:@bob from:christopher-robin") || strings.Contains(got, "Enter takes it") {
		t.Errorf("the search is\n%s", got)
	}
	s.typeText("h")
	s.press(tea.Key{Code: tea.KeyTab})
	s.typeText("f")
	s.press(tea.Key{Code: tea.KeyTab}, tea.Key{Code: tea.KeyEscape})
	if got := s.text(); strings.Contains(got, "Search:") {
		t.Errorf("Esc does not close the search:\n%s", got)
	}
}
