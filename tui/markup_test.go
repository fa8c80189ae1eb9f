package tui

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/setting"
)

// markedUp is a conversation with all kinds of markup.
func markedUp() *fakeChat {
	c := &fakeChat{}
	for i, body := range []string{
		"*bold*, _italic_, ~struck~ and *_both_*; snake_case, 2*3*4 and *this stay",
		"Run `go test ./...` first:\n```go\nfunc main() { // a comment\n\tfmt.Println(\"strings are coloured, and a long line is cut at the edge of the screen, not wrapped\", 42)\n}\n```\nThen push.",
		"> *quoted* text that is long enough to go on in another line of the quote on most screens, but not on all\n> more\nAn answer.",
		"```ls -l\nno language```",
		"```haiku\nan unknown language\n```",
		"See https://example.org/a_b_c?q=*x* (or https://example.org/a/much/longer/path/that/does/not/fit/beside/other/text).",
		"- one\n- `two`\n1. three",
		"It was edited *here*",
	} {
		c.post(chat.UserID(1+i%3), []string{"ann", "bob", "christopher-robin"}[i%3], body, start.Add(time.Duration(i)*time.Minute))
	}
	c.messages[len(c.messages)-1].EditedAt = start.Add(time.Hour)
	return c
}

func TestGoldenMarkup(t *testing.T) {
	for _, size := range []struct{ w, h int }{{120, 40}, {80, 45}, {40, 60}, {20, 6}} {
		name := fmt.Sprintf("markup-%dx%d", size.w, size.h)
		t.Run(name, func(t *testing.T) {
			golden(t, name, newScreen(t, markedUp(), size.w, size.h).text())
		})
	}
	for name, environ := range map[string][]string{
		"256":     nil,
		"16":      {"TERM=xterm"},
		"nocolor": {"NO_COLOR=1"},
		"ascii":   {"TERM=linux"},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, "markup-styles-"+name, newScreen(t, markedUp(), 80, 45, environ...).model.Frame().String())
		})
	}
}

func TestMarkupCanBeTurnedOff(t *testing.T) {
	typed := func(s *testScreen) bool {
		if frame := s.model.Frame().String(); !strings.Contains(frame, ";https://example.org/a_b_c?q=*x*\x1b\\") {
			t.Errorf("a link is not drawn as one:\n%q", frame)
		}
		return strings.Contains(s.text(), "*bold*") && strings.Contains(s.text(), "```go")
	}
	s := newScreen(t, markedUp(), 120, 50)
	if typed(s) {
		t.Fatalf("signs are shown:\n%s", s.text())
	}
	s.typeText("/settings markup off")
	s.enter()
	if !typed(s) {
		t.Errorf("no signs are shown:\n%s", s.text())
	}
	s.typeText("/settings markup on")
	s.enter()
	if typed(s) {
		t.Errorf("signs are shown again:\n%s", s.text())
	}
	// A screen that opens later follows.
	c := markedUp()
	c.set = map[string]string{setting.Preference(setting.Markup): setting.Off}
	if s := newScreen(t, c, 120, 50); !typed(s) {
		t.Errorf("no signs are shown on another screen:\n%s", s.text())
	}
	// A setting that could not be stored is reversed.
	s.chat.refusal = chat.Refuse(chat.ErrNotAllowed, "No.")
	s.typeText("/settings markup off")
	s.enter()
	if typed(s) {
		t.Errorf("it is off although that was refused:\n%s", s.text())
	}
}

func TestCopyingAMessage(t *testing.T) {
	s := newScreen(t, markedUp(), 80, 30)
	s.press(tea.Key{Code: tea.KeyEscape})
	for range 6 {
		s.press(tea.Key{Code: tea.KeyUp})
	}
	s.typeText("y")
	want := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(s.chat.messages[1].Body)) + "\a"
	if got := strings.Join(s.raw, ""); got != want {
		t.Errorf("copied %q, want %q", got, want)
	}
	if !strings.Contains(s.text(), "Sent to your clipboard") {
		t.Errorf("nothing is said:\n%s", s.text())
	}
	// A long line of code is cut on the screen, but not in the clipboard.
	if !strings.Contains(s.chat.messages[1].Body, "not wrapped") || strings.Contains(s.text(), "not wrapped") {
		t.Errorf("the line is not cut:\n%s", s.text())
	}
	// While a deletion has to be confirmed, y confirms it and does not copy.
	s = newScreen(t, markedUp(), 80, 30)
	s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyUp})
	s.typeText("d")
	s.typeText("y")
	if len(s.raw) > 0 {
		t.Errorf("y copied %q instead of deleting", s.raw)
	}
	old := newScreen(t, markedUp(), 80, 30, "TERM=vt100")
	old.typeText("/copy")
	old.enter()
	if len(old.raw) > 0 || !strings.Contains(old.text(), "Your terminal does not let programs") {
		t.Errorf("an old terminal was sent %q:\n%s", old.raw, old.text())
	}
	if s.model.copy(strings.Repeat("x", clipboardLimit+1)) != nil || !strings.Contains(s.model.notice, "too long") {
		t.Errorf("too long a text is copied: %s", s.model.notice)
	}
}

func TestListingLinks(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 12}, {20, 6}} {
		name := fmt.Sprintf("links-%dx%d", size.w, size.h)
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, markedUp(), size.w, size.h)
			s.typeText("/links") // of the newest message that has any
			s.enter()
			golden(t, name, s.model.Frame().String())
			s.press(tea.Key{Code: tea.KeyDown})
			golden(t, name+"-second", s.model.Frame().String())
			s.enter()
			want := base64.StdEncoding.EncodeToString([]byte("https://example.org/a/much/longer/path/that/does/not/fit/beside/other/text"))
			if got := strings.Join(s.raw, ""); !strings.Contains(got, want) || s.model.overlay.Covers() {
				t.Errorf("copied %q:\n%s", got, s.text())
			}
		})
	}
	s := newScreen(t, markedUp(), 80, 30)
	s.press(tea.Key{Code: tea.KeyEscape})
	s.typeText("o")
	if !strings.Contains(s.text(), "This message has no link.") {
		t.Errorf("a message without links has a page of them:\n%s", s.text())
	}
}
