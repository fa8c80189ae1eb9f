package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"confab/tui/screen"
)

var (
	ctrlC = tea.Key{Code: 'c', Mod: tea.ModCtrl}
	ctrlU = tea.Key{Code: 'u', Mod: tea.ModCtrl}
	undo  = tea.Key{Code: '_', Mod: tea.ModCtrl}
)

// ↑ in an empty composer edits the user's newest message.
func TestUpEditsTheLastMessage(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.typeText("mine")
	s.enter()
	s.arrive(s.chat.post(2, "bob", "and his", start))
	s.press(up)
	if got := s.model.composer.Text(); got != "mine" || !s.model.composer.Editing() {
		t.Fatalf("the composer has %q", got)
	}
	s.typeText(" indeed")
	s.enter()
	if s.chat.asked[0] != "edit 7 2 mine indeed" {
		t.Errorf("asked for %v", s.chat.asked)
	}
	// Typed text is not replaced.
	s.typeText("a draft")
	s.press(up)
	if got := s.model.composer.Text(); got != "a draft" || s.model.composer.Editing() {
		t.Errorf("the composer has %q", got)
	}
}

// While the last message is being sent, ↑ does not edit the previous one.
func TestUpWaitsForTheLastMessage(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.typeText("first")
	s.enter()
	s.hold = true
	s.typeText("second")
	s.enter()
	s.press(up)
	if got := s.text(); s.model.composer.Editing() || !strings.Contains(got, "has not been sent yet") {
		t.Errorf("the composer has %q:\n%s", s.model.composer.Text(), got)
	}
}

// A turn of the wheel comes as several arrows at once in many terminals, and scrolls.
func TestArrowsThatScroll(t *testing.T) {
	s := newScreen(t, long(100), 80, 12)
	s.update(screen.Keys{tea.KeyPressMsg(up), tea.KeyPressMsg(up), tea.KeyPressMsg(up)})
	if got := s.text(); s.model.composer.Editing() || strings.Contains(got, "message 100") {
		t.Errorf("the composer has %q:\n%s", s.model.composer.Text(), got)
	}
	before := s.text()
	s.press(up) // further up, one at a time
	if s.model.composer.Editing() || s.text() == before {
		t.Errorf("the composer has %q:\n%s", s.model.composer.Text(), s.text())
	}
	s.press(tea.Key{Code: tea.KeyEnd}, up)
	if !s.model.composer.Editing() {
		t.Error("back at the end, the arrow scrolls")
	}
}

func TestUpIsASetting(t *testing.T) {
	s := newScreen(t, several(), 120, 40)
	s.typeText("/settings up sideways")
	s.enter()
	if got := s.text(); !strings.Contains(got, "Write /settings up and one of these: edit, recall, scroll.") {
		t.Errorf("after a value that does not exist:\n%s", got)
	}
	s.press(ctrlU)
	s.typeText("one")
	s.enter()
	s.typeText("two")
	s.enter()
	s.typeText("/settings up recall")
	s.enter()
	if got := s.text(); !strings.Contains(got, "up is recall.") || s.chat.set["set.up"] != "recall" {
		t.Errorf("kept %v:\n%s", s.chat.set, got)
	}
	for _, step := range []struct {
		key  tea.Key
		want string
	}{{up, "/settings up recall"}, {up, "two"}, {up, "one"}, {tea.Key{Code: tea.KeyDown}, "two"}} {
		if s.press(step.key); s.model.composer.Text() != step.want {
			t.Errorf("recalled %q, want %q", s.model.composer.Text(), step.want)
		}
	}
	s.press(ctrlU)
	s.typeText("/settings")
	s.enter()
	if got := valueShown(s, "up"); got != "recall" {
		t.Errorf("the page shows %q:\n%s", got, s.text())
	}
	s = newScreen(t, &fakeChat{set: map[string]string{"set.up": "scroll"}}, 120, 24)
	s.typeText("mine")
	s.enter()
	if s.press(up); s.model.composer.Text() != "" {
		t.Errorf("an arrow that scrolls put %q into the composer", s.model.composer.Text())
	}
}

func TestCtrlCClears(t *testing.T) {
	s := newScreen(t, several(), 80, 24)
	lines := strings.Repeat("a line\n", 60)
	s.update(tea.PasteMsg{Content: lines})
	s.press(ctrlC)
	if got := s.text(); !s.model.composer.Empty() || !strings.Contains(got, "Cleared: Ctrl+_ brings it back. Press Ctrl+C again to leave.") {
		t.Errorf("the composer has %q:\n%s", s.model.composer.Text(), got)
	}
	s.press(undo)
	if got := s.model.composer.Text(); got != lines {
		t.Errorf("brought back %q", got)
	}
	s.press(ctrlU)
	if !s.model.composer.Empty() {
		t.Errorf("Ctrl+U leaves %q", s.model.composer.Text())
	}
	// Leaving with Ctrl+C keeps the draft.
	s.typeText("kept")
	s.press(ctrlC, ctrlC)
	if draft := s.model.Drafts()[fakeConversation]; !s.quit || draft != "kept" {
		t.Errorf("left: %t, with the draft %q", s.quit, draft)
	}
	// A page that covers the chat is closed, and the draft stays.
	s = newScreen(t, several(), 80, 24)
	s.typeText("a draft")
	s.press(tea.Key{Code: tea.KeyF1}, ctrlC)
	if s.model.overlay.Covers() || s.model.composer.Text() != "a draft" {
		t.Errorf("under the help there was %q", s.model.composer.Text())
	}
	// An edit is given up.
	s.press(ctrlU)
	s.typeText("mine")
	s.enter()
	s.press(up)
	s.typeText("!")
	s.press(ctrlC)
	if got := s.text(); s.model.composer.Editing() || !strings.Contains(got, "The message stays as it was.") || !strings.Contains(got, "again to leave") {
		t.Errorf("the edit goes on:\n%s", got)
	}
}
