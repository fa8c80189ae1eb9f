package main

import (
	"net"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

const keyTab = "\t"

// knock connects with a new key and waits for the join screen.
func (s *server) knock(login string) (*client, gossh.Signer) {
	s.t.Helper()
	key := testkit.Signer(s.t)
	c := s.ssh(options{user: login, keys: []gossh.Signer{key}})
	c.shows("You are not known here yet.")
	return c, key
}

// talksAs checks that a newcomer is in the chat and can exchange messages with
// someone.
func (c *client) talksAs(name string, other *client) {
	c.t.Helper()
	c.shows(name + "  ? help")
	c.shows("general")
	c.settled()
	c.say("hello from " + name)
	other.shows("hello from " + name)
}

// invite makes a code at the command line.
func invite(t *testing.T, dir string, args ...string) string {
	t.Helper()
	stdout, stderr, status := confab(t, "", append([]string{"invite", "--data", dir}, args...)...)
	code := strings.TrimSpace(stdout)
	if status != 0 || len(code) != 19 {
		t.Fatalf("invite: status %d, %q, %s", status, stdout, stderr)
	}
	return code
}

// A newcomer asks, waits, and is let in at the same screen.
func TestJoinByRequest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir)
	owner := s.connect(ann)
	owner.shows("No messages yet")
	bob, bobKey := s.knock("Bob.Jones")
	bob.shows(gossh.FingerprintSHA256(bobKey.PublicKey()) + "  ssh-ed25519")
	bob.shows("To join, choose a name")
	bob.shows("Enter takes bob.jones; or type another.")
	bob.press("admin")
	bob.shows("The name admin is reserved")
	bob.press(keyEnter, keyEnter)
	bob.press(keyCtrlU, "b ob")
	bob.shows("leave out the spaces")
	bob.press(keyCtrlU, "bob", keyTab, "it is bob\x1b]0;owned\x07, from work", keyEnter)
	bob.shows("You have asked to be let in as bob.")
	owner.shows("1 request")
	s.connect(ann).shows("1 request") // on a screen that opens later

	eve, eveKey := s.knock("eve")
	eve.press(keyTab, "let me in", keyEnter)
	eve.shows("You have asked to be let in as eve.")
	owner.shows("2 requests")
	owner.say("/requests")
	owner.shows("it is bob, from work")
	owner.shows(gossh.FingerprintSHA256(bobKey.PublicKey()))
	owner.shows("let me in")
	owner.press(keyDown, "r")
	owner.shows("Refuse eve")
	owner.press("y")
	if status := eve.status(); status != exitRefused {
		t.Errorf("eve's ssh exits %d", status)
	}
	eve.isRestored()
	eve.shows("The host has refused your request to join.")
	owner.hides("let me in")
	owner.press("a")
	owner.shows("Let bob in")
	owner.press("y")
	bob.shows("bob  ? help")
	owner.hides("Asking to join") // nobody waits any more
	owner.shows("bob is let in.")
	bob.talksAs("bob", owner)
	isHarmless(t, bob)
	// The join screen can be resized, and ends like any other screen.
	bob.resize(90, 30)
	bob.settled()
	bob.press(keyCtrlD)
	if status := bob.status(); status != 0 {
		t.Errorf("bob's ssh exits %d", status)
	}
	bob.isRestored()
	s.connect(bobKey).shows("bob  ? help")
	// A person who was refused is told so again.
	again := s.ssh(options{keys: []gossh.Signer{eveKey}})
	again.status()
	again.shows("The host has refused your request to join.")
}

// The host's command also lets in a waiting person, who may leave and come again.
func TestTheHostLetsOneInWhoWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir)
	owner := s.connect(ann)
	owner.shows("No messages yet")
	bob, key := s.knock("bob")
	bob.press(keyTab, "bob here", keyEnter)
	owner.shows("1 request")
	bob.press(keyCtrlC)
	if status := bob.status(); status != exitRefused {
		t.Errorf("bob's ssh exits %d", status)
	}
	bob.isRestored()
	if said := bob.received(); !strings.Contains(said, "| confab keys add --data "+dir+" --new bob\r\n") {
		t.Errorf("the screen leaves %q", said)
	}
	bob = s.ssh(options{keys: []gossh.Signer{key}})
	bob.shows("You have asked to be let in as bob.")
	if _, stderr, status := confab(t, line(key), "keys", "add", "--data", dir, "robert"); status != 0 {
		t.Fatal(stderr)
	}
	bob.talksAs("robert", owner)
	owner.hides("1 request")
}

// A newcomer whose ssh was given a command gets the same chat as any other.
func TestJoinWithACommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir, "--join", "open")
	owner := s.connect(ann)
	bob := s.ssh(options{user: "bob", exec: "ls", keys: []gossh.Signer{testkit.Signer(t)}})
	bob.shows("You are not known here yet.")
	bob.press(keyEnter)
	bob.talksAs("bob", owner)
	owner.say("hello bob")
	bob.shows("hello bob")
	bob.press(keyCtrlD)
	if status := bob.status(); status != exitDone {
		t.Errorf("exit status %d", status)
	}
}

func TestJoinWhereItIsOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir, "--join", "open")
	owner := s.connect(ann)
	owner.shows("No messages yet")
	bob, _ := s.knock("ann")
	bob.shows("Enter takes ann2") // and not a name that is taken
	bob.press("ann")
	bob.shows("The name ann is taken: choose another.")
	bob.press(keyEnter)
	bob.press(keyCtrlU, "bob", keyEnter)
	bob.talksAs("bob", owner)
	// The mode changes while a stranger is at the screen.
	eve, _ := s.knock("eve")
	eve.shows("choose the name that others will know you by")
	owner.say("/admin join invite")
	eve.shows("To join you need a code")
	bob.say("/admin join open")
	bob.shows("Only owners and admins of this server can do that")
	if stdout, _, _ := confab(t, "", "join", "--data", dir); !strings.HasPrefix(stdout, "invite: ") {
		t.Errorf("join says %q", stdout)
	}
	if _, stderr, status := confab(t, "", "join", "--data", dir, "open"); status != 0 {
		t.Error(stderr)
	}
	eve.shows("Enter takes eve")
	eve.press(keyEnter)
	eve.talksAs("eve", owner)
}

func TestJoinByInvite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir, "--join", "invite")
	owner := s.connect(ann)
	owner.shows("No messages yet")
	code := invite(t, dir, "--uses", "2")
	// The code is the login name, in lower case.
	bob, _ := s.knock(strings.ToLower(code))
	bob.shows("The code is good.")
	bob.press("bob", keyEnter)
	bob.talksAs("bob", owner)
	// The code is typed, after a wrong one.
	eve, _ := s.knock("eve")
	eve.shows("To join you need a code")
	eve.press("0000-0000-0000-0000", keyEnter)
	eve.shows("This code does not work")
	eve.shows("0000-0000-0000-0000") // it stays, so that it can be corrected
	eve.press(keyCtrlU)
	eve.paste(" " + code + "\n")
	eve.press(keyEnter)
	eve.shows("The code is good.")
	eve.press(keyEnter)
	eve.talksAs("eve", owner)
	// The code is now used up.
	dan, _ := s.knock(code)
	dan.shows("This code does not work")
	// The owner makes a code on the screen.
	owner.say("/invite --role admin")
	owner.shows("A code to join")
	made := ""
	for _, word := range strings.Fields(owner.text()) {
		if len(word) == 19 && strings.Count(word, "-") == 3 {
			made = word
		}
	}
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	owner.shows("ssh -p " + port + " " + made + "@HOST") // with the port, so that it can be sent as it is
	owner.press(keyEscape)
	owner.hides("A code to join")
	// As a login name the code also works without its dashes. With a letter
	// missing, it is in the field to be corrected.
	bare := strings.ReplaceAll(made, "-", "")
	other, _ := s.knock(bare)
	other.shows("The code is good.")
	other.hangUp()
	short, _ := s.knock(made[:18])
	short.shows("A code has 16 letters and digits")
	short.shows(made[:18])
	short.press(made[18:], keyEnter)
	short.shows("The code is good.")
	short.hangUp()
	dan.press(keyCtrlU, made, keyEnter)
	dan.shows("The code is good.")
	dan.press("dan", keyEnter)
	dan.talksAs("dan", owner)
	dan.say("/admin join")
	dan.shows("Joining is invite.")
	s.stop()
	if log := s.log.String(); strings.Contains(log, code) || strings.Contains(log, strings.ToLower(code)) || strings.Contains(log, made) || strings.Contains(log, bare) {
		t.Error("the log has a code")
	}
}

// A code stays secret wherever it is typed or pasted. It becomes no name and no
// note, which owners and admins would read, and the log has nothing of it.
func TestACodeInTheWrongField(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir)
	owner := s.connect(ann)
	owner.shows("No messages yet")
	owner.say("hello") // which ends the welcome, where /requests is
	owner.hides("Welcome")
	code := invite(t, dir, "--uses", "9")
	for i, wrong := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), "ssh " + code + "@chat.example.com"} {
		for _, before := range []string{"", keyTab} {
			c, _ := s.knock("bob")
			c.shows("Enter takes bob")
			c.press(before)
			c.paste(wrong)
			c.shows("That was a code: it is in its own field now")
			c.press(keyEnter)
			c.shows("The code is good.")
			c.paste(wrong)
			c.shows("You no longer need one")
			c.hangUp()
		}
		if i == 0 {
			c, _ := s.knock("eve")
			c.press(code) // one key at a time
			c.shows("This looks like a code, which is a secret")
			c.press(keyEnter)
			c.shows("That was a code: it is in its own field now")
			c.press(keyCtrlU, keyTab, "eve"+keyTab+"my code is "+code[:18]+keyEnter)
			c.shows("This looks like a code, which is a secret: give it as the code")
			c.hangUp()
		}
	}
	if got := owner.text(); strings.Contains(got, "request") {
		t.Errorf("somebody has asked: %s", got)
	}
	s.stop()
	log := strings.ToUpper(s.log.String())
	if strings.Contains(log, code[:14]) || strings.Contains(log, strings.ReplaceAll(code, "-", "")[:12]) {
		t.Error("the log has a code")
	}
}

// The setting is the same at each start, and does not open a server that a command
// has closed.
func TestASettingOpensNoClosedServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	mode := func(want string) {
		t.Helper()
		if stdout, _, _ := confab(t, "", "join", "--data", dir); !strings.HasPrefix(stdout, want+": ") {
			t.Errorf("join says %q, want %s", stdout, want)
		}
	}
	set := func(to string) {
		t.Helper()
		if _, stderr, status := confab(t, "", "join", "--data", dir, to); status != 0 {
			t.Fatal(stderr)
		}
	}
	start := func(flag string) string {
		t.Helper()
		s := startServer(t, dir, "--join", flag)
		s.stop()
		return s.log.String()
	}
	start("open")
	mode("open")
	set("closed")
	if log := start("open"); !strings.Contains(log, "a command has set how people join") {
		t.Errorf("the log says nothing of it: %s", log)
	}
	mode("closed")
	start("invite") // another setting, which still does not open it
	mode("closed")
	set("request")
	start("invite") // the mode that the command set stays
	mode("request")
	start("open") // until the setting changes
	mode("open")
}

// A stop ends the sessions of waiting strangers, and tells them why.
func TestAStopTellsStrangers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	s := startServer(t, dir)
	bob, _ := s.knock("bob")
	bob.shows("Enter takes bob")
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	bob.status()
	bob.isRestored()
	bob.shows(stoppingReason)
}

// The names that a stranger's client sends, and the stranger's input, reach other
// screens and the log only as text.
func TestHostileStrangers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir)
	owner := s.connect(ann)
	owner.shows("No messages yet")
	for _, text := range []string{
		"\x1b]0;owned\x07\x1b[31mred", "'; touch owned; echo '", "\u202egro.elpmaxe", "\xff\xfe\x9b31m", strings.Repeat("long", 1000), "--data=owned",
	} {
		c := s.ssh(options{user: text, term: text, keys: []gossh.Signer{testkit.Signer(t)}})
		c.shows("You are not known here yet.")
		c.shows("Enter takes ")
		c.press(keyTab)
		c.paste("x" + text)
		c.paste("end")
		c.press(keyEnter)
		c.shows("You have asked to be let in as")
		isHarmless(t, c)
		c.hangUp()
	}
	owner.shows("6 requests")
	owner.say("/requests")
	owner.shows("Asking to join: 6")
	isHarmless(t, owner)
}
