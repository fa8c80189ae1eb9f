package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// A user manages their own keys on the screen: they paste to add one, and can
// remove all but the last.
func TestKeysOnScreen(t *testing.T) {
	t.Parallel()
	s, ann, bob := twoPeople(t)
	ann.shows("No messages yet")
	phone := testkit.Signer(t)
	ann.say("/keys")
	ann.shows("Your keys")
	ann.shows("in use here")
	ann.press("r")
	ann.shows("This session will end")
	ann.press("y")
	ann.shows("This is your last key")
	// Anyone can have a public key, so adding one takes a connection with the key.
	ann.paste(strings.TrimSpace(line(phone)) + " my phone")
	ann.shows("A public key alone proves nothing")
	ann.press("a")
	ann.shows("adds one key, once")
	code := regexp.MustCompile(`(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}`).FindString(ann.text())
	s.ssh(options{user: code, keys: []gossh.Signer{phone}}).shows("ann  ? help")
	ann.press(keyEscape)
	ann.hides("Your keys")
	ann.say("/keys")
	ann.shows(gossh.FingerprintSHA256(phone.PublicKey()))
	onPhone := s.connect(phone)
	onPhone.shows("No messages yet")
	// The first key is removed, and its session ends.
	onPhone.say("/keys")
	onPhone.shows("last used")
	onPhone.press("r", "y")
	ann.status()
	ann.isRestored()
	onPhone.shows("The key is removed.")
	onPhone.press(keyEscape)
	onPhone.hides("Your keys")
	// Nobody can remove another user's key.
	bob.shows("No messages yet")
	bob.say("/keys " + strings.TrimSpace(line(phone)))
	bob.shows("A public key alone proves nothing")
}

func TestALostKeyIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	s := startServer(t, dir, "--join", "closed")
	stdout, stderr, status := confab(t, "", "keys", "reset", "--data", dir, "ann")
	code := strings.TrimSpace(stdout)
	if status != 0 || len(code) != 19 || !strings.Contains(stderr, "ssh "+code+"@HOST") {
		t.Fatalf("keys reset: status %d, %q, %q", status, stdout, stderr)
	}
	key := testkit.Signer(t)
	s.ssh(options{user: code, keys: []gossh.Signer{key}}).shows("ann  ? help")
	s.connect(key).shows("ann  ? help")
	again := s.ssh(options{user: code, keys: []gossh.Signer{testkit.Signer(t)}})
	again.shows("This code does not work")
	again.shows("Only the host lets new people in at present")
	// The code also works at the join screen, as the command says.
	stdout, _, _ = confab(t, "", "keys", "reset", "--data", dir, "ann")
	typed := s.ssh(options{keys: []gossh.Signer{testkit.Signer(t)}})
	typed.shows("Only the host lets new people in at present")
	typed.press(strings.TrimSpace(stdout), keyEnter)
	typed.shows("ann  ? help")
}

func TestAnAccountIsExported(t *testing.T) {
	t.Parallel()
	s, ann, bob := twoPeople(t)
	phone := enrol(t, s.dir, "bob")
	ann.shows("No messages yet")
	ann.say("mine, with \"quotes\"")
	bob.shows("mine, with")
	bob.say("not ann's")
	ann.shows("not ann's")
	ann.say("/export")
	ann.shows("What the server has stored about you")
	ann.shows("\"name\": \"ann\"")
	stdout, stderr, status := confab(t, "", "users", "export", "--data", s.dir, "ann")
	if status != 0 {
		t.Fatal(stderr)
	}
	var got struct {
		Profile  struct{ Name, Role string }
		Keys     []struct{ Fingerprint string }
		Messages []struct {
			Seq  int
			Body string
		}
		Conversations []struct{ Title string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if got.Profile.Name != "ann" || got.Profile.Role != "owner" || len(got.Keys) != 1 || len(got.Conversations) != 1 ||
		len(got.Messages) != 1 || got.Messages[0].Body != "mine, with \"quotes\"" {
		t.Errorf("it is %s", stdout)
	}
	bobs := s.ssh(options{keys: []gossh.Signer{phone}, exec: "export", noPTY: true})
	if status := bobs.status(); status != 0 || !json.Valid([]byte(bobs.received())) || !strings.Contains(bobs.received(), "not ann's") {
		t.Errorf("ssh export: status %d, %q", status, bobs.received())
	}
	if _, stderr, status := confab(t, "", "users", "export", "--data", s.dir, "eve"); status != exitRefused || !strings.Contains(stderr, "There is no account") {
		t.Errorf("status %d, %q", status, stderr)
	}
}

// The sessions of a deleted account end at once. Its messages stay without an
// author, or are deleted, and their numbers stay.
func TestAnAccountIsDeleted(t *testing.T) {
	t.Parallel()
	for _, purge := range []bool{false, true} {
		s, ann, bob := twoPeople(t)
		ann.shows("No messages yet")
		bob.shows("No messages yet")
		bob.say("what bob wrote")
		ann.shows("what bob wrote")
		bob.say("/new bobs @ann")
		bob.shows("bob made this group")
		ann.joins("#bobs")
		ann.say("/dm bob")
		ann.isIn("@bob")
		ann.say("just you and me")
		ann.showsSent("just you and me")
		args := []string{"users", "delete", "--yes", "--data", s.dir, "bob"}
		if purge {
			args = append(args, "--purge")
		}
		if _, stderr, status := confab(t, "", args...); status != 0 {
			t.Fatal(stderr)
		}
		bob.status()
		bob.isRestored()
		bob.shows("This account has been deleted.")
		ann.shows("@deleted user")
		ann.say("/go general")
		ann.shows("1 found")
		ann.press(keyEnter)
		if purge {
			ann.shows("deleted user  deleted")
			ann.hides("what bob wrote")
		} else {
			ann.shows("what bob wrote")
		}
		fresh := s.connect(enrol(t, s.dir, "eve"))
		if purge {
			fresh.shows("deleted user  deleted")
		} else {
			fresh.until("the message of a deleted user", func(screen string) bool {
				row, _ := rowWith(screen, "what bob wrote")
				return strings.Contains(row, "deleted us")
			})
		}
		for _, c := range []struct{ name, says string }{{"bob", "There is no account"}, {"ann", "last owner of this server"}, {"deleted:2", "There is no account"}} {
			if _, stderr, status := confab(t, "", "users", "delete", "--yes", "--data", s.dir, c.name); status != exitRefused || !strings.Contains(stderr, c.says) {
				t.Errorf("%s: status %d, %q", c.name, status, stderr)
			}
		}
		if _, stderr, _ := confab(t, line(testkit.Signer(t)), "keys", "add", "--data", s.dir, "bob"); !strings.Contains(stderr, "until recently") {
			t.Errorf("bob can be had again: %q", stderr)
		}
	}
}
