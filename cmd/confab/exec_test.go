package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// "ssh -t host open TARGET" opens the screen in that conversation.
func TestOpenThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	enrol(t, dir, "bob")
	s := startServer(t, dir)
	if c := s.ssh(options{keys: []gossh.Signer{key}, exec: "new '#ops'"}); c.status() != 0 {
		t.Fatal(c.text())
	}
	ann := s.ssh(options{keys: []gossh.Signer{key}, exec: "open '#ops'"})
	ann.shows("ann made this group")
	ann.say("here")
	ann.showsSent("here")
	ann.press(keyCtrlD)
	if status := ann.status(); status != 0 {
		t.Errorf("it ends with status %d", status)
	}
	ann.isRestored()
	// The target may be someone without direct messages so far.
	ann = s.ssh(options{keys: []gossh.Signer{key}, exec: "open @bob"})
	ann.shows("? help")
	ann.shows("@bob")
	ann.say("psst")
	ann.showsSent("psst")
	ann.hangUp()
	c := s.ssh(options{keys: []gossh.Signer{key}, exec: "open '#nowhere'"})
	if status := c.status(); status != 4 || !strings.Contains(c.stderr.String(), "There is no such conversation") {
		t.Errorf("what is not there: status %d, %q", status, c.stderr.String())
	}
}

// On a terminal, which is raw, Ctrl+C ends tail -f.
func TestATailOnATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir)
	tail := s.ssh(options{keys: []gossh.Signer{key}, exec: "tail -f '#general'"})
	ann := s.connect(key)
	ann.say("first")
	tail.shows("  ann  first")
	tail.press("what is typed")
	ann.say("second")
	tail.shows("  ann  second")
	isHarmless(t, tail)
	tail.press(keyCtrlC)
	if status := tail.status(); status != 0 {
		t.Errorf("it ends with status %d", status)
	}
	// The end of the server ends them all.
	tail = s.ssh(options{keys: []gossh.Signer{key}, exec: "tail -f '#general'"})
	tail.shows("second")
	s.stop()
	if status := tail.status(); status != 1 || tail.stderr.String() != stoppingReason+"\r\n" {
		t.Errorf("it ends with status %d, %q", status, tail.stderr.String())
	}
}
