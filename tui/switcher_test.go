package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

var ctrlK = tea.Key{Code: 'k', Mod: tea.ModCtrl}

// The user's choice in the switcher is carried out: a conversation opens, also one with a
// new person, and a command runs or is put in the composer.
func TestSwitcherGoesThere(t *testing.T) {
	backend := several()
	s := newScreen(t, backend, 120, 24)
	s.press(ctrlK)
	s.arrive(elsewhere(12, 11, "one"))
	s.press(tea.Key{Code: 'g', Mod: tea.ModCtrl})
	s.press(tea.Key{Code: 'g', Mod: tea.ModCtrl})
	if got := strings.Fields(plain(strings.Join(s.model.Frame().Panes[0].Rows, "\n"))); !slices.Equal(got[:6], []string{"Go", "to:", "▌#older", "1", "unread", "#general"}) {
		t.Errorf("unread conversations are not the first:\n%s", s.text())
	}
	s.typeText("old")
	s.enter()
	if got := s.model.nav.current().Title(); s.model.overlay.Covers() || got != "#old" {
		t.Errorf("it went to %s", got)
	}
	s.press(ctrlK)
	s.typeText("cr")
	s.enter()
	if got := backend.asked; len(got) != 1 || got[0] != "direct christopher-robin" || s.model.overlay.Covers() {
		t.Errorf("the chat was asked for %v", got)
	}
}

func TestSwitcherAndTheComposer(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.typeText("a draft")
	s.press(ctrlK)
	s.typeText("zzzz")
	s.enter() // nothing is found: nothing happens
	if !s.model.overlay.Covers() || !strings.Contains(s.text(), "0 found") {
		t.Errorf("nothing should be found:\n%s", s.text())
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	if s.model.overlay.Covers() || s.model.composer.Text() != "a draft" {
		t.Errorf("Esc left %q", s.model.composer.Text())
	}
	// A command with arguments goes into the composer, and the draft that was there is
	// kept.
	s.press(ctrlK)
	s.typeText("/rename")
	s.enter()
	if s.model.overlay.Covers() || s.model.composer.Text() != "/rename " {
		t.Errorf("the composer has %q", s.model.composer.Text())
	}
	s.press(tea.Key{Code: 'u', Mod: tea.ModCtrl})
	s.press(ctrlK)
	s.typeText("/members")
	s.enter()
	if got := s.text(); !strings.Contains(got, "Members of #general") {
		t.Errorf("/members shows:\n%s", got)
	}
	// Ctrl+C closes the dialog, so that the user sees what it says.
	s.press(tea.Key{Code: 'c', Mod: tea.ModCtrl})
	if got := s.text(); !strings.Contains(got, "Ctrl+C again") {
		t.Errorf("after Ctrl+C:\n%s", got)
	}
}

func TestADraftIsKeptWhenACommandTakesItsPlace(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.typeText("a draft")
	s.press(ctrlK)
	s.typeText("/topic")
	s.enter()
	if !strings.Contains(s.text(), "Ctrl+Y brings back") {
		t.Errorf("it does not say where the draft is:\n%s", s.text())
	}
	s.press(tea.Key{Code: 'u', Mod: tea.ModCtrl}) // kills the command
}

func TestSwitcherGolden(t *testing.T) {
	chat := several()
	chat.others[1].Unread = 3
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x14", 80, 14}, {"20x6", 20, 6}} {
		s := newScreen(t, chat, size.w, size.h)
		s.press(ctrlK)
		s.typeText("o")
		golden(t, "switcher-"+size.name, s.text())
	}
}

// A user who is quicker than the list of people still gets there.
func TestEnterBeforePeopleAreThere(t *testing.T) {
	s := newScreen(t, everything(), 80, 24)
	s.hold = true
	s.press(tea.Key{Code: 'k', Mod: tea.ModCtrl})
	s.typeText("bob")
	s.enter()
	s.release()
	if got := s.chat.asked; len(got) != 1 || !strings.Contains(got[0], "bob") {
		t.Errorf("asked for %q, want a conversation with bob", got)
	}
}
