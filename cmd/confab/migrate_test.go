package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/cmd/confab/datafolder"
)

// A server moves to PostgreSQL and back, with its accounts, messages and files. Each time it goes
// on where it was, under the same host key.
func TestMigrate(t *testing.T) {
	dir, key, s := servesAFile(t)
	migrates := func(from, to string) (stdout, stderr string, status int) {
		t.Helper()
		return confab(t, "", "migrate", "--from", from, "--to", to)
	}
	refuses := func(from, to, want string) {
		t.Helper()
		if _, stderr, status := migrates(from, to); status != exitRefused || !strings.Contains(stderr, want) {
			t.Errorf("status %d, %s; want %s", status, stderr, want)
		}
	}
	address := newDatabase(t)
	refuses(dir, address, "another confab server is already using")
	hostKey := s.connect(key).hostKey
	if status := s.stop(); status != 0 {
		t.Fatalf("the server ends with %d", status)
	}
	refuses(dir, t.TempDir(), "one of --from and --to")
	refuses(t.TempDir(), address, "has no database")

	there, stderr, status := migrates(dir, address)
	if status != 0 || stderr != "" || !strings.Contains(there, "contents of files: 1, 9 B") {
		t.Fatalf("to PostgreSQL: status %d, %s%s", status, there, stderr)
	}
	refuses(dir, address, "was moved to PostgreSQL: name its database with --database")
	for _, command := range []string{"serve", "accept", "doctor"} {
		if _, stderr, status := confab(t, "", command, "--data", dir); status != exitRefused || !strings.Contains(stderr, "was moved to PostgreSQL") {
			t.Errorf("%s without the database: status %d, %s", command, status, stderr)
		}
	}
	s = startServer(t, dir, "--database", address)
	has := func(want ...string) {
		t.Helper()
		if c := s.connect(key); c.hostKey != hostKey {
			t.Errorf("the host key is %s and was %s", c.hostKey, hostKey)
		}
		out, status := s.script(key, "history '#general'")
		for _, text := range want {
			if status != 0 || !strings.Contains(out, text) {
				t.Errorf("the history has no %s: status %d, %s", text, status, out)
			}
		}
		if out, status := s.script(key, "search quokka"); status != 0 || !strings.Contains(out, "quokka") {
			t.Errorf("the search finds nothing: status %d, %s", status, out)
		}
		if got := received(t, s, key, "notes.txt"); !strings.Contains(got, "the notes") {
			t.Errorf("the file has %q", got)
		}
	}
	has("quokka", "notes.txt")
	if out, status := s.script(key, "send '#general' wombat"); status != 0 {
		t.Fatalf("sending: status %d, %s", status, out)
	}
	refuses(address, dir, "another confab server is already using")
	if status := s.stop(); status != 0 {
		t.Fatalf("the server on PostgreSQL ends with %d", status)
	}

	empty := filepath.Join(t.TempDir(), "empty")
	refuses(newDatabase(t), empty, "the database has no server")
	back, stderr, status := migrates(address, dir)
	if status != 0 || stderr != "" || strings.Contains(back, "before you start the server") {
		t.Fatalf("back: status %d, %s%s", status, back, stderr)
	}
	if sum := regexp.MustCompile(`SHA-256 of all rows: [0-9a-f]{64}`); sum.FindString(there) == "" || sum.FindString(back) == "" {
		t.Errorf("the hashes are missing: %s%s", there, back)
	}
	refuses(address, dir, "already contains confab.db")
	s = startServer(t, dir)
	has("quokka", "notes.txt", "wombat")
	if bodies := stored(t, dir); len(bodies) != 3 {
		t.Errorf("the database has %q", bodies)
	}
}

// A damaged file is named, and left out only if the host says so.
func TestMigrateWithADamagedFile(t *testing.T) {
	address := newDatabase(t)
	dir, _, s := servesAFile(t)
	if status := s.stop(); status != 0 {
		t.Fatalf("the server ends with %d", status)
	}
	found, err := filepath.Glob(filepath.Join(dir, datafolder.FilesFolder, "??", "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the contents are %v, %v", found, err)
	}
	if err := os.Truncate(found[0], 3); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := confab(t, "", "migrate", "--from", dir, "--to", address)
	if status != exitRefused || !strings.Contains(stderr, "the contents of 1 file are missing or damaged") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, datafolder.DatabaseFile)); err != nil {
		t.Errorf("the database has gone: %v", err)
	}
	_, stderr, status = confab(t, "", "migrate", "--from", dir, "--to", address, "--partial")
	if status != 0 || !strings.Contains(stderr, "left out: the contents of 1 file are missing or damaged") {
		t.Errorf("with --partial: status %d, %s", status, stderr)
	}
}

// received returns what scp gets for a file, with its protocol.
func received(t *testing.T, s *server, key gossh.Signer, name string) string {
	t.Helper()
	c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "scp -f '#general/" + name + "'"})
	c.press("\x00\x00\x00")
	_ = c.in.Close()
	if status := c.status(); status != 0 {
		t.Errorf("scp: status %d, %s", status, c.stderr.String())
	}
	return c.received()
}
