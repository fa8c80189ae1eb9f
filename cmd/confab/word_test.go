package main

import (
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/testkit"
)

// host runs a command of the host's on the server's data folder.
func (s *server) host(args ...string) string {
	s.t.Helper()
	out, stderr, status := confab(s.t, "", append(args, "--data", s.dir)...)
	if status != 0 {
		s.t.Fatalf("confab %s: status %d, %s", strings.Join(args, " "), status, stderr)
	}
	return out
}

// script runs a command of a person's, and returns what it writes and its status.
func (s *server) script(key gossh.Signer, command string) (out string, status int) {
	s.t.Helper()
	c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: command})
	status = c.status()
	return c.received() + c.stderr.String(), status
}

// Each account is shown a new message of the day once, on the screen or in lines, and again
// when it asks for it. Scripts do not get it.
func TestMessageOfTheDay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir)
	bob := s.connect(bobKey)
	s.host("motd", "Backups run at noon.\nCake in the kitchen.")
	bob.shows("There is a new message of the day: /motd shows it.")
	if out, status := s.script(annKey, "list"); status != 0 || strings.Contains(out, "Cake") {
		t.Errorf("a script gets %q, status %d", out, status)
	}
	ann := s.connect(annKey)
	ann.shows("Message of the day")
	ann.shows("Cake in the kitchen.")
	ann.press("hello" + keyEnter) // closes it, and is not lost
	bob.shows("hello")
	ann.hides("Cake")
	ann.say("/quit")
	ann.status()
	toldOnDisk(t, dir, "ann", chat.WordMotd)
	ann = s.connect(annKey)
	ann.say("back")
	bob.shows("back")
	ann.hasNotShown("Cake")
	ann.say("/motd")
	ann.shows("Cake in the kitchen.")
	ann.press(keyEscape)
	bob.say("/motd")
	bob.shows("Cake in the kitchen.")
	bob.press("q")
	bob.hides("Cake")

	if _, stderr, status := confab(t, "No cake today.\n", "motd", "-", "--data", dir); status != 0 {
		t.Fatalf("a text from standard input: status %d, %s", status, stderr)
	}
	one := s.plain(options{keys: []gossh.Signer{bobKey}, exec: "plain"})
	if got := one.received()[:one.heard]; !strings.Contains(got, "Message of the day\r\nNo cake today.\r\n") {
		t.Errorf("plain mode begins with %q", got)
	}
	one.say("/quit")
	one.status()
	two := s.plain(options{keys: []gossh.Signer{bobKey}, exec: "plain"})
	if got := two.received()[:two.heard]; strings.Contains(got, "No cake") {
		t.Errorf("plain mode says again %q", got)
	}
	two.say("/motd")
	two.hears("No cake today.")
	s.host("motd", "--remove")
	if _, stderr, status := confab(t, "", "motd", "--data", dir); status != 0 || !strings.HasPrefix(stderr, "There is no message of the day.") {
		t.Errorf("after it was removed, the host reads %q, status %d", stderr, status)
	}
}

// Owners and admins announce something on their screens. People who are there see it at once,
// and the others once when they come back.
func TestAnnouncement(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey, carlKey := enrol(t, dir, "ann"), enrol(t, dir, "bob"), enrol(t, dir, "carl")
	s := startServer(t, dir)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.say("/announce free beer")
	bob.shows("Only owners and admins of this server can do that.")
	bob.press(keyCtrlU)
	bob.say("/dm me")
	bob.shows("(you)")
	ann.say("/announce We move on Friday.")
	ann.shows("ann tells everybody: We move on Friday.")
	bob.shows("ann tells everybody: We move on Friday.")
	bob.say("/quit")
	bob.status()
	carl := s.connect(carlKey)
	carl.shows("Announcement")
	carl.shows("We move on Friday.")
	carl.press(keyEscape)
	carl.hides("Esc closes")
	toldOnDisk(t, dir, "carl", chat.WordAnnouncement)
	toldOnDisk(t, dir, "bob", chat.WordAnnouncement)
	for _, key := range []gossh.Signer{carlKey, bobKey} {
		again := s.connect(key)
		again.settled()
		again.hasNotShown("Esc closes")
		again.say("/motd")
		again.shows("Esc closes")
		again.shows("We move on Friday.")
	}
	ann.say("/audit")
	ann.shows("announce #general")
}

// People accept the rules before they join, and are shown new ones once.
func TestRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey := enrol(t, dir, "ann")
	rules := filepath.Join(dir, "rules.txt")
	rewrite(t, rules, "Be kind.\n\nNo adverts.\n")
	s := startServer(t, dir, "--rules-file", rules, "--join=open")
	ann := s.connect(annKey)
	ann.shows("The rules of this server")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	bob := s.ssh(options{user: "bob", keys: []gossh.Signer{testkit.Signer(t)}})
	bob.shows("The rules of this server")
	bob.shows("No adverts.")
	bob.shows("Enter: I accept them")
	bob.press("x" + keyEnter)
	bob.shows("To join, choose the name that others will know you by.")
	bob.press(keyEnter)
	bob.shows("bob  ? help")
	bob.opened()
	bob.settled()
	bob.hasNotShown("Esc closes")
	bob.say("hello")
	ann.shows("hello")

	rewrite(t, rules, "Be kind, and quiet.\n")
	s.reload(`"changed":["rules-file"]`)
	bob.shows("This server has new rules: /rules shows them.")
	bob.say("/rules")
	bob.shows("Be kind, and quiet.")
	s.host("rules", "Be quiet.")
	s.reload(`"changed":[]`)
	if got := s.host("rules"); got != "Be quiet.\n" {
		t.Errorf("after a reload the rules are %q", got)
	}
	carl := &listener{client: s.ssh(options{user: "carl", keys: []gossh.Signer{testkit.Signer(t)}, exec: "plain"})}
	carl.hears("The rules of this server, which you accept by joining:")
	carl.hears("Be quiet.")
	carl.say("")
	carl.hears("This is confab in plain mode.")
	carl.hears("#general;")
	carl.say("hello from carl")
	ann.shows("hello from carl")
}

// During maintenance only owners and admins of the server write.
func TestMaintenance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	s.host("maintenance", "on", "The disk is replaced.")
	const why = "The server is read-only for maintenance: The disk is replaced"
	for _, c := range []*client{ann, bob} {
		c.shows(" " + why)
	}
	bob.shows("› " + why)
	bob.press("I object" + keyEnter)
	bob.shows("You can read everything")
	ann.say("patience")
	bob.shows("patience")
	for _, command := range []string{"send '#general' now", "new ops", "send @ann hello"} {
		if out, status := s.script(bobKey, command); status != exitRefused || !strings.Contains(out, why+". You can read everything meanwhile; try again later.\n") {
			t.Errorf("%s says %q, status %d", command, out, status)
		}
	}
	if out, status := s.script(bobKey, "history '#general'"); status != 0 || !strings.Contains(out, "patience") {
		t.Errorf("reading says %q, status %d", out, status)
	}
	s.host("backup", filepath.Join(t.TempDir(), "b.tar"))
	s.host("maintenance", "off")
	bob.shows("The maintenance is over: everybody can write again.")
	bob.press(keyEnter)
	ann.shows("I object")
	ann.hides(why)
}
