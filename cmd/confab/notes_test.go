package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// /dm me keeps notes that nobody else sees. They have no ticks, are never unread, and
// scripts use them too.
func TestNotesToYourself(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	other := s.connect(keys[0]) // another screen of ann's
	ann.say("/dm me buy milk, @ann")
	ann.shows("@ann (you)")
	ann.until("the note without a tick", func(screen string) bool {
		row, there := rowWith(screen, "buy milk")
		return there && strings.HasSuffix(row, "buy milk, @ann")
	})
	other.shows("@ann (you)") // in the list, with no count
	if e, _ := entryOf(other.text(), "@ann"); e.unread != "(you)" {
		t.Errorf("the note is unread: %q", e.unread)
	}
	ann.say("/info")
	ann.shows("No receipts")
	ann.press(keyEscape)
	ann.hides("No receipts")
	run := func(command, want string, status int) {
		t.Helper()
		c := s.ssh(options{keys: []gossh.Signer{keys[0]}, exec: command, noPTY: true})
		if got := c.status(); got != status || !strings.Contains(c.received(), want) {
			t.Errorf("%s: status %d, %q %s; want %q", command, got, c.received(), c.stderr.String(), want)
		}
	}
	run("send @me from a script", "", 0)
	ann.shows("from a script")
	run("tail @me", "\tann\tfrom a script\t", 0)
	run("history @ann", "\tann\tbuy milk, @ann\t", 0)
	run("search milk --in @me", "\t@ann\tann\tbuy milk, @ann\t", 0)
	run("list", "@ann\t0\t", 0)
	run("unread", "", 1)
	bob.say("/dm ann")
	bob.isIn("@ann")
	bob.shows("No messages yet")
	bob.say("/search milk")
	bob.shows("Nothing found.")
}
