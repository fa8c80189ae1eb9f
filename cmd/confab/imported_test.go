package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// People who were imported and have not come yet do not look as if they could be reached.
func TestImportedPeopleAreNotHereYet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir)
	log, claim := filepath.Join(t.TempDir(), "#go_20230102.log"), filepath.Join(t.TempDir(), "ben.pub")
	if err := os.WriteFile(log, []byte("[10:00:00] <ben> hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.host("import", "irc", "--format", "znc", "--zone", "UTC", log)
	ann := s.connect(key)
	ann.shows("No messages yet")
	ann.say("/who")
	ann.shows("/whois @name")
	ann.hides("ben")
	ann.press(keyEscape)
	ann.hides("/whois @name")
	ann.press(keyCtrlK)
	ann.shows("Go to:")
	ann.press("@ben")
	ann.shows("0 found")
	ann.press(keyEscape)
	ann.hides("Go to:")
	ann.say("/whois ben")
	ann.shows("nobody has claimed it")
	ann.press(keyEscape)
	ann.hides("nobody has claimed it")
	ann.say("/dm ben are you there")
	ann.shows("Nobody reads messages to @ben yet")
	ann.isIn("@ben")
	ann.showsSent("are you there")
	ann.header("@ben", "× nobody uses this account")
	ann.shows("×@ben")
	if out, _ := s.script(key, "who"); strings.Contains(out, "ben") {
		t.Errorf("who lists %q", out)
	}
	if out, status := s.script(key, "send @ben hello"); status != 0 || !strings.Contains(out, "Nobody reads messages to @ben yet: the account was imported from another chat, and nobody has claimed it.") {
		t.Errorf("a message to somebody who is not here yet: status %d, %q", status, out)
	}
	plain := s.plain(options{keys: []gossh.Signer{key}, exec: "plain"})
	plain.say("/dm ben")
	plain.hears("Nobody reads messages to @ben yet")
	plain.say("/go")
	plain.hears("@ben, nobody uses this account")

	ben := testkit.Signer(t)
	if err := os.WriteFile(claim, []byte(line(ben)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.host("users", "claim", "ben", "--key", claim)
	ann.header("@ben", "○ offline")
	ann.hides("×@ben")
	if out, _ := s.script(key, "who"); !strings.Contains(out, "ben") {
		t.Errorf("who lists %q", out)
	}
	if out, _ := s.script(key, "send @ben hello again"); strings.Contains(out, "Nobody") {
		t.Errorf("a message to somebody who has come: %q", out)
	}
	s.connect(ben).shows("@ann")
}

// An import beside two servers shows its groups on both, and nothing in them is new: neither at
// first, nor when a longer log brings more. People write meanwhile.
func TestAnImportBesideTwoServers(t *testing.T) {
	servers, keys, ann, bob := nodes(t)
	log := filepath.Join(t.TempDir(), "#go_20230102.log")
	first := "[10:00:00] <ann> hello @bob\n[10:00:01] <bob> hello @ann\n[10:00:02] <cyd> hello @bob\n"
	for i, lines := range []string{first, first + "[10:00:03] <cyd> and again @bob @ann\n"} {
		if err := os.WriteFile(log, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		servers[0].host("import", "irc", "--format", "znc", "--zone", "UTC", "--map", "ann=ann", "--map", "bob=bob", log)
		said := []string{"meanwhile", "once more"}[i]
		ann.say(said) // the screens learn of changes in their order
		bob.shows(said)
		ann.showsSent(said)
		for n, on := range []*client{ann, bob} {
			on.shows("#go")
			if out, _ := servers[n].script(keys[n], "unread"); strings.Contains(out, "#go") {
				t.Errorf("unread on server %d after import %d: %q", n, i, out)
			}
			if out, status := servers[n].script(keys[n], "mentions"); out != "" || status > 1 {
				t.Errorf("mentions on server %d after import %d: status %d, %q", n, i, status, out)
			}
		}
	}
	bob.goes("#go")
	bob.shows("and again @bob @ann")
	bob.hides("new")
}
