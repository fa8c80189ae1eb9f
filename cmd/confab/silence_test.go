package main

import (
	"strings"
	"testing"
)

// A silenced person reads, and is told at once why they cannot write, and when they can.
func TestSilence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob") // ann is the owner
	s := startServer(t, dir)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	ann.say("/silence @bob 2h too loud")
	ann.shows("@bob is silenced until ")
	const silenced = "You can read but not write on this server until "
	bob.shows(silenced)
	ann.say("listen")
	bob.shows("listen")
	bob.shows("› " + silenced) // in the empty composer
	bob.press("I object" + keyEnter)
	bob.shows(" UTC (too loud): ask")
	bob.shows("I object") // in the composer
	ann.say("/bans")
	ann.shows("silenced until ")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	ann.say("/unsilence @bob")
	bob.shows("You can write again: you are no longer silenced.")
	bob.press(keyEnter)
	ann.shows("I object")
	out, stderr, status := confab(t, "", "users", "silence", "bob", "--data", dir)
	if status != 0 || !strings.Contains(out, "@bob is silenced until lifted.") {
		t.Errorf("status %d, %q, %q", status, out, stderr)
	}
	bob.shows("You can read but not write on this server: ask its host about it.")
}

// The header and the composer say that a group is read-only or slow. A message that comes
// too early in slow mode stays in the composer.
func TestReadOnlyAndSlowMode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	ann.say("/settings read-only on")
	bob.shows("ann changed the settings: read-only is on")
	bob.shows("#general (read-only)")
	const managers = "Only owners and admins can write in #general."
	bob.shows(managers)
	ann.say("the news")
	bob.shows("the news")
	ann.say("/settings read-only off")
	bob.hides(managers)
	ann.say("/settings slow 1h")
	bob.shows("#general (slow 1h)")
	bob.shows("Slow mode: one message every 1h")
	bob.say("the first")
	ann.shows("the first")
	bob.press("the second" + keyEnter)
	bob.shows("#general is in slow mode, with one message every 1h: you can send the next one in 60 minutes.")
	bob.shows("the second")
	ann.say("/settings slow off")
	bob.shows("ann changed the settings: slow is off")
	bob.press(keyEnter)
	ann.shows("the second")
	ann.say("as often")
	ann.say("as I like")
	bob.shows("as I like")
}
