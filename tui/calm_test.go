package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/setting"
)

// A notice goes with the next key, or by itself. While there is none, no timer runs. A
// question waits for its answer.
func TestNoticesGo(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.pass(time.Hour)
	if n := len(s.timers); n != 0 {
		t.Fatalf("at rest %d timers run", n)
	}
	has := func(notice string, want bool) {
		t.Helper()
		if got := s.text(); strings.Contains(got, notice) != want {
			t.Errorf("%q should be there: %t\n%s", notice, want, got)
		}
	}
	const nothing, leave = "Nothing is unread.", "Press Ctrl+C again"
	next := tea.Key{Code: 'a', Mod: tea.ModAlt}
	s.press(next)
	s.pass(noticeLasts - time.Second)
	has(nothing, true)
	s.press(next) // which shows it again
	s.pass(noticeLasts - time.Second)
	has(nothing, true)
	s.pass(3 * time.Second)
	has(nothing, false)
	if n := len(s.timers); n != 0 {
		t.Errorf("afterwards %d timers run", n)
	}
	s.press(tea.Key{Code: 'c', Mod: tea.ModCtrl})
	has(leave, true)
	s.pass(time.Minute)
	has(leave, false)
	s.press(tea.Key{Code: 'c', Mod: tea.ModCtrl})
	if has(leave, true); s.quit {
		t.Error("it left although the notice had gone")
	}
	s.press(next, tea.Key{Code: tea.KeyF1}) // covered
	s.pass(time.Minute)
	s.press(tea.Key{Code: tea.KeyEscape})
	own := s.chat.post(1, "ann", "mine", start.Add(time.Hour))
	s.arrive(own)
	s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: 'd', Text: "d"})
	s.pass(time.Hour)
	has("Delete for everyone? y/n", true)
	s.typeText("y")
	has("Delete for everyone? y/n", false)
	if got := s.chat.asked; got[len(got)-1] != "delete 7 2" || s.model.composer.Text() != "" || len(s.chat.messages) != 2 {
		t.Errorf("the answer led to %q and %d messages", got, len(s.chat.messages))
	}
}

// The smallest screen shows what to do next, and says if a notice goes on.
func TestNoticesOfTheSmallestScreen(t *testing.T) {
	s := newScreen(t, several(), minWidth, minHeight)
	for _, c := range []struct{ notice, want string }{
		{"Wrong. Choose another name.", "Wrong. Choose another name. ›"},
		{"There is nobody with that name. Choose another, such as ann.", "There is nobody with that name. Choose another,… ›"},
		{strings.Repeat("x", 100), strings.Repeat(strings.Repeat("x", 19)+" ", 2) + strings.Repeat("x", 18) + "… ›"},
	} {
		s.model.notice = c.notice
		s.update(timerMsg{})
		if got := strings.Join(strings.Fields(s.text()), " "); !strings.Contains(got, c.want) {
			t.Errorf("want %q, got %q", c.want, got)
		}
	}
}

// A notice takes the row of the rule, and if it is longer, covers messages. It moves nothing.
// Only a message that comes meanwhile moves the others, and is shown above the notice.
func TestNoticesMoveNothing(t *testing.T) {
	for _, size := range []struct{ w, h, covers int }{{160, 40, 0}, {80, 24, 1}, {40, 12, 2}, {20, 6, 3}} {
		c := several()
		for i := range 40 {
			c.post(2, "bob", fmt.Sprint("word ", i), start.Add(time.Duration(i)*time.Minute))
		}
		s := newScreen(t, c, size.w, size.h)
		s.typeText("a draft")
		before, panes := bodies(s), s.model.Frame()
		s.model.notice = "The right pane needs a window of 140 columns: /members, /pins and /info show the same."
		s.update(timerMsg{})
		if was, is, ok := moved(before, bodies(s)); ok {
			t.Errorf("at %dx%d the notice moves %q, where there is %q now", size.w, size.h, was, is)
		}
		after := s.model.Frame()
		if after.Cursor != panes.Cursor || s.model.layout.covered != size.covers {
			t.Errorf("at %dx%d the cursor was at %v and is at %v; %d rows are covered:\n%s", size.w, size.h, panes.Cursor, after.Cursor, s.model.layout.covered, s.text())
		}
		if got := s.text(); !strings.Contains(got, "The right pane") || !strings.Contains(got, "a draft") {
			t.Errorf("at %dx%d:\n%s", size.w, size.h, got)
		}
		s.pass(3 * time.Second)
		c.read = nil
		s.arrive(c.post(2, "bob", "word new", start.Add(time.Hour)))
		if got := s.text(); !strings.Contains(got, "word new") || !strings.Contains(got, "The right pane") {
			t.Errorf("at %dx%d a message that comes below the notice is not shown above it:\n%s", size.w, size.h, got)
		}
		s.pass(3 * time.Second)
		if len(c.read) == 0 {
			t.Errorf("at %dx%d a message above the notice was not read", size.w, size.h)
		}
		s.pass(2 * noticeLasts)
		s.press(tea.Key{Code: tea.KeyPgUp})
		s.model.notice = "The right pane needs a window of 140 columns: /members, /pins and /info show the same."
		s.update(timerMsg{})
		before = bodies(s)
		s.arrive(c.post(2, "bob", "word below", start.Add(2*time.Hour)))
		if was, is, ok := moved(before, bodies(s)); ok {
			t.Errorf("at %dx%d a message below the view moves %q, where there is %q now", size.w, size.h, was, is)
		}
		s.pass(2 * noticeLasts)
		s.pass(3 * time.Second)
		if len(c.read) == 0 || strings.Contains(s.text(), "The right pane") {
			t.Errorf("at %dx%d, after the notice, %d was read:\n%s", size.w, size.h, c.read, s.text())
		}
	}
}

// The keys for what the user is doing stay while that is true.
func TestHints(t *testing.T) {
	backend := several()
	backend.post(1, "ann", "mine", start.Add(time.Minute))
	s := newScreen(t, backend, 120, 24)
	shows := func(want ...string) {
		t.Helper()
		rows := strings.Split(strings.TrimRight(s.text(), "\n"), "\n")
		for _, w := range want {
			if !strings.Contains(rows[len(rows)-1], w) {
				t.Errorf("want %q in %q", w, rows[len(rows)-1])
			}
		}
	}
	shows("? help")
	s.press(tea.Key{Code: tea.KeyEscape})
	shows("Selecting: Esc ends", "r: reply", "e: edit", "d: delete")
	s.press(tea.Key{Code: tea.KeyUp})
	shows("Selecting: Esc ends", "r: reply", "t: thread")
	s.typeText("r")
	shows("Reply to bob: Enter sends, Esc gives up")
	s.typeText("I am still writing")
	shows("Reply to bob: Enter sends, Esc gives up")
	s.press(tea.Key{Code: tea.KeyEscape})
	shows("? help")
}

// Sections are folded with a key, a command or a click, on all screens of the account.
func TestSectionsAreFolded(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	folded := func(want, title string) {
		t.Helper()
		if got := s.chat.set[setting.Folded]; got != want || !strings.Contains(s.text(), title) {
			t.Errorf("stored is %q, want %q, and %q on the screen:\n%s", got, want, title, s.text())
		}
	}
	s.press(tea.Key{Code: 's', Mod: tea.ModAlt})
	folded("groups", "▸ Groups 3")
	if got := s.text(); !strings.Contains(got, "#general") || strings.Contains(got, "#older") {
		t.Errorf("folded:\n%s", got)
	}
	s.typeText("/fold people")
	s.enter()
	folded("groups people", "▸ People 1")
	click := func(row int) { s.update(tea.MouseClickMsg{X: 3, Y: row, Button: tea.MouseLeft}) }
	click(0)
	folded("people", "▾ Groups")
	click(2)
	if got := s.model.nav.current().Title(); got != "#old" {
		t.Errorf("the click led to %s", got)
	}
	click(15) // a blank row
	s.update(tea.MouseClickMsg{X: 60, Y: 0, Button: tea.MouseLeft})
	folded("people", "▾ Groups")
	s.typeText("/fold nonsense")
	s.enter()
	if got := s.text(); !strings.Contains(got, "Write /fold unread, ") || s.model.composer.Text() == "" {
		t.Errorf("refused:\n%s", got)
	}
	// Another screen has unfolded it.
	delete(s.chat.set, setting.Folded)
	s.update(&eventsMsg{Events: []chat.Event{chat.PreferencesChanged{User: 1}}})
	if got := s.text(); !strings.Contains(got, "▾ People") {
		t.Errorf("unfolded elsewhere:\n%s", got)
	}
}
