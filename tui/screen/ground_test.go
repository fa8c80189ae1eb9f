package screen

import (
	"strings"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
)

// The model is told the terminal's background as soon as the terminal answers, and again
// when its colours have changed. No frame waits for the answer, and one question waits for
// the answer to the last one.
func TestTheTerminalIsAskedForItsBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []bool
		model := &logger{react: func(msg tea.Msg) tea.Cmd {
			if g, ok := msg.(GroundMsg); ok {
				told = append(told, g.Dark)
			}
			return nil
		}}
		h := newHost(t, model)
		h.ask = true
		h.start()
		h.shows()
		asked := func(want int) {
			t.Helper()
			synctest.Wait()
			h.client.mu.Lock()
			defer h.client.mu.Unlock()
			if n := strings.Count(h.client.sent.String(), askGround); n != want {
				t.Errorf("it is asked %d times, want %d", n, want)
			}
		}
		asked(1)
		h.press("\x1b]11;rgb:0000/0000/0000\x1b\\")
		h.press("\x1b[?997;2n")
		asked(2)
		h.press("\x1b[?997;2n\x1b[?997;1n")
		asked(2)
		h.press("\x1b]11;rgb:ffff/ffff/ffff\a")
		h.press("x")
		h.shows()
		if len(told) != 2 || !told[0] || told[1] {
			t.Errorf("the model is told of dark backgrounds: %v", told)
		}
		h.cancel(errClosed)
		h.end()
		if sent := h.client.sent.String(); strings.Count(sent, tellScheme) != 1 || !strings.Contains(sent, "\x1b[?2031l") {
			t.Errorf("reports of changes stay on: %q", sent)
		}
	})
}

// Terminals that would show the question as text are not asked.
func TestOldTerminalsAreNotAskedForTheirBackground(t *testing.T) {
	for term, want := range map[string]bool{"": true, "xterm-256color": true, "screen": true, "linux": false, "vt100": false, "eterm-color": false, "dumb": false} {
		if got := SkipsStrings(term); got != want {
			t.Errorf("%q: %v", term, got)
		}
	}
}

func TestWhatIsDark(t *testing.T) {
	for answer, want := range map[string]GroundMsg{
		"rgb:0000/0000/0000": {true}, "rgb:1e1e/1e1e/2e2e": {true}, "rgb:2e/34/40": {true}, "rgb:ffff/ffff/ffff": {false}, "rgb:eeee/e8e8/d5d5": {false},
		"rgba:ffff/ffff/ffff/8080": {false}, "#282a36": {true},
	} {
		if got, ok := groundOf([]byte(groundBegin + answer + "\a")); !ok || got != want {
			t.Errorf("%s: %v, %v", answer, got, ok)
		}
	}
	for _, answer := range []string{"", "?", "rgb:", "rgb:1/2"} {
		if got, ok := groundOf([]byte(groundBegin + answer + "\a")); ok {
			t.Errorf("%q: %v", answer, got)
		}
	}
}
