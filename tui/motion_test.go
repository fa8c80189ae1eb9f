package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"confab/app/chat"
)

// bodies are the rows of the messages, without styles and without the ticks and markers at
// the right edge: the messages consist of the words "word" and "new".
func bodies(s *testScreen) []string {
	rows := slices.Clone(s.model.timeline.Rows())
	for i, row := range rows {
		row = plain(row)
		if end := max(strings.LastIndex(row, "word")+len("word"), strings.LastIndex(row, "new")+len("new")); end > len("word") {
			row = row[:end]
		} else if strings.HasPrefix(row, "  ") {
			row = "" // it has only the edge
		}
		rows[i] = strings.TrimRight(row, " ")
	}
	return rows
}

// moved returns the first row that no longer begins as it did, and how it begins now. At
// its end, a row may have got ticks and markers.
func moved(before, after []string) (was, is string, ok bool) {
	if len(before) != len(after) {
		return fmt.Sprintf("%d rows", len(before)), fmt.Sprintf("%d rows", len(after)), true
	}
	for i := range before {
		if !strings.HasPrefix(after[i], before[i]) {
			return before[i], after[i], true
		}
	}
	return "", "", false
}

// Nothing moves that the user has not moved. New messages do not shift the ones that the
// user is reading above the end. Receipts, typing and presence shift nothing anywhere.
func TestNothingMovesByItself(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		backend := several()
		for i := range rapid.IntRange(40, 120).Draw(r, "history") {
			body := strings.Repeat("word ", 1+i*7%40)
			backend.post(chat.UserID(1+i%3), []string{"ann", "bob", "eve"}[i%3], body, start.Add(time.Duration(i)*3*time.Minute))
		}
		width, height := rapid.IntRange(20, 200).Draw(r, "width"), rapid.IntRange(8, 50).Draw(r, "height")
		s := newScreen(t, backend, width, height)
		scrolled := rapid.Bool().Draw(r, "scrolled up")
		if scrolled {
			for range rapid.IntRange(1, 5).Draw(r, "pages") {
				s.press(tea.Key{Code: tea.KeyPgUp})
			}
			scrolled = !s.model.timeline.AtEnd()
		}
		before := bodies(s)
		for range rapid.IntRange(1, 12).Draw(r, "events") {
			what := rapid.SampledFrom([]string{"message", "elsewhere", "receipts", "typing", "presence", "status"}).Draw(r, "what")
			switch what {
			case "message":
				if !scrolled {
					continue
				}
				s.arrive(backend.post(2, "bob", strings.Repeat("new ", rapid.IntRange(1, 80).Draw(r, "words")), start.Add(9*time.Hour)))
			case "elsewhere":
				last := chat.Seq(100 + rapid.IntRange(1, 99).Draw(r, "number"))
				s.arrive(&chat.Message{Conversation: 11, Seq: last, Author: 2, AuthorName: "bob", Body: "hm", SentAt: start.Add(9 * time.Hour)})
			case "receipts":
				receipts := receiptsOf(5, chat.Seq(rapid.IntRange(1, len(backend.messages)).Draw(r, "read")))
				s.update(&eventsMsg{Receipts: receipts})
			case "typing":
				s.update(&eventsMsg{Events: []chat.Event{chat.Typing{Conversation: fakeConversation, User: 2, Name: "bob"}}})
			case "presence":
				s.update(&eventsMsg{Events: []chat.Event{chat.PresenceChanged{User: 2, Presence: chat.Presence(rapid.IntRange(0, 2).Draw(r, "presence"))}}})
			case "status":
				s.update(&eventsMsg{Events: []chat.Event{chat.StatusSet{User: 2, Status: chat.Status{Text: "at lunch"}}}})
			}
			if was, is, ok := moved(before, bodies(s)); ok {
				r.Fatalf("%s moved %q, where there is %q now:\n%s", what, was, is, s.text())
			}
		}
	})
}

// A new message at the end pushes the others up by its own rows, and changes nothing else.
func TestANewMessageOnlyPushesUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		backend := &fakeChat{}
		for i := range 60 {
			backend.post(chat.UserID(2+i%2), []string{"bob", "eve"}[i%2], strings.Repeat("word ", 1+i*7%40), start.Add(time.Duration(i)*3*time.Minute))
		}
		s := newScreen(t, backend, rapid.IntRange(20, 200).Draw(r, "width"), rapid.IntRange(10, 50).Draw(r, "height"))
		before := bodies(s)
		s.arrive(backend.post(2, "bob", strings.Repeat("new ", rapid.IntRange(1, 20).Draw(r, "words")), start.Add(4*time.Hour)))
		after := bodies(s)
		for by := 1; by < len(after); by++ {
			if slices.Equal(before[by:], after[:len(after)-by]) {
				return
			}
		}
		if len(after) > 8 {
			r.Fatalf("the screen was\n%s\nand is\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
	})
}

// An idle screen has no timer and draws nothing: there is no spinner and no clock.
func TestNothingTurnsAtRest(t *testing.T) {
	backend := several()
	for i := range 30 {
		backend.post(2, "bob", "hello", start.Add(time.Duration(i)*3*time.Minute))
	}
	s := newScreen(t, backend, 110, 32)
	s.pass(time.Minute) // what was shown is read now
	before := s.text()
	if len(s.timers) > 0 {
		t.Errorf("%d timers run", len(s.timers))
	}
	s.pass(10 * time.Minute)
	if got := s.text(); got != before {
		t.Errorf("the screen was\n%s\nand is\n%s", before, got)
	}
}

// A command that takes a while is shown as long as it runs, in the row above the text being
// written, or in the last row of a small screen. Nothing moves for it.
func TestLongWorkShowsThatItRuns(t *testing.T) {
	for _, height := range []int{24, 6} {
		backend := several()
		s := newScreen(t, backend, 80, height)
		s.typeText("/export")
		s.hold = true
		s.enter()
		before := bodies(s)
		var answers []tea.Msg // that come late
		var run func(tea.Cmd)
		run = func(c tea.Cmd) {
			switch msg := c().(type) {
			case nil:
			case tea.BatchMsg:
				for _, c := range msg {
					run(c)
				}
			case timerMsg:
				s.timers = append(s.timers, timer(msg))
			default:
				answers = append(answers, msg)
			}
		}
		held := s.held
		s.held, s.hold = nil, false
		for _, c := range held {
			run(c)
		}
		if strings.Contains(s.text(), "Exporting") {
			t.Errorf("it is shown at once:\n%s", s.text())
		}
		s.pass(progressAfter)
		if !strings.Contains(s.text(), "Exporting…") {
			t.Errorf("it is not shown:\n%s", s.text())
		}
		if was, is, ok := moved(before, bodies(s)); ok {
			t.Errorf("it moves %q, where there is %q now", was, is)
		}
		for _, msg := range answers {
			s.update(msg)
		}
		if s.press(tea.Key{Code: tea.KeyEscape}); strings.Contains(s.text(), "Exporting") {
			t.Errorf("it is still shown:\n%s", s.text())
		}
	}
}
