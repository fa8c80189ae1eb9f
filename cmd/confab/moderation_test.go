package main

import (
	"net"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// People who are kicked or banned, on a screen or by the host in another process,
// are out at once and are told why.
func TestModeration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob") // ann is the owner
	s := startServer(t, dir)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.say("/ban @ann")
	bob.shows("Only owners and admins of this server can do that.")
	bob.press(keyCtrlU)
	ann.say("/kick @bob off topic")
	bob.endsWith("ann has ended your session (off topic). You may connect again.")
	bob = s.connect(bobKey)
	ann.say("/ban @bob 2h spam")
	bob.endsWith("(spam): ask ann about it, or its host.")
	if text := s.turnsAway(bobKey); !strings.Contains(text, "You are banned from this server until ") {
		t.Errorf("who is banned is told %q", text)
	}
	ann.say("/bans")
	ann.shows("by ann: spam")
	ann.press(keyEscape)
	ann.hides("Esc closes")
	ann.say("/unban @bob")
	ann.shows("@bob is no longer banned.")
	bob = s.connect(bobKey)

	host := func(want string, args ...string) {
		t.Helper()
		out, stderr, status := confab(t, "", append(args, "--data", dir)...)
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("confab %s: status %d, %q, %q", strings.Join(args, " "), status, out, stderr)
		}
	}
	host("banned    SHA256:", "bans", "add", gossh.FingerprintSHA256(bobKey.PublicKey()), "a", "shared", "key")
	bob.endsWith("This key is banned from this server (a shared key): ask its host about it.")
	host("unbanned  SHA256:", "bans", "remove", gossh.FingerprintSHA256(bobKey.PublicKey()))
	bob = s.connect(bobKey)
	host("bob is disabled", "users", "disable", "bob")
	bob.endsWith("This account is disabled: ask the server's host about it.")
	if text := s.turnsAway(bobKey); !strings.Contains(text, "This account is disabled") {
		t.Errorf("who is disabled is told %q", text)
	}
	host("bob is enabled", "users", "enable", "bob")
	bob = s.connect(bobKey)
	host("bob is now admin", "users", "role", "bob", "admin")
	bob.say("/audit")
	bob.shows("user.kick bob: off topic")
	bob.shows("user.role bob: admin")
}

// endsWith waits until the session has ended and has said why.
func (c *client) endsWith(text string) {
	c.t.Helper()
	if status := c.status(); status != 1 {
		c.t.Errorf("exit status %d", status)
	}
	c.shows(text)
	c.isRestored()
}

// turnsAway connects someone who gets no chat, and returns the text that they see.
func (s *server) turnsAway(key gossh.Signer) string {
	s.t.Helper()
	c := s.ssh(options{keys: []gossh.Signer{key}})
	if status := c.status(); status != 1 {
		s.t.Errorf("exit status %d", status)
	}
	return c.text() + c.stderr.String()
}

// A client over a limit gets a message, before anything is agreed on.
func TestAFullServerSaysSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--max-connections=1")
	ann := s.connect(key)
	tcp, err := net.DialTimeout("tcp", s.addr, testkit.Patience)
	if err != nil {
		t.Fatal(err)
	}
	_ = tcp.SetDeadline(time.Now().Add(testkit.Patience))
	_, _, _, err = gossh.NewClientConn(tcp, s.addr, &gossh.ClientConfig{HostKeyCallback: gossh.InsecureIgnoreHostKey()})
	if err == nil || !strings.Contains(err.Error(), "This server is full. Try again in a few minutes.") {
		t.Errorf("it is told %v", err)
	}
	ann.shows("No messages yet")
	ann.say("all is well")
	ann.showsSent("all is well")
}

// People who paste line after line are slowed down and not disconnected.
func TestQuickLinesAreSlowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--max-messages=20", "--max-bytes=0")
	ann := s.connect(key)
	ann.shows("No messages yet")
	for _, text := range numbered("line", 11) { // ten at once, and one that waits for 3 s
		ann.say(text)
	}
	ann.showsSent("line 011")
}
