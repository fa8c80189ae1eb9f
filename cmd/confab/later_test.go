package main

import (
	"fmt"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// Reminders and scheduled messages outlast the death of the server. Those that became due
// meanwhile come when it runs again: the reminder to its user alone, also on the next
// connection, and the message to everybody, once.
func TestLaterOutlastsKill9(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann := c[0]
	ann.say("/send tomorrow at 9 not today")
	ann.shows(" 09:00. /later lists")
	// On a slow machine, the time may have passed before the server has it. It may also pass
	// before the answer is drawn, and what is due is drawn in its place.
	soon := func(command, answer string, due func(screen string) bool) {
		t.Helper()
		for wait, late := 5, true; late; wait *= 2 {
			ann.say(fmt.Sprintf(command, wait))
			ann.until(answer, func(screen string) bool {
				late = strings.Contains(screen, "That time has passed already")
				return late || strings.Contains(screen, answer) || due(screen)
			})
			if late {
				ann.press(keyCtrlU)
				ann.hides("That time has passed already")
			}
		}
	}
	soon("/remind me in %ds to call the plumber", "You will be reminded ", func(screen string) bool { return strings.Contains(screen, "1 due") })
	soon("/send in %ds the build is green", "This goes to #general ", func(screen string) bool {
		_, posted := rowWith(screen, "the build is green")
		return posted
	})
	s.kill()
	again := s.restart()
	// The time may pass before or after this.
	ann = again.connect(keys[0])
	bob := again.connect(keys[1])
	bob.shows("the build is green")
	ann.shows("the build is green")
	ann.shows("1 due")
	ann.hangUp()
	ann = again.connect(keys[0])
	ann.shows("Reminder: call the plumber")
	ann.shows("1 due")
	bob.hides("plumber")
	ann.say("/later")
	ann.shows("due since")
	ann.shows("goes to #general")
	ann.press("d")
	ann.hides("plumber")
	ann.press("q")
	ann.hides("1 due")
	run := func(command, want string, status int) {
		t.Helper()
		c := again.ssh(options{keys: []gossh.Signer{keys[0]}, exec: command, noPTY: true})
		if got := c.status(); got != status || !strings.Contains(c.received()+c.stderr.String(), want) {
			t.Errorf("%s: status %d, %s%s; want %q", command, got, c.received(), c.stderr.String(), want)
		}
	}
	run("later", "waiting", 0)
	run("later cancel 1", "cancelled", 0)
	run("later cancel 1", "No reminder and no scheduled message", 4)
	run("remind sometime to call", "Begin with a time", 1)
	run("send --at 'tomorrow at 9 or so' '#general' hello", "--at takes only a time", 2)
	// On a slow machine, the time may have passed before the message is on disk.
	for wait := 1; ; wait *= 2 {
		c := again.ssh(options{keys: []gossh.Signer{keys[0]}, exec: fmt.Sprintf("send --at 'in %ds' '#general' from a script", wait), noPTY: true})
		status := c.status()
		if status == 0 && strings.Contains(c.received(), "waiting") {
			break
		}
		if !strings.Contains(c.stderr.String(), "That time has passed already") || wait > 100 {
			t.Fatalf("a script sends later with status %d: %s%s", status, c.received(), c.stderr.String())
		}
	}
	bob.shows("from a script")
	for _, text := range []string{"the build is green", "from a script"} {
		if n := strings.Count(bob.text(), text); n != 1 {
			t.Errorf("bob sees %q %d times", text, n)
		}
	}
}
