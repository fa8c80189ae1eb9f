package main

import (
	"net"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// With --ssh-address, the lines to send have the address that works elsewhere, also for a
// client on the server's own machine.
func TestTheFirstScreenHasTheServersAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"chat.example.org:2200": "ssh -p 2200 CODE@chat.example.org", "chat.example.org:22": "ssh CODE@chat.example.org"} {
		dir := t.TempDir()
		annKey := enrol(t, dir, "ann")
		ann := startServer(t, dir, "--ssh-address", address).connect(annKey)
		ann.shows(want)
		ann.say("/invite")
		ann.shows("A code to join")
		ann.shows("@chat.example.org")
		ann.hangUp()
	}
}

// Until people have written something, their screens say who they are, who is here and how
// others get in, with the lines to run and to send.
func TestTheFirstScreen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir)
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	ann := s.connect(annKey)
	for _, want := range []string{
		"You are ann, the owner of this server.", "confab serve ", " --listen :" + port, "ssh -p " + port + " HOST", "ssh -p " + port + " CODE@HOST", "/requests", "Ctrl+K",
	} {
		ann.shows(want)
	}
	bob := s.connect(bobKey)
	bob.shows("You are bob.")
	bob.shows("these people were here: @ann.")
	if strings.Contains(bob.text(), "/invite") {
		t.Errorf("a member is told to invite people:\n%s", bob.text())
	}
	bob.press(keyCtrlD)
	bob.status()

	bob = s.connect(bobKey)
	bob.shows("You are bob.") // nothing was written yet
	bob.say("hello")
	bob.showsSent("hello")
	bob.hides("You are bob.")
	ann.shows("hello")
	ann.shows("You are ann")
	s.kill()
	s = s.restart()
	bob = s.connect(bobKey)
	bob.shows("hello")
	bob.settled()
	if strings.Contains(bob.text(), "You are bob.") {
		t.Errorf("bob is greeted again:\n%s", bob.text())
	}
	ann = s.connect(annKey)
	ann.shows("You are ann")
	if c := s.ssh(options{keys: []gossh.Signer{annKey}, exec: "send '#general' by a command", noPTY: true}); c.status() != 0 {
		t.Errorf("sending failed: %s", c.stderr.String())
	}
	ann.shows("by a command")
	ann.hides("You are ann")
}

// Letters that are written from right to left are isolated, so that no terminal orders
// names and times differently. A terminal that may show the isolates gets none.
func TestTextFromRightToLeftIsIsolated(t *testing.T) {
	t.Parallel()
	const text = "שלום עולם 12"
	s, annKey, _ := history(t, text)
	for name, answers := range map[string]bool{"it has answered": true, "it has not": false} {
		t.Run(name, func(t *testing.T) {
			c := s.ssh(options{keys: []gossh.Signer{annKey}, answers: answers})
			c.t = t
			c.shows("12")
			if answers {
				c.until("the isolate", func(string) bool { return strings.Contains(c.received(), "\u2068"+text+"\u2069") })
			}
			c.press("ערב טוב") // what is being written is beside the list of conversations
			c.shows("טוב")
			if answers {
				c.until("the isolate in the composer", func(string) bool { return strings.Contains(c.received(), "\u2068ערב טוב\u2069") })
			}
			c.settled()
			if !answers && strings.Contains(strings.ReplaceAll(c.received(), "\u2068\u2069", ""), "\u2068") {
				t.Error("there are isolates that the terminal may show")
			}
			isHarmless(t, c)
			c.press(keyCtrlU, keyCtrlD)
			c.status()
		})
	}
}
