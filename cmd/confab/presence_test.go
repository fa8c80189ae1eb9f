package main

import (
	"fmt"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// A status is on the screens of others at once, ends with its time, with /back or from a
// script, and outlasts the death of the server.
func TestAway(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	bob.say("/dm ann hello")
	bob.isIn("@ann")
	bob.showsSent("hello")
	ann.say("/away at lunch for 2h")
	ann.shows("Others see you as away: at lunch until ")
	ann.shows("ann (away)")
	bob.shows("◐ away: at lunch until ")
	ann.say("still here")
	ann.showsSent("still here")
	bob.shows("away: at lunch until ")
	bob.say("/whois @ann")
	bob.shows("owner of the server, away: at lunch until ")
	bob.press(keyEscape)
	run := func(command, want string, status int) {
		t.Helper()
		c := s.ssh(options{keys: []gossh.Signer{keys[0]}, exec: command, noPTY: true})
		if got := c.status(); got != status || !strings.Contains(c.received()+c.stderr.String(), want) {
			t.Errorf("%s: status %d, %s%s; want %q", command, got, c.received(), c.stderr.String(), want)
		}
	}
	run("who", "ann\taway\tperson\tat lunch\t2", 0)
	run("away --until 'in 3h' in a meeting", "away\tin a meeting\t2", 0)
	bob.shows("away: in a meeting until ")
	run("away --until soon out", "--until takes a time", 2)
	run("away until 25:00", "no time that is still to come", 1)
	s.kill()
	s = s.restart()
	ann, bob = s.connect(keys[0]), s.connect(keys[1])
	bob.say("/dm ann")
	bob.shows("away: in a meeting until ")
	ann.shows("ann (away)")
	run("back", "back", 0)
	bob.hides("away: ")
	ann.hides("ann (away)")
	// On a slow machine, the time may have passed before the status is stored, or before bob's
	// screen is drawn.
	ann.goes("@bob")
	for wait, seen := 2, false; !seen; wait *= 2 {
		const set, late = "Others see you as away: almost there until ", "That time has passed already"
		ann.say(fmt.Sprintf("/away almost there for %ds", wait))
		ann.until("the answer", func(screen string) bool { return strings.Contains(screen, set) || strings.Contains(screen, late) })
		ann.press(keyCtrlU)
		ann.settled() // so the answer has gone
		said := fmt.Sprintf("for up to %d seconds", wait)
		ann.say(said)
		bob.until("the message after the status", func(screen string) bool {
			seen = seen || strings.Contains(screen, "away: almost there until ")
			return strings.Contains(screen, said)
		})
	}
	bob.hides("away: ") // by itself
	ann.hides("ann (away)")
}

// Several people who write at once are named, or counted.
func TestSeveralPeopleAreTyping(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob", "cyd", "dan")
	for i, want := range []string{"bob is typing…", "bob and cyd are typing…", "3 people are typing…"} {
		writing := c[1 : i+2]
		for _, o := range writing {
			o.press("x")
		}
		c[0].until("the screen to show "+want, func(screen string) bool {
			for _, o := range writing {
				o.press("x") // it shows for a few seconds
			}
			return strings.Contains(screen, want) || strings.Contains(screen, strings.Replace(want, "bob and cyd", "cyd and bob", 1))
		})
	}
}
