package main

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
	"confab/app/text"
	"confab/cmd/confab/datafolder"
)

// operator is the handle that the user who runs these tests gets as owner.
func operator(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return text.SuggestHandle(u.Username)
}

// isTurnedAway checks that a key opens nothing.
func isTurnedAway(t *testing.T, s *server, key gossh.Signer) {
	t.Helper()
	s.t.Helper()
	c := s.ssh(options{keys: []gossh.Signer{key}})
	c.shows("You are not known here yet.")
	c.press(keyCtrlC)
	if status := c.status(); status != exitRefused {
		t.Errorf("a stranger's ssh exits %d", status)
	}
	c.isRestored()
	if left := c.text(); !strings.Contains(left, "confab keys add ") {
		t.Errorf("a stranger is left with %q", left)
	}
}

func TestWhatServeSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := testkit.Signer(t)
	s := startServer(t, dir, "--owner-key", writeFile(t, "me.pub", line(key)))
	c := s.connect(key)
	_, port, _ := strings.Cut(s.addr, ":")
	want := "confab listens on 127.0.0.1:" + port + "\n" +
		"  host key  " + c.hostKey + "\n" +
		"  data      " + dir + "\n" +
		"  owner     " + operator(t) + "\n" +
		"  connect   ssh -p " + port + " localhost\n"
	if s.said != want {
		t.Errorf("said:\n%swant:\n%s", s.said, want)
	}
	info, err := os.Stat(filepath.Join(dir, datafolder.HostKeyFile))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the host key's mode is %v, %v", info.Mode(), err)
	}
	s.stop()
	// Clients know the server by this key, so it stays.
	if again := startServer(t, dir).connect(key); again.hostKey != c.hostKey {
		t.Errorf("the host key was %s and is %s", c.hostKey, again.hostKey)
	}
}

func TestOwnerByFlag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second, later := testkit.Signer(t), testkit.Signer(t), testkit.Signer(t)
	file := writeFile(t, "authorized_keys", "# mine\n"+line(first)+"no-port-forwarding "+line(second))
	s := startServer(t, dir, "--owner-key", file)
	s.connect(first).shows(operator(t) + "  ? help")
	s.connect(second).shows(operator(t) + "  ? help")
	s.stop()
	// There is an owner now, so the flag has no effect.
	s = startServer(t, dir, "--owner-key", writeFile(t, "later.pub", line(later)))
	isTurnedAway(t, s, later)
	s.connect(first)
	s.stop()
	startServer(t, dir, "--owner-key", filepath.Join(dir, "none.pub"))
}

func TestOwnerByHome(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	first, second, other := testkit.Signer(t), testkit.Signer(t), testkit.Signer(t)
	if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"id_ed25519.pub": line(first), "work.pub": line(second),
		"authorized_keys": line(other), "id_old.pub": "ssh-dss AAAAB3NzaC1kc3MAAAAB old\n",
	} {
		if err := os.WriteFile(filepath.Join(home, ".ssh", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := startServerAt(t, home, t.TempDir())
	s.connect(first).shows(operator(t) + "  ? help")
	s.connect(second).shows(operator(t) + "  ? help")
	isTurnedAway(t, s, other)
}

func TestOwnerLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startServer(t, dir)
	if !strings.Contains(s.said, "owner     none yet: add the first account with  confab keys add --data "+dir+" NAME FILE.pub\n") {
		t.Errorf("said:\n%s", s.said)
	}
	isTurnedAway(t, s, testkit.Signer(t))
	key := testkit.Signer(t)
	stdout, _, status := confab(t, line(key), "keys", "add", "--data", dir, "ann", "-")
	if status != exitDone || !strings.HasPrefix(stdout, "new account ann (owner)\n") {
		t.Errorf("keys add: status %d, %q", status, stdout)
	}
	s.connect(key).shows("ann  ? help")
}

// joinLine is the command that a stranger has to send to the host.
var joinLine = regexp.MustCompile(`echo '.*' \| confab keys add --data \S+ --new (\S+)`)

func TestAStrangerJoins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	s := startServer(t, dir, "--join", "closed")
	first, second := testkit.Signer(t), testkit.Signer(t)
	c := s.ssh(options{user: "Bob.Jones", keys: []gossh.Signer{first, second}})
	c.shows("Only the host lets new people in")
	c.shows(gossh.FingerprintSHA256(first.PublicKey()) + "  ssh-ed25519")
	c.shows(gossh.FingerprintSHA256(second.PublicKey()) + "  ssh-ed25519")
	c.press(keyCtrlC)
	if status := c.status(); status != exitRefused {
		t.Errorf("exit status %d", status)
	}
	raw := c.received()
	if want := "echo '" + strings.TrimSpace(line(first)) + "' | confab keys add --data " + dir + " --new bob.jones\r\n"; !strings.Contains(raw, want) {
		t.Errorf("no %q in %q", want, raw)
	}
	// The host runs the command.
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", joinLine.FindString(raw))
	shell.Env = []string{"PATH=" + filepath.Dir(s.cmd.Path), "CONFAB_DATA=" + dir, "GORACE=" + noRaceWait}
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.ssh(options{user: "Bob.Jones", keys: []gossh.Signer{first, second}}).shows("bob.jones  ? help")
}

func TestAStrangerWithoutKeys(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	c := s.ssh(options{})
	if status := c.status(); status != exitRefused {
		t.Errorf("exit status %d", status)
	}
	if raw := c.received(); !strings.Contains(raw, "\r\n    ssh-keygen -t ed25519\r\n") || strings.Contains(raw, "keys add") {
		t.Errorf("is sent %q", raw)
	}
}

// The names of a client's software, user and terminal reach the screen, the host's
// command and the log only as cleaned text.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--join", "closed")
	for _, name := range []string{
		"\x1b]0;owned\x07\x1b[31mred", "'; touch owned; echo '", "$(owned)`owned`", "a\nb\r\nc|owned",
		"\u202egro.elpmaxe", "\xff\xfe\x9b31m", strings.Repeat("long", 1000), "--data=owned", "root\x00", "",
	} {
		c := s.ssh(options{user: name, term: name, keys: []gossh.Signer{testkit.Signer(t)}})
		c.shows("Only the host lets new people in")
		c.press(keyCtrlC)
		if status := c.status(); status != exitRefused {
			t.Errorf("%q: exit status %d", name, status)
		}
		isHarmless(t, c)
		all := joinLine.FindAllStringSubmatch(c.received(), -1)
		if len(all) == 0 {
			t.Fatalf("%q: no line to join in %q", name, c.received())
		}
		found := all[len(all)-1] // when it leaves; on the screen it may be cut
		if valid, err := text.ParseHandle(found[1]); err != nil || valid != found[1] {
			t.Errorf("%q: to join as %q: %v", name, found[1], err)
		}
		// The same holds for a member.
		c = s.ssh(options{user: name, term: name, version: "SSH-2.0-" + strings.Repeat("v", 200), keys: []gossh.Signer{key}})
		c.shows("help")
		c.hangUp()
		isHarmless(t, c)
	}
	s.stop()
	log := s.log.String()
	for words := range strings.SplitSeq(log, "\n") {
		if !text.IsClean(words) || len(words) > 600 {
			t.Errorf("the log has %q", words)
		}
	}
	for _, raw := range []string{"u001b", `\n`, "longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong", strings.Repeat("v", 80)} {
		if strings.Contains(log, raw) {
			t.Errorf("the log has %q", raw)
		}
	}
}

// Any of the first five keys may be the one that opens the account.
func TestTheRightKeyOfMany(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir)
	s.connect(testkit.Signer(t), testkit.Signer(t), key).shows("ann  ? help")
	var many []gossh.Signer
	for range 4 { // the server checks at most five unknown keys
		many = append(many, testkit.Signer(t))
	}
	s.connect(append(many, key)...).shows("ann  ? help")
}

func TestKeysChangeWhileServing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	laptop, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir)
	phone := enrol(t, dir, "ann") // another key, now
	onLaptop, onPhone, bob := s.connect(laptop), s.connect(phone), s.connect(bobKey)
	again := s.connect(laptop)
	onPhone.shows("ann  ? help")
	revoke(t, dir, laptop)
	for _, c := range []*client{onLaptop, again} {
		c.status()
		c.isRestored()
		c.shows("The key that opened this session was revoked.")
	}
	onPhone.say("from my phone")
	bob.shows("from my phone")
	bob.say("go on")
	onPhone.shows("go on")
	isTurnedAway(t, s, laptop)
	// A revoked key can be given to another account.
	if _, stderr, status := confab(t, line(laptop), "keys", "add", "--data", dir, "bob"); status != 0 {
		t.Fatalf("keys add: %s", stderr)
	}
	s.connect(laptop).shows("bob  ? help")
}

func TestWithoutATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir)
	for _, c := range []struct {
		name   string
		key    gossh.Signer
		exec   string
		status int
		says   string
	}{
		{"no command", key, "", 1, "The chat needs a terminal. Connect with ssh -t from a terminal window, or use ssh HOST plain for lines of text. For commands, see ssh HOST help.\n"},
		{"no command of ours", key, "dance", 2, "There is no command \"dance\". Run \"help\" for the list of commands.\n"},
		{"a stranger", testkit.Signer(t), "", 1, "You are not known here yet. Connect with a terminal (ssh -t) to see how to join.\n"},
		{"a stranger's command", testkit.Signer(t), "ls", 1, "You are not known here yet. Connect with a terminal (ssh -t) to see how to join.\n"},
	} {
		got := s.ssh(options{keys: []gossh.Signer{c.key}, noPTY: true, exec: c.exec})
		if status := got.status(); status != c.status {
			t.Errorf("%s: status %d", c.name, status)
		}
		if said := got.stderr.String(); said != c.says {
			t.Errorf("%s: standard error has %q", c.name, said)
		}
		if raw := got.received(); raw != "" {
			t.Errorf("%s: standard output has %q", c.name, raw)
		}
	}
}

// A code as the login name does nothing for somebody whose key opens an account already, and
// the chat says so.
func TestACodeForAMemberIsNotUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ann := enrol(t, dir, "ann")
	s := startServer(t, dir)
	code := invite(t, dir)
	screen := s.ssh(options{user: code, keys: []gossh.Signer{ann}})
	screen.shows("so the code was not used")
	screen.shows("ann  ? help")
	plain := s.ssh(options{user: code, keys: []gossh.Signer{ann}, term: "dumb"})
	plain.shows("so the code was not used")
	s.connect(ann).hides("the code was not used")
	bob, _ := s.knock(code)
	bob.shows("The code is good.")
	bob.press("bob", keyEnter)
	bob.shows("bob  ? help")
	bob.hides("was not used")
}

// The suggested name is one that is free. The host's command is never broken over rows, from
// which nobody could copy it.
func TestTheJoinScreenSuggestsWhatWorks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	s := startServer(t, dir, "--join", "open")
	bob, _ := s.knock("ann")
	bob.shows("Enter takes ann2; or type another.")
	bob.shows("Ctrl+C leaves, and shows it in one piece")
	bob.hides("keys add")
	bob.resize(300, 30)
	bob.shows("keys add --data " + dir + " --new ann2")
	bob.resize(80, 24)
	bob.hides("keys add")
	bob.press(keyEnter)
	bob.shows("ann2  ? help")
	carl := &listener{client: s.ssh(options{user: "ann", keys: []gossh.Signer{testkit.Signer(t)}, term: "dumb"})}
	carl.hears("press Enter to take ann3")
	carl.say("")
	carl.hears("You are ann3.")
}
