package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

var ctrlK = tea.Key{Code: 'k', Mod: tea.ModCtrl}

// found is what the switcher lists, the first n.
func found(t *testing.T, s *testScreen, n int) string {
	t.Helper()
	sw, ok := s.model.overlay.(*switcher)
	if !ok {
		t.Fatal("the switcher is not open")
	}
	var texts []string
	for _, i := range sw.shown[:min(n, len(sw.shown))] {
		texts = append(texts, sw.all[i].text)
	}
	return strings.Join(texts, " ")
}

func TestSwitcherOrder(t *testing.T) {
	backend := several()
	backend.others = append(backend.others, chat.Listed{Conversation: chat.Conversation{ID: 30, Kind: chat.KindGroup, Name: "empty"}})
	s := newScreen(t, backend, 120, 24)
	s.press(ctrlK)
	// What has nothing in it still comes before people, and these before commands.
	if got, want := found(t, s, 7), "#general @bob #old #older #empty @christopher-robin /accept"; got != want {
		t.Errorf("at first %s, want %s", got, want)
	}
	s.press(ctrlK)
	s.arrive(elsewhere(12, 11, "one"))
	s.press(tea.Key{Code: 'g', Mod: tea.ModCtrl})
	if got, want := found(t, s, 3), "#older #general @bob"; got != want {
		t.Errorf("unread first: %s, want %s", got, want)
	}
	s.typeText("old")
	if got, want := found(t, s, 2), "#old #older"; got != want {
		t.Errorf("the best match first: %s, want %s", got, want)
	}
	s.enter()
	if got := s.model.current().Title(); s.model.overlay != nil || got != "#old" {
		t.Errorf("it went to %s", got)
	}
	s.press(ctrlK)
	s.typeText("cr")
	if got := found(t, s, 1); got != "@christopher-robin" {
		t.Errorf("cr finds %s", got)
	}
	s.enter()
	if got := backend.asked; len(got) != 1 || got[0] != "direct christopher-robin" || s.model.overlay != nil {
		t.Errorf("the chat was asked for %v", got)
	}
}

// Unread and latest decide only among equals.
func TestSwitcherAmongEquals(t *testing.T) {
	chat := several()
	chat.others[0].Name, chat.others[1].Name = "team-a", "team-b"
	s := newScreen(t, chat, 120, 24)
	s.press(ctrlK)
	s.typeText("team")
	if got := found(t, s, 2); got != "#team-a #team-b" {
		t.Errorf("the latest first: %s", got)
	}
	s.press(ctrlK)
	s.arrive(elsewhere(12, 11, "one"))
	s.press(ctrlK)
	s.typeText("team")
	if got := found(t, s, 2); got != "#team-b #team-a" {
		t.Errorf("unread first: %s", got)
	}
}

func TestSwitcherKeys(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.typeText("a draft")
	s.press(ctrlK)
	s.update(tea.PasteMsg{Content: "\x1b[31mol\nd"})
	if got := s.model.overlay.(*switcher).input.Text(); got != "ol d" && got != "[31mol d" {
		t.Errorf("the paste became %q", got)
	}
	s.press(tea.Key{Code: 'u', Mod: tea.ModCtrl})
	down := tea.Key{Code: tea.KeyDown}
	s.press(down, down, tea.Key{Code: tea.KeyUp}, tea.Key{Code: tea.KeyF5})
	if sw := s.model.overlay.(*switcher); sw.at != 1 {
		t.Errorf("after down, down, up and a key that does nothing it is at %d, want 1", sw.at)
	}
	for range 100 {
		s.press(tea.Key{Code: tea.KeyPgDown})
	}
	if sw := s.model.overlay.(*switcher); sw.at != len(sw.shown)-1 {
		t.Errorf("at the end it is at %d of %d", sw.at, len(sw.shown))
	}
	s.typeText("zzzz")
	s.enter() // nothing is found: nothing happens
	if s.model.overlay == nil || !strings.Contains(s.text(), "0 found") {
		t.Errorf("nothing should be found:\n%s", s.text())
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	if s.model.overlay != nil || s.model.composer.Text() != "a draft" {
		t.Errorf("Esc left %q", s.model.composer.Text())
	}
	// A command with arguments goes into the composer; what was there is kept.
	s.press(ctrlK)
	s.typeText("/rename")
	s.enter()
	if s.model.overlay != nil || s.model.composer.Text() != "/rename " {
		t.Errorf("the composer has %q", s.model.composer.Text())
	}
	s.press(tea.Key{Code: 'u', Mod: tea.ModCtrl})
	s.press(ctrlK)
	s.typeText("/members")
	s.enter()
	if got := s.text(); !strings.Contains(got, "Members of #general") {
		t.Errorf("/members shows:\n%s", got)
	}
	// Ctrl+C leaves the overlay, so that one sees what it says.
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

// People arrive later: what one had gone to stays.
func TestPeopleArriveInTheSwitcher(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.hold = true
	s.press(ctrlK)
	s.press(tea.Key{Code: tea.KeyDown}, tea.Key{Code: tea.KeyDown})
	before := s.model.overlay.(*switcher)
	at := before.all[before.shown[before.at]].text
	s.release()
	if got := before.all[before.shown[before.at]].text; got != at {
		t.Errorf("it was at %s and is at %s", at, got)
	}
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

// Who is quicker than the list of people gets there all the same.
func TestEnterBeforePeopleAreThere(t *testing.T) {
	s := newScreen(t, conversation(), 80, 24)
	s.hold = true
	s.press(tea.Key{Code: 'k', Mod: tea.ModCtrl})
	s.typeText("bob")
	s.enter()
	s.release()
	if got := s.chat.asked; len(got) != 1 || !strings.Contains(got[0], "bob") {
		t.Errorf("asked for %q, want a conversation with bob", got)
	}
}

// What is written while a conversation is being opened does not go to the one
// before.
func TestNothingIsSentWhileAConversationOpens(t *testing.T) {
	s := newScreen(t, conversation(), 80, 24)
	before := len(s.chat.messages)
	s.hold = true
	s.typeText("/dm bob")
	s.enter()
	s.typeText("a secret")
	s.enter()
	s.release()
	if len(s.chat.messages) != before || s.model.composer.Text() != "a secret" {
		t.Errorf("%d messages were sent, and the composer has %q", len(s.chat.messages)-before, s.model.composer.Text())
	}
}
