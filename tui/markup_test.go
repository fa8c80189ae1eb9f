package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
	// A setting that could not be kept is taken back.
	s.chat.refusal = chat.Refuse(chat.ErrNotAllowed, "No.")
	s.typeText("/settings markup off")
	s.enter()
	if typed(s) {
		t.Errorf("it is off although that was refused:\n%s", s.text())
	}
}
