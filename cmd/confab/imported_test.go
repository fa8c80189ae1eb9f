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
	if out, _ := s.script(key, "who"); strings.Contains(out, "ben") {
		t.Errorf("who lists %q", out)
	}
	if out, status := s.script(key, "send @ben hello"); status != 0 || !strings.Contains(out, "Nobody reads messages to @ben yet: the account was imported from another chat, and nobody has claimed it.") {
		t.Errorf("a message to somebody who is not here yet: status %d, %q", status, out)
	}
	plain := s.plain(options{keys: []gossh.Signer{key}, exec: "plain"})
	plain.say("/dm ben")
	plain.hears("Nobody reads messages to @ben yet")

	ben := testkit.Signer(t)
	if err := os.WriteFile(claim, []byte(line(ben)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.host("users", "claim", "ben", "--key", claim)
	if out, _ := s.script(key, "who"); !strings.Contains(out, "ben") {
		t.Errorf("who lists %q", out)
	}
	if out, _ := s.script(key, "send @ben hello again"); strings.Contains(out, "Nobody") {
		t.Errorf("a message to somebody who has come: %q", out)
	}
	s.connect(ben).shows("@ann")
}
