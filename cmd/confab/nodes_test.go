package main

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
	"confab/cmd/confab/datafolder"
)

// nodes starts two servers on one PostgreSQL database, with a person on each.
func nodes(t *testing.T) (servers [2]*server, keys [2]gossh.Signer, ann, bob *client) {
	t.Helper()
	onPostgres(t)
	first := t.TempDir()
	keys = [2]gossh.Signer{enrol(t, first, "ann"), enrol(t, first, "bob")}
	servers = twoServers(t, first)
	return servers, keys, servers[0].connect(keys[0]), servers[1].connect(keys[1])
}

// twoServers starts two servers with one host key, on the PostgreSQL database of the test. The
// first has a data folder already.
func twoServers(t *testing.T, first string, args ...string) (servers [2]*server) {
	t.Helper()
	servers[0] = startServer(t, first, args...)
	servers[1] = secondServer(t, first, args...)
	return servers
}

// secondServer starts another server with the host key of a data folder.
func secondServer(t *testing.T, first string, args ...string) *server {
	t.Helper()
	second := t.TempDir()
	copyHostKey(t, first, second)
	return startServer(t, second, args...)
}

// copyHostKey gives a data folder the host key of another.
func copyHostKey(t *testing.T, from, to string) {
	t.Helper()
	hostKey, err := os.ReadFile(filepath.Join(from, datafolder.HostKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, datafolder.HostKeyFile), hostKey, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Two servers on one database are one chat: messages, edits, reactions, groups and their
// members, names and what the host tells everybody are the same on both.
func TestTwoServersAreOneChat(t *testing.T) {
	_, _, ann, bob := nodes(t)
	bob.say("hello ann")
	ann.shows("hello ann")
	ann.say("hello bob")
	bob.shows("hello bob")
	ann.showsSent("hello bob")
	ann.press(keyEscape)
	ann.shows("e: edit")
	ann.press("e")
	ann.shows("› hello bob")
	ann.press(keyCtrlU, "hello again", keyEnter)
	bob.shows("hello again (edited)")
	bob.say("/react 👍")
	ann.shows("👍 1")

	bob.say("/new ops")
	bob.isIn("#ops")
	bob.say("/add @ann")
	ann.shows("1 invitation: /invitations")
	ann.joins("ops")
	ann.shows("2  #ops")
	ann.goes("#ops")
	bob.say("welcome")
	ann.shows("welcome")
	ann.say("thanks")
	bob.shows("thanks")
	bob.say("/remove @ann")
	ann.shows("You are no longer a member of #ops.")
	ann.isIn("#general")

	bob.say("/nick robert")
	bob.goes("#general")
	bob.say("who am I?")
	ann.until("the new name", func(screen string) bool {
		row, _ := rowWith(screen, "who am I?")
		return strings.Contains(row, " robert ")
	})
}

// Receipts cross over between two servers, and so do a person's own positions. Receipts that are
// off on one server are off on the other at once, and nothing of it is reported later.
func TestTwoServersShareReceipts(t *testing.T) {
	s, keys, ann, bob := nodes(t)
	phone := s[0].connect(keys[1]) // bob is on both
	ann.say("/dm bob")
	ann.isIn("@bob")
	ann.say("one")
	ann.edge("one", "✓✓")
	phone.lists("@ann", "1")
	bob.goes("@ann")
	ann.edge("one", "✔✔ B")
	phone.lists("@ann", "")
	bob.say("mine")
	bob.edge("mine", "✔✔ A")

	bob.say("/receipts off")
	bob.shows("Receipts are off: ")
	ann.edge("one", "✓✓")
	ann.edge("mine", "")
	ann.say("two")
	bob.shows("two")
	phone.lists("@ann", "") // read, and not reported
	ann.edge("two", "✓✓")
	bob.say("answer to two")
	ann.shows("answer to two")
	ann.lists("@bob", "")
	bob.settled()
	bob.edge("answer to two", "✓✓")
	ann.edge("two", "✓✓")

	bob.say("/receipts on")
	bob.shows("Receipts are on: ")
	bob.edge("answer to two", "✔✔ A")
	ann.say("three")
	ann.edge("three", "✔✔ B")
	ann.edge("two", "✓✓") // it was read while receipts were off

	phone.lists("@ann", "")
	bob.press(keyEscape)
	bob.shows("Up/Down: select")
	bob.press("u")
	phone.lists("@ann", "1")
	ann.edge("three", "✔✔ B")
}

// Who is connected to one server is shown on the other. People on a server that is killed are
// offline when its lease has ended, and nobody stays online after that.
func TestTwoServersShowWhoIsConnected(t *testing.T) {
	s, keys, ann, bob := nodes(t)
	ann.header("#general", "2 members, here: you, bob")
	bob.header("#general", "2 members, here: you, ann")
	cyd := s[1].connect(enrol(t, s[1].dir, "cyd"))
	cyd.shows("When you came in, these people were here: @ann and @bob.")
	cyd.hangUp()
	who := func(want string) {
		t.Helper()
		if said, status := s[0].script(keys[0], "who"); status != 0 || !strings.Contains(said, want) {
			t.Errorf("who says %q, status %d; want %q", said, status, want)
		}
	}
	who("bob\tonline")
	ann.say("/dm bob hello")
	ann.header("@bob", "● online")
	bob.say("/away at lunch for 2h")
	ann.shows("◐ away: at lunch until ")
	bob.say("/back")
	ann.header("@bob", "● online")
	bob.goes("@ann")
	bob.typesUntil("ann to see it", func() bool { return strings.Contains(ann.text(), "bob is typing…") })
	bob.press(keyCtrlU)
	phone := s[0].connect(keys[1])
	phone.shows("#general")
	bob.hangUp()
	ann.settled()
	ann.header("@bob", "● online") // here
	phone.hangUp()
	ann.header("@bob", "○ offline")
	who("bob\toffline")

	s[1].connect(keys[1])
	ann.header("@bob", "● online")
	begun := time.Now()
	s[1].kill()
	ann.header("@bob", "○ offline")
	const lease, slow = 12 * time.Second, 10 * time.Second
	if took := time.Since(begun); took > lease+slow {
		t.Errorf("bob was online for %v after his server had died", took)
	}
	s[1] = s[1].restart()
	ann.settled()
	ann.header("@bob", "○ offline")
	s[1].connect(keys[1])
	bob.shows("#general")
	ann.header("@bob", "● online")

	// A server that stops leaves at once, and nobody waits for the end of its lease.
	if status := s[1].stop(); status != 0 {
		t.Errorf("the server ends with status %d", status)
	}
	database, err := sql.Open("pgx", os.Getenv(databaseVariable))
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	var left int
	if err := database.QueryRow("SELECT count(*) FROM servers").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d servers are there, %v; want the other one", left, err)
	}
}

// The connections of an account to all servers count for its limit, also those without a screen. If
// some of them end, others can come.
func TestTwoServersCountConnectionsTogether(t *testing.T) {
	onPostgres(t)
	first := t.TempDir()
	key := enrol(t, first, "ann")
	s := twoServers(t, first, "--max-per-account=2")
	screen := s[0].connect(key)
	s[0].ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "tail -f #general"})
	full := func(want bool) func() bool {
		return func() bool {
			out, _ := s[1].script(key, "whoami")
			return strings.Contains(out, "Your account has reached this server's limit of connections (2).") == want
		}
	}
	testkit.Eventually(t, "the other server to refuse a third connection", full(true))
	screen.hangUp()
	testkit.Eventually(t, "the other server to have room again", full(false))
}

// People who are kicked, banned or disabled on one server, or whose key is revoked there, lose
// their sessions on the other.
func TestTwoServersEndSessions(t *testing.T) {
	s, keys, ann, bob := nodes(t)
	bob.shows("#general")
	ann.say("/kick @bob off topic")
	bob.endsWith("ann has ended your session (off topic). You may connect again.")
	bob = s[1].connect(keys[1])
	bob.say("back")
	ann.shows("back")
	ann.say("/ban @bob 2h spam")
	bob.endsWith("(spam): ask ann about it, or its host.")
	ann.say("/unban @bob")
	ann.shows("@bob is no longer banned.")
	bob = s[1].connect(keys[1])
	bob.shows("#general")
	if _, stderr, status := confab(t, "", "users", "disable", "bob", "--data", s[0].dir); status != 0 {
		t.Fatalf("users disable: status %d, %s", status, stderr)
	}
	bob.endsWith("disabled")
	if _, stderr, status := confab(t, "", "users", "enable", "bob", "--data", s[0].dir); status != 0 {
		t.Fatalf("users enable: status %d, %s", status, stderr)
	}
	bob = s[1].connect(keys[1])
	bob.shows("#general")
	revoke(t, s[0].dir, keys[1])
	bob.endsWith("The key that opened this session was revoked.")
}

// A server that cannot reach the database ends its sessions after a while, and lets people in
// again when it can.
func TestAServerOutOfTouchEndsItsSessions(t *testing.T) {
	s, keys, ann, bob := nodes(t)
	bob.say("hello")
	ann.shows("hello")
	address, err := url.Parse(os.Getenv(databaseVariable))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(address.Path, "/")
	address.Path = "/postgres"
	other, err := sql.Open("pgx", address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	run := func(query string) {
		t.Helper()
		if _, err := other.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	run("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false")
	run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'")
	for _, c := range []*client{ann, bob} {
		c.endsWith("This server cannot reach its database: connect again in a moment.")
	}
	run("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true")
	s[0].logs("the bus to the other servers works again")
	s[1].logs("the bus to the other servers works again")
	ann, bob = s[0].connect(keys[0]), s[1].connect(keys[1])
	ann.say("here again")
	bob.shows("here again")
}
