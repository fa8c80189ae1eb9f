package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
)

var (
	down  = tea.Key{Code: tea.KeyDown}
	left  = tea.Key{Code: tea.KeyLeft}
	right = tea.Key{Code: tea.KeyRight}
)

// valueShown is the value in the row of a setting on the page.
func valueShown(s *testScreen, name string) string {
	for _, row := range s.model.Frame().Panes[0].Rows { // of the page
		if fields := strings.Fields(plain(row)); len(fields) > 1 && strings.TrimPrefix(fields[0], s.model.theme.Open) == name {
			return fields[1]
		}
	}
	return ""
}

// owned makes the user the owner of the conversation.
func owned(c *fakeChat) *fakeChat {
	c.named, c.role = "ships", chat.RoleOwner
	return c
}

// onPage opens a page and goes so many rows down.
func onPage(t *testing.T, c *fakeChat, width, height int, typed string, rows int, environ ...string) *testScreen {
	t.Helper()
	s := newScreen(t, c, width, height, environ...)
	s.typeText(typed)
	s.enter()
	for range rows {
		s.press(down)
	}
	return s
}

// atTopic is the place of the topic on the page of a group.
const atTopic = 1

func TestGoldenSettings(t *testing.T) {
	for _, size := range []struct{ w, h int }{{20, 6}, {40, 12}, {80, 24}, {110, 32}, {160, 50}} {
		name := fmt.Sprintf("%dx%d", size.w, size.h)
		t.Run(name, func(t *testing.T) {
			golden(t, "settings-"+name, onPage(t, everything(), size.w, size.h, "/settings", 6).text())
			golden(t, "settings-group-"+name, onPage(t, everything(), size.w, size.h, "/group", atTopic).text())
			s := onPage(t, owned(everything()), size.w, size.h, "/group", atTopic)
			s.press(tea.Key{Code: tea.KeyEnter})
			s.typeText("all about ships, and about what they carry")
			golden(t, "settings-edit-"+name, s.text())
			s = onPage(t, everything(), size.w, size.h, "/bind", 3)
			s.press(tea.Key{Code: tea.KeyEnter}, ctrlK)
			golden(t, "bind-"+name, s.text())
		})
	}
	for name, environ := range map[string][]string{
		"256": nil, "16": {"TERM=xterm"}, "nocolor": {"NO_COLOR=1"}, "ascii": {"TERM=linux"},
	} {
		t.Run(name, func(t *testing.T) {
			s := onPage(t, everything(), 80, 24, "/group", atTopic, environ...)
			golden(t, "settings-styles-"+name, s.model.Frame().String())
		})
	}
}

// Each key press goes one value on. The changes are made one after the other, and the last
// one wins.
func TestSettingsAreChangedByArrows(t *testing.T) {
	s := onPage(t, several(), 110, 32, "/settings", 0)
	goTo(t, s, "theme")
	s.hold = true
	s.press(right, right, right, left)
	if got := valueShown(s, "theme"); got != "light" || len(s.held) != 1 {
		t.Errorf("it shows %q, and asks the chat %d times at once", got, len(s.held))
	}
	s.release()
	if got := valueShown(s, "theme"); got != "light" || s.chat.set["set.theme"] != "light" {
		t.Errorf("it shows %q, and the chat has %v", got, s.chat.set)
	}
	// What another session sets is shown, too.
	s.chat.set["set.theme"] = "none"
	s.happen(chat.PreferencesChanged{User: 1})
	if got := valueShown(s, "theme"); got != "none" {
		t.Errorf("it shows %q", got)
	}
	// A refusal takes the value back, and says why.
	s.chat.refusal = chat.Refuse(chat.ErrTooFast, "Wait a moment.")
	s.enter()
	if got := valueShown(s, "theme"); got != "none" || !strings.Contains(s.text(), "Wait a moment.") {
		t.Errorf("refused, it shows %q:\n%s", got, s.text())
	}
}

// goTo moves to the row of a setting, or of an action.
func goTo(t *testing.T, s *testScreen, name string) {
	t.Helper()
	s.press(tea.Key{Code: tea.KeyHome})
	for range 60 {
		for _, row := range s.model.Frame().Panes[0].Rows { // of the page
			if fields := strings.Fields(plain(row)); len(fields) > 0 && fields[0] == s.model.theme.Open+name {
				return
			}
		}
		s.press(down)
	}
	t.Fatalf("%s is not there:\n%s", name, s.text())
}

// A typed value is edited in its row. An error is shown there, and the text stays.
func TestSettingsAreTypedInPlace(t *testing.T) {
	s := onPage(t, owned(several()), 80, 24, "/group", 0)
	goTo(t, s, "topic")
	s.enter()
	s.typeText("ships")
	s.press(tea.Key{Code: tea.KeyLeft})
	s.typeText("-")
	s.enter()
	if !slices.Contains(s.chat.asked, "topic 7 ship-s") {
		t.Errorf("asked for %q", s.chat.asked)
	}
	goTo(t, s, "keep")
	s.enter()
	s.typeText("5m")
	s.enter()
	if got := s.text(); !strings.Contains(got, "is not a time to keep messages") || valueShown(s, "keep") != "5m" {
		t.Errorf("a wrong value:\n%s", got)
	}
	s.press(ctrlU)
	s.typeText("30d")
	s.enter()
	if got := s.text(); s.chat.asked[len(s.chat.asked)-1] != "keep 7 720h0m0s" || strings.Contains(got, "is not a time") {
		t.Errorf("asked for %q:\n%s", s.chat.asked, got)
	}
	// Esc leaves the value as it was, and the page open.
	n := len(s.chat.asked)
	s.enter()
	s.typeText("7")
	s.press(esc)
	if !s.model.overlay.Covers() || len(s.chat.asked) != n {
		t.Errorf("asked for %q", s.chat.asked[n:])
	}
	s.chat.refusal = chat.Refuse(text.ErrInvalid, "Choose another name.")
	goTo(t, s, "name")
	s.enter()
	s.typeText("x")
	s.enter()
	if got := s.text(); !strings.Contains(got, "Choose another name.") || !strings.HasSuffix(valueShown(s, "name"), "x") {
		t.Errorf("refused:\n%s", got)
	}
}

// Tab goes from the user's own settings to those of the conversation, the wheel moves, and
// "?" explains a setting on a screen that has no room for that.
func TestSettingsPage(t *testing.T) {
	s := onPage(t, several(), 20, 6, "/settings", 0)
	if got := s.text(); !strings.Contains(got, "[You]") || !strings.Contains(got, "nick") {
		t.Errorf("at first:\n%s", got)
	}
	s.press(tab)
	if got := s.text(); !strings.Contains(got, "topic") {
		t.Errorf("after Tab:\n%s", got)
	}
	s.press(tab)
	s.update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	s.typeText("?")
	if got := s.text(); !strings.Contains(got, "receipts: on") || !strings.Contains(got, "share what you") {
		t.Errorf("explained:\n%s", got)
	}
	s.press(down)
	if got := s.text(); !strings.Contains(got, "receipts") || strings.Contains(got, "receipts: on") {
		t.Errorf("after that:\n%s", got)
	}
	s.typeText(" ")
	if !slices.Contains(s.chat.asked, "receipts 0 false") {
		t.Errorf("asked for %q", s.chat.asked)
	}
	if s.press(esc); s.model.overlay.Covers() {
		t.Error("Esc does not close it")
	}
	s.typeText("/settings")
	s.enter()
	if s.typeText("q"); s.model.overlay.Covers() {
		t.Error("q does not close it")
	}
}

func TestBindingKeys(t *testing.T) {
	ctrlO := tea.Key{Code: 'o', Mod: tea.ModCtrl}
	s := onPage(t, several(), 80, 24, "/bind", 0)
	goTo(t, s, "switcher")
	s.enter()
	s.has("Press the new key for switcher.")
	s.press(tea.Key{Code: 'x', Text: "x"})
	s.has("A key that types something cannot be bound")
	s.enter()
	s.press(esc)
	s.hasNot("Press the new key")
	s.enter()
	s.press(ctrlO)
	s.has("Ctrl+O is a key of switcher now.")
	if s.chat.set["key.ctrl+o"] != "switcher" {
		t.Errorf("kept %v", s.chat.set)
	}
	// A key that does something else is only taken if the user agrees.
	s.enter()
	s.press(tea.Key{Code: 'f', Mod: tea.ModCtrl})
	s.has("Ctrl+F is the key of search: search messages; again: the last search. It has")
	s.press(down)
	if s.model.keys.Action("ctrl+f") != "search" {
		t.Error("it was taken")
	}
	s.enter()
	s.press(tea.Key{Code: 'f', Mod: tea.ModCtrl})
	s.enter()
	if s.model.keys.Action("ctrl+f") != "switcher" || s.chat.set["key.ctrl+f"] != "switcher" {
		t.Errorf("it was not taken; kept %v", s.chat.set)
	}
	// Alt and a digit go to a conversation.
	s.enter()
	s.press(tea.Key{Code: '3', Mod: tea.ModAlt})
	s.has("Alt+3 goes to a conversation by its number.")
	s.press(esc)
	// A key can be taken away.
	s.typeText("d")
	s.press(ctrlK)
	if s.model.keys.Action("ctrl+k") != "none" {
		t.Errorf("Ctrl+K does %q", s.model.keys.Action("ctrl+k"))
	}
	s.typeText("r")
	s.has("switcher has its first keys again.")
	if s.model.keys.Action("ctrl+k") != "switcher" || s.model.keys.Action("ctrl+f") != "search" || s.model.keys.Action("ctrl+o") != "" || s.chat.set["key.ctrl+f"] != "" {
		t.Errorf("kept %v", s.chat.set)
	}
	s.typeText("R")
	s.has("No key was changed.")
	s.enter()
	s.press(ctrlO)
	s.typeText("R")
	s.has("Forget all that you have changed here?")
	s.typeText("y")
	if len(s.model.keys.Changed()) > 0 {
		t.Errorf("changed are %q", s.model.keys.Changed())
	}
	// A key that the chat does not keep goes back.
	s.chat.refusal = chat.Refuse(chat.ErrTooLarge, "That is the limit.")
	s.enter()
	s.press(ctrlO)
	s.has("That is the limit.")
	if s.model.keys.Action("ctrl+o") != "" {
		t.Error("it stays")
	}
	s.press(esc)
	if s.model.overlay.Covers() {
		t.Error("Esc does not close it")
	}
}

// On a screen of 80 columns, every row of the pages of settings says in whole what the setting
// does, and so do the keys below them.
func TestNoSettingIsCut(t *testing.T) {
	for _, typed := range []string{"/settings", "/group"} {
		s := onPage(t, owned(everything()), 80, 24, typed, 0)
		for range 20 {
			for _, row := range s.model.Frame().Panes[0].Rows {
				if row := plain(row); strings.Contains(row, s.model.theme.Ellipsis) {
					t.Errorf("%s: a row is %q", typed, row)
				}
			}
			s.press(down)
		}
	}
}

// A page over a part of the chat has an edge below it: the row of its keys, and without
// backgrounds also a line.
func TestAPageHasALowerEdge(t *testing.T) {
	for environ, line := range map[string]bool{"COLORTERM=": false, "NO_COLOR=1": true} {
		s := onPage(t, everything(), 80, 24, "/settings", 0, environ)
		rows := strings.Split(s.text(), "\n")
		at := slices.IndexFunc(rows, func(row string) bool { return strings.Contains(row, "Esc: close") })
		if got := at >= 0 && rows[at+1] == strings.Repeat("─", 80); got != line || strings.Count(s.text(), "\n") != 23 {
			t.Errorf("with %s there is a line: %t\n%s", environ, got, s.text())
		}
	}
}
