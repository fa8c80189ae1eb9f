package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// What people type in other chats works here too.
func TestHabits(t *testing.T) {
	t.Parallel()
	s, k, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("/me waves at @bob")
	ann.showsSent("* ann waves at @bob")
	bob.shows("* ann waves at @bob")
	// Scripts get what was typed, and people at a terminal what the screen shows.
	history := s.ssh(options{keys: k[1:], exec: "history '#general'", noPTY: true})
	if status := history.status(); status != 0 || !strings.Contains(history.received(), "\tann\t/me waves at @bob\t") {
		t.Errorf("a script reads %q, status %d", history.received(), status)
	}
	s.ssh(options{keys: k[1:], exec: "history '#general'"}).shows("ann  * ann waves at @bob")
	if status := s.ssh(options{keys: k[1:], exec: "send '#general' '/me waves back'"}).status(); status != 0 {
		t.Errorf("a script sends with status %d", status)
	}
	ann.shows("* bob waves back")

	ann.say("/msg bob hi there")
	ann.isIn("@bob")
	ann.showsSent("hi there")
	bob.lists("@ann", "1")
	ann.say("/whois @bob")
	ann.shows("writes to them")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	ann.say("/help q")
	ann.shows("leave; also /exit, /q")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	// A command that does not exist suggests another one, and the next slash begins anew.
	ann.say("/membres")
	ann.shows("There is no command /membres. Did you mean /members?")
	ann.press("/new crew", keyEnter)
	ann.isIn("#crew")
	ann.say("/invite @bob")
	ann.shows("ann invited bob")
	ann.say("/part")
	ann.until("#crew to be gone from the list", func(screen string) bool { return !strings.Contains(screen, "#crew  ") })
	ann.say("/exit")
	if status := ann.status(); status != 0 {
		t.Errorf("it ends with status %d", status)
	}
}

// /clear hides what is there, and nobody learns that anything was read.
func TestClear(t *testing.T) {
	t.Parallel()
	s, k, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("before that")
	bob.shows("before that")
	bob.say("/clear")
	bob.hides("before that")
	bob.shows("Cleared. Scroll up, or come back here, to see the messages again.")
	ann.say("after that")
	bob.shows("after that")
	bob.hides("before that")
	bob.press(keyPageUp)
	bob.shows("before that")
	again := s.ssh(options{keys: []gossh.Signer{k[1]}})
	again.shows("before that")
}
