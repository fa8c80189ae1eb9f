package screen

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

func TestNotificationsSuitTheTerminal(t *testing.T) {
	const text = "4;1 a; b\x1b]0;x\a"
	for _, c := range []struct {
		kind  string
		names terminalNames
		want  string
	}{
		{NotifyAuto, terminalNames{}, "\a"},
		{NotifyAuto, terminalNames{version: "XTerm(388)", term: "xterm-256color"}, "\a"},
		{NotifyAuto, terminalNames{version: "kitty(0.35.1)"}, "\x1b]99;i=confab;4;1 a; b]0;x\a"},
		{NotifyAuto, terminalNames{term: "xterm-kitty"}, "\x1b]99;i=confab;4;1 a; b]0;x\a"},
		{NotifyAuto, terminalNames{version: "ghostty 1.0"}, "\x1b]777;notify;confab;4,1 a, b]0,x\a"},
		{NotifyAuto, terminalNames{program: "iTerm.app"}, "\x1b]9; 4;1 a; b]0;x\a"},
		{NotifyAuto, terminalNames{version: "tmux 3.4", term: "screen-256color"}, "\a"},
		{NotifyAuto, terminalNames{version: "tmux 3.4", program: "iTerm2"}, "\x1bPtmux;\x1b\x1b]9; 4;1 a; b]0;x\a\x1b\\\a"},
		{NotifyOSC777, terminalNames{term: "screen"}, "\x1bP\x1b]777;notify;confab;4,1 a, b]0,x\a\x1b\\\a"},
		{NotifyBell, terminalNames{version: "kitty"}, "\a"},
	} {
		if got := string(appendNotification(nil, Notification{c.kind, text}, c.names, false)); got != c.want {
			t.Errorf("%s on %+v is %q, want %q", c.kind, c.names, got, c.want)
		}
	}
	for _, kind := range []string{NotifyOSC9, NotifyOSC777, NotifyOSC99} {
		hostile := string(appendNotification(nil, Notification{kind, "\u041b]0;x\u0407 漢字 e\u0301"}, terminalNames{term: "screen.xterm-256color"}, false))
		if strings.ContainsFunc(hostile, func(r rune) bool { return r > '~' }) {
			t.Errorf("screen would change %q", hostile)
		}
	}
	long := notificationText(strings.Repeat("漢字 ", 100), false)
	if w := ansi.StringWidth(long); w > maxNotification {
		t.Errorf("it is %d cells wide", w)
	}
	if got := notificationText("漢字 é", true); strings.ContainsFunc(got, func(r rune) bool { return r > '~' }) {
		t.Errorf("in ASCII it is %q", got)
	}
}

// No part of the answer counts as typed, wherever it is cut and however late its parts
// come.
func TestALateAnswerIsNotTyped(t *testing.T) {
	for answer, want := range map[string]tea.Msg{
		"\x1bP>|kitty(0.35.1)\x1b\\":       VersionMsg("kitty(0.35.1)"),
		"\x1b]11;rgb:ffff/fafa/e0e0\x1b\\": GroundMsg{Dark: false},
		"\x1b]11;rgb:1c/1c/1c\a":           GroundMsg{Dark: true},
	} {
		for cut := range len(answer) {
			in := Input{asked: 2}
			msgs := in.Feed([]byte(answer[:cut]))
			if d := in.Timeout(); d > 0 && d <= escTimeout {
				msgs = append(msgs, in.Flush()...)
			}
			msgs = append(msgs, in.Feed([]byte(answer[cut:]+"x"))...)
			msgs = append(msgs, in.Flush()...)
			typed := ""
			var got tea.Msg
			for _, msg := range msgs {
				if key, ok := msg.(tea.KeyPressMsg); ok {
					typed += key.Text
				} else {
					got = msg
				}
			}
			// What came before the cut may be the key Alt+P or Alt+], which types nothing.
			if got != want || strings.TrimLeft(typed, "P]") != "x" {
				t.Errorf("%q, cut at %d, is %v, and %q is typed: %s", answer, cut, got, typed, fmt.Sprint(msgs))
			}
		}
	}
}
