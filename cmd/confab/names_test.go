package main

import (
	"strings"
	"testing"

	"confab/app/testkit"
)

// A new name appears everywhere at once, and display names appear in the details.
func TestNamesOnScreen(t *testing.T) {
	t.Parallel()
	s, ann, bob := twoPeople(t)
	ann.shows("No messages yet")
	ann.say("hello from me")
	bob.shows("hello from me")
	ann.say("/nick b0b")
	ann.shows("The name b0b looks like bob, which is taken")
	ann.press(keyCtrlU)
	ann.say("/nick anna")
	ann.shows("anna  ? help")
	bob.shows("anna was called ann before")
	bob.until("the message to have the new name", func(screen string) bool {
		row, _ := rowWith(screen, "hello from me")
		return strings.Contains(row, " anna ")
	})
	ann.say("/name Anna \x1b[31mBell")
	ann.shows("Display name set.")
	// Where there is room, it stands beside the handle on all screens, and never without it.
	for _, c := range []*client{ann, bob} {
		c.resize(160, 40)
		c.until("both names at the message", func(screen string) bool {
			row, _ := rowWith(screen, "hello from me")
			return strings.Contains(row, " anna (Anna Bell) ")
		})
		c.resize(80, 24)
		c.until("the handle alone at the message", func(screen string) bool {
			row, _ := rowWith(screen, "hello from me")
			return strings.Contains(row, " anna ") && !strings.Contains(row, "Bell")
		})
		c.resize(120, 40)
	}
	bob.say("/members")
	bob.shows("anna (Anna Bell)")
	bob.press(keyEscape)
	bob.hides("Members of")
	bob.say("/nick @anna")
	bob.shows("Only owners and admins of this server can do that")
	ann.say("/nick @anna")
	ann.shows("Names of anna")
	if _, stderr, status := confab(t, line(testkit.Signer(t)), "keys", "add", "--data", s.dir, "ann"); status == 0 || !strings.Contains(stderr, "belonged to somebody else until recently") {
		t.Errorf("the former name can be had: status %d, %q", status, stderr)
	}
}
