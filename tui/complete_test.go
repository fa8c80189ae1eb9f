package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"confab/tui/screen"
)

var (
	tab      = tea.Key{Code: tea.KeyTab}
	shiftTab = tea.Key{Code: tea.KeyTab, Mod: tea.ModShift}
	ctrlR    = tea.Key{Code: 'r', Mod: tea.ModCtrl}
)

func TestGoldenCompletion(t *testing.T) {
	for _, c := range []struct {
		name    string
		w, h    int
		typed   string
		environ []string
	}{
		{"people", 80, 14, "hello @", nil},
		{"tiny", 20, 6, "hello @", nil},
		{"emoji", 40, 12, "well :hea", nil},
		{"ascii", 40, 12, "well :hea", []string{"TERM=linux"}},
		{"nocolor", 80, 14, "/ban", []string{"NO_COLOR=1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScreen(t, everything(), c.w, c.h, c.environ...)
			s.typeText(c.typed)
			s.press(tab, tea.Key{Code: tea.KeyDown})
			golden(t, "complete-"+c.name, s.model.Frame().String())
		})
	}
}

func TestCompleting(t *testing.T) {
	s := newScreen(t, everything(), 80, 24)
	s.typeText("hello @")
	s.press(tab)
	if got := s.text(); !strings.Contains(got, "▌ @bob") || !strings.Contains(got, "  @christopher-robin") || !strings.Contains(got, "Enter takes it") {
		t.Fatalf("after Tab:\n%s", got)
	}
	s.press(shiftTab)
	s.enter()
	if got := s.model.composer.Text(); got != "hello @christopher-robin " || len(s.chat.messages) != 7 {
		t.Errorf("Enter made %q", got)
	}
	if got := s.text(); strings.Contains(got, "Enter takes it") {
		t.Errorf("the list stays:\n%s", got)
	}
	s.press(undo)
	if got := s.model.composer.Text(); got != "hello @" {
		t.Errorf("after it was taken back, there is %q", got)
	}
	// Esc closes the list, and selects a message only afterwards.
	s.press(tab, esc)
	if got := s.text(); strings.Contains(got, "▌ @bob") || s.model.timeline.Selected() != 0 {
		t.Errorf("after Esc:\n%s", got)
	}
	// If nothing can be completed, Tab does nothing.
	s.press(ctrlU)
	s.typeText("plain")
	before := s.text()
	if s.press(tab, shiftTab); s.text() != before {
		t.Errorf("after Tab:\n%s", s.text())
	}
	// Keys that come together have the same effect as keys one by one.
	s.press(ctrlU)
	keys := screen.Keys{}
	for _, r := range "@bo\t" {
		k := tea.KeyPressMsg{Code: r, Text: string(r)}
		if r == '\t' {
			k = tea.KeyPressMsg{Code: tea.KeyTab}
		}
		keys = append(keys, k)
	}
	s.update(keys)
	if got := s.model.composer.Text(); got != "@bob " {
		t.Errorf("typed at once, there is %q", got)
	}
	// Another conversation, or a page, closes the list.
	s.typeText("@")
	s.press(tab, tea.Key{Code: tea.KeyF1}, esc)
	if got := s.text(); strings.Contains(got, "Enter takes it") {
		t.Errorf("after the help:\n%s", got)
	}
}

// The messages that the list hides are not read, since the timeline ends above it.
func TestTheListCoversNoMessage(t *testing.T) {
	s := newScreen(t, everything(), 80, 24)
	s.typeText("@")
	rows := s.model.layout.timeline.H
	s.press(tab)
	if l := s.model.layout; l.listed != 2 || l.timeline.H != rows-2 {
		t.Errorf("%d rows of the list, and %d of the timeline, which had %d", l.listed, l.timeline.H, rows)
	}
}

func TestFindingSentLines(t *testing.T) {
	s := newScreen(t, everything(), 80, 24)
	s.press(ctrlR)
	if got := s.text(); !strings.Contains(got, "You have sent nothing yet since you connected.") {
		t.Errorf("at first:\n%s", got)
	}
	for i := range 9 {
		s.typeText(fmt.Sprint("line ", i))
		s.enter()
	}
	s.press(ctrlR)
	if got := s.text(); !strings.Contains(got, "▌ line 8") || !strings.Contains(got, "1/9") {
		t.Errorf("the sent lines:\n%s", got)
	}
	s.press(ctrlR)
	s.typeText("3")
	s.enter()
	if got := s.model.composer.Text(); got != "line 3" || len(s.chat.messages) != 7+9 {
		t.Errorf("taken is %q", got)
	}
	s.press(ctrlU)
	s.typeText("xyz")
	s.press(ctrlR)
	if got := s.text(); !strings.Contains(got, "You have sent no line with this text") {
		t.Errorf("a text that was not sent:\n%s", got)
	}
}

// A session that completes nothing has no completer.
func TestTheCompleterIsMadeWhenItIsUsed(t *testing.T) {
	s := newScreen(t, everything(), 80, 24)
	s.typeText("hello @bob")
	s.enter()
	if s.model.writing.completer != nil {
		t.Error("there is a completer")
	}
}
