package main

import (
	"fmt"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// Notifications come for direct messages, mentions and keywords, in the way that suits the
// terminal, and not while the user wants none.
func TestNotifications(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	rings := func(what string, n int) {
		t.Helper()
		bob.until(what, func(string) bool { return strings.Count(bob.received(), "\x1b]9;New message from ann\a") == n })
	}
	bob.say("/settings notify osc9")
	bob.shows("notify is osc9.")
	// The very first direct message rings, too.
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("first")
	rings("the first direct message to ring", 1)
	bob.say("/dnd 2h")
	bob.shows("Notifications are off until")
	bob.shows("dnd until ")
	again := s.connect(keys[1])
	again.shows("dnd until ")
	again.say("/notify")
	again.shows("Not now: /dnd off ends that.")
	again.say("/notify deploy")
	again.shows("messages with the word deploy.")
	for has := false; !has; { // what is set on one screen comes to the other a moment later
		bob.say("/notify")
		bob.until("the answer", func(screen string) bool {
			has = strings.Contains(screen, "these words: deploy.")
			return has || strings.Contains(screen, "direct messages and mentions.")
		})
		bob.settled() // so the answer has gone
	}
	// In do-not-disturb nothing rings. It ends on all screens when a script ends it.
	ann.say("not now")
	bob.lists("@ann", "2")
	script := s.ssh(options{keys: []gossh.Signer{keys[1]}, exec: "dnd off", noPTY: true})
	if got := script.status(); got != 0 || script.received() != "off\t\n" {
		t.Errorf("status %d: %q", got, script.received())
	}
	for _, screen := range []*client{bob, again} {
		screen.hides("dnd until ")
	}
	rings("do-not-disturb to keep quiet", 1)
	bob.say("/notify remove deploy")
	bob.shows("no longer notified of deploy.")
}

// A group to which somebody else has added the user is unread on all screens until one of
// them opens it. The user is notified, and so are scripts.
func TestAddedToAGroup(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	bob.say("/settings notify osc9")
	bob.shows("notify is osc9.")
	bob.say("/dm ann hello")
	bob.isIn("@ann")
	bob.showsSent("hello")
	ann.say("/dm bob hello too") // now they know each other
	bob.shows("hello too")
	ann.edge("hello too", "✔✔ B")
	phone := s.connect(keys[1])
	ann.say("/new design @bob")
	for _, screen := range []*client{bob, phone} {
		screen.shows("ann added you to #design.")
		screen.lists("#design", "new")
	}
	bob.until("the addition to ring", func(string) bool {
		return strings.Count(bob.received(), "\x1b]9;ann added you to #design\a") == 1
	})
	script := s.ssh(options{keys: []gossh.Signer{keys[1]}, exec: "unread --json", noPTY: true})
	if got := script.status(); got != 0 || !strings.Contains(script.received(), `"added_by":"ann"`) {
		t.Errorf("status %d: %s", got, script.received())
	}
	late := s.connect(keys[1])
	late.shows("ann added you to #design.")
	late.press("\x1ba") // Alt+A
	late.isIn("#design")
	for _, screen := range []*client{bob, phone, late} {
		screen.lists("#design", "")
	}
	ann.say("/new other")
	ann.isIn("#other")
	ann.say("/add @bob")
	phone.lists("#other", "new")
	script = s.ssh(options{keys: []gossh.Signer{keys[1]}, exec: "read '#other'", noPTY: true})
	script.status()
	for _, screen := range []*client{bob, phone, late} {
		screen.lists("#other", "")
	}
}

// A session begins where the one before has ended, if the conversation is still there.
func TestWhereYouWere(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann := c[0]
	ann.isIn("#general")
	ann.say("/new ops")
	ann.isIn("#ops")
	texts := numbered("line", 60)
	for i, text := range texts {
		ann.say(text)
		if i == 40 {
			ann.showsSent(text)
		}
	}
	ann.showsSent(texts[59])
	ann.press(keyPageUp)
	ann.hides(texts[59])
	ann.press(keyCtrlD)
	ann.status()
	placeOnDisk(t, s.dir, "ann", "ops")
	ann = s.ssh(options{keys: []gossh.Signer{keys[0]}})
	ann.isIn("#ops")
	ann.shows(texts[20])
	if strings.Contains(ann.text(), texts[59]) {
		t.Error("the place is not the one that ann left")
	}
	ann.say("/settings start general")
	ann.shows("start is general.")
	ann.press(keyCtrlD)
	ann.status()
	ann = s.ssh(options{keys: []gossh.Signer{keys[0]}})
	ann.isIn("#general")
	ann.say("/settings start last")
	ann.shows("start is last.")
	ann.goes("#ops")
	ann.say("/leave")
	ann.isIn("#general")
	ann.press(keyCtrlD)
	ann.status()
	ann = s.ssh(options{keys: []gossh.Signer{keys[0]}})
	ann.isIn("#general")
}

// A reminder that is due rings, without its text.
func TestWhatIsDueRings(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann")
	ann := c[0]
	ann.say("/settings notify osc777")
	ann.shows("notify is osc777.")
	// On a slow machine, the time may have passed before the reminder is on disk.
	for wait, late := 1, true; late; wait *= 2 {
		ann.say(fmt.Sprintf("/remind me in %ds to stretch", wait))
		ann.until("the reminder", func(screen string) bool {
			late = strings.Contains(screen, "That time has passed already")
			return late || strings.Contains(screen, "Reminder: stretch")
		})
		if late {
			ann.press(keyCtrlU)
			ann.hides("That time has passed already")
		}
	}
	ann.until("the reminder to ring", func(string) bool {
		return strings.Count(ann.received(), "\x1b]777;notify;confab;A reminder is due: /later\a") == 1
	})
	ann.shows("1 due")
}
