package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// A reply shows, on all screens and to scripts, the message that it answers as that is
// now. Enter goes to that message, and Esc comes back.
func TestRepliesOnAllScreens(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("Is the build green?")
	ann.say("and the tests?")
	bob.shows("and the tests?")
	for _, text := range numbered("something else", 60) {
		ann.say(text)
	}
	bob.shows("something else 060")
	bob.say("/select")
	bob.shows("r: reply")
	bob.press("\x1b[H")
	bob.shows("Is the build green?")
	bob.press("r")
	bob.shows("Reply to ann: Enter sends")
	bob.say("since noon")
	for _, o := range []*client{ann, bob} {
		o.shows("since noon")
		o.shows("> ann: Is the build green?")
	}
	if screen := ann.text(); strings.Index(screen, "> ann: Is") > strings.Index(screen, "since noon") {
		t.Errorf("the quote is not above the reply:\n%s", screen)
	}

	// The quote follows an edit, and a deletion leaves nothing of the text.
	script := func(command string) string {
		t.Helper()
		c := s.ssh(options{keys: keys[:1], exec: command, noPTY: true})
		if status := c.status(); status != 0 {
			t.Fatalf("%s: status %d, %s", command, status, c.stderr.String())
		}
		return c.received()
	}
	ann.say("/select")
	ann.shows("r: reply")
	ann.press(keyEnter)
	ann.shows("This is the message that the reply answers")
	ann.shows("and the tests?")
	ann.hides("since noon")
	ann.press("e")
	ann.shows("› Is the build green?")
	ann.press(keyCtrlU, "Is it green?", keyEnter)
	bob.shows("> ann: Is it green?")

	// Esc goes back to the reply.
	bob.say("/select")
	bob.shows("r: reply")
	bob.press(keyEnter)
	bob.shows("Is it green? (edited)")
	bob.hides("since noon")
	bob.press(keyEscape)
	bob.shows("since noon")
	bob.press(keyEscape)
	bob.hides("Selecting")

	ann.press(keyEnd)
	ann.shows("> ann: Is it green?")
	ann.say("/reply fine")
	bob.shows("> bob: since noon")
	ann.say("/select")
	ann.shows("r: reply")
	ann.press("\x1b[A", keyEnter)
	ann.shows("and the tests?")
	ann.press("d")
	ann.shows("y/n")
	ann.press("y")
	bob.shows("> ann: deleted")
	bob.hides("> ann: Is it green?")
	if out := script("history --json '#general'"); !strings.Contains(out, `"reply_to"`) || strings.Contains(out, "Is it green?") {
		t.Errorf("a script gets %s", out)
	}
	late := s.ssh(options{keys: []gossh.Signer{keys[1]}})
	late.shows("> ann: deleted")
	late.shows("> bob: since noon")
	late.hides("Is it green?")
}
