package main

import (
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// until waits until the screen meets a condition.
func (c *client) until(what string, ok func(screen string) bool) {
	c.t.Helper()
	late := time.After(testkit.Patience)
	for {
		c.mu.Lock()
		screen, changed := c.screen.String(), c.changed
		c.mu.Unlock()
		if ok(screen) {
			return
		}
		select {
		case <-changed:
		case <-late:
			c.t.Fatalf("waited in vain for %s; the screen:\n%s\nstandard error:\n%s", what, screen, c.stderr.String())
		}
	}
}

// shows waits until a text is on the screen.
func (c *client) shows(text string) {
	c.t.Helper()
	c.until("the screen to show "+text, func(screen string) bool { return strings.Contains(screen, text) })
}

// hides waits until a text is not on the screen.
func (c *client) hides(text string) {
	c.t.Helper()
	c.until("the screen to hide "+text, func(screen string) bool { return !strings.Contains(screen, text) })
}

// hasNotShown checks that a text has never been on the screen, not even for a moment.
func (c *client) hasNotShown(text string) {
	c.t.Helper()
	if strings.Contains(c.received(), text) {
		c.t.Errorf("the screen has shown %q; now it is\n%s", text, c.text())
	}
}

// showsSent waits until a message of the user's own has its tick.
func (c *client) showsSent(text string) {
	c.t.Helper()
	c.until(text+" with a tick", func(screen string) bool {
		row, _ := rowWith(screen, text)
		return hasTick(row)
	})
}

// hasTick reports whether a row ends with a tick of the user's own messages. A
// marker may follow it.
func hasTick(row string) bool { return strings.ContainsAny(row, "✓✔") }

// rowWith returns the first row of the timeline that contains a text. The header and the text
// being typed do not count.
func rowWith(screen, text string) (string, bool) {
	for i, row := range strings.Split(screen, "\n") {
		if i == 0 {
			row, _, _ = strings.Cut(row, "│")
		}
		row = strings.TrimRight(row, " ")
		if strings.Contains(row, text) && !strings.Contains(row, "› ") {
			return row, true
		}
	}
	return "", false
}

// settled waits until all earlier keys have been handled: it types a text, sees it
// and deletes it again.
func (c *client) settled() {
	c.t.Helper()
	c.press("~~")
	c.shows("~~")
	c.press(keyBackspace, keyBackspace)
	c.hides("~~")
}

// status waits for the end and returns the exit status, or -1 for a connection that
// ended without one.
func (c *client) status() int {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(testkit.Patience):
		c.t.Fatalf("the session does not end; the screen:\n%s", c.text())
	}
	if c.err == nil {
		return 0
	}
	if exit, ok := errors.AsType[*gossh.ExitError](c.err); ok {
		return exit.ExitStatus()
	}
	return -1
}

// isRestored checks that the terminal is as it was before ssh, with only an exit
// message added.
func (c *client) isRestored() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !strings.HasPrefix(c.screen.String(), shellPrompt) {
		c.t.Errorf("what had been on the screen is not there again:\n%s", c.screen.String())
	}
	want := map[ansi.Mode]bool{ansi.ModeAutoWrap: true}
	got := maps.Clone(c.screen.Modes)
	// Synchronised output is on while a frame is drawn. The cursor is checked
	// separately.
	maps.DeleteFunc(got, func(m ansi.Mode, on bool) bool { return !on || m == ansi.ModeTextCursorEnable })
	if !maps.Equal(got, want) || c.screen.Hidden || c.screen.IsAltScreen() {
		c.t.Errorf("modes left on: %v, want %v; cursor hidden: %t; alternate screen: %t", got, want, c.screen.Hidden, c.screen.IsAltScreen())
	}
	// Modes that the emulator does not know come in pairs.
	raw := string(c.raw)
	for begin, end := range map[string]string{"\x1b[>1u": "\x1b[<u", "\x1b[22;2t": "\x1b[23;2t", "\x1b[?2026h": "\x1b[?2026l"} {
		if b, e := strings.Count(raw, begin), strings.Count(raw, end); b > e || b == 0 && begin != "\x1b[?2026h" {
			c.t.Errorf("%q was sent %d times and %q %d times", begin, b, end, e)
		}
	}
}
