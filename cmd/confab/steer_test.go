package main

import (
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// The host lets somebody in from the command line who waits at the join screen, and refuses
// somebody else.
func TestTheHostAnswersRequests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir)
	owner := s.connect(ann)
	owner.shows("No messages yet")
	bob, key := s.knock("bob")
	bob.press(keyTab, "it is bob", keyEnter)
	owner.shows("1 request")
	eve, _ := s.knock("eve")
	eve.press(keyTab, "let me in", keyEnter)
	owner.shows("2 requests")

	out := s.host("requests", "list")
	for _, want := range []string{"1  bob  ", "it is bob", gossh.FingerprintSHA256(key.PublicKey()), "2  eve  "} {
		if !strings.Contains(out, want) {
			t.Errorf("the list of requests has no %q:\n%s", want, out)
		}
	}
	if out := s.host("requests", "approve", "1"); out != "approved  request 1\n" {
		t.Errorf("approve says %q", out)
	}
	bob.talksAs("bob", owner)
	s.host("requests", "refuse", "2")
	if status := eve.status(); status != exitRefused {
		t.Errorf("eve's ssh exits %d", status)
	}
	eve.shows("The host has refused your request to join.")
	owner.hides("1 request")
	s.audited("host  request.approve " + gossh.FingerprintSHA256(key.PublicKey()) + ": bob")
}

// What happens through a code is done by its maker. The audit log has the code and the
// address that it was used from.
func TestUsedCodesAreAudited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey := enrol(t, dir, "ann")
	s := startServer(t, dir)
	ann := s.connect(annKey)
	ann.shows("No messages yet")

	bob, _ := s.knock(strings.ToLower(invite(t, dir)))
	bob.shows("The code is good.")
	bob.press("bob", keyEnter)
	bob.talksAs("bob", ann)
	s.audited("host  code.use bob: code 1, from 127.0.0.1")

	laptop := testkit.Signer(t)
	code := strings.TrimSpace(s.host("keys", "reset", "ann"))
	again := s.ssh(options{user: code, keys: []gossh.Signer{laptop}})
	again.shows("ann  ? help")
	s.audited("host  code.use ann: code 2, from 127.0.0.1")
	s.audited("host  key.add " + gossh.FingerprintSHA256(laptop.PublicKey()) + ": ann")
}

// Screens show at once what the host announces, wherever their users are, and what it
// renames. Nobody else is said to have done it, least of all the owner.
func TestTheHostIsSeenOnLiveScreens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob") // ann is the owner
	s := startServer(t, dir)
	ann, bob := s.connect(annKey), s.connect(bobKey)
	bob.shows("No messages yet")
	ann.say("/new --public plans")
	ann.shows("#plans")
	ann.shows("ann made this group")
	s.host("announce", "The server restarts at 18:00.")
	const announced = "Message from this server's host: The server restarts at 18:00."
	ann.shows(announced) // although another group is open
	bob.shows(announced)
	s.host("groups", "rename", "plans", "roadmap")
	ann.shows("The host renamed this group to #roadmap")
	ann.hides("ann renamed")
}

// audited checks that the audit log has an entry.
func (s *server) audited(entry string) {
	s.t.Helper()
	if log := s.host("audit"); !strings.Contains(log, "  "+entry+"\n") {
		s.t.Errorf("the audit log has no %q:\n%s", entry, log)
	}
}
