package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// Backups and exports of a server on PostgreSQL are made while it runs, and are those of any
// server: they come back to PostgreSQL or to a data folder.
func TestBackupOnPostgreSQL(t *testing.T) {
	onPostgres(t)
	dir, key, s := servesAFile(t)
	hostKey := s.connect(key).hostKey
	runs := func(args ...string) string {
		t.Helper()
		stdout, stderr, status := confab(t, "", args...)
		if status != 0 || stderr != "" {
			t.Fatalf("%s: status %d, %s", args, status, stderr)
		}
		return stdout
	}
	exported := runs("export", "--data", dir)
	if !strings.Contains(exported, `"body":"quokka"`) || !strings.Contains(exported, `"name":"notes.txt"`) {
		t.Errorf("the export is %s", exported)
	}
	backups := t.TempDir()
	if out := runs("backup", "--data", dir, backups, "--rotate", "1"); !strings.Contains(out, "the database, the host key and 1 files") {
		t.Errorf("backup: %s", out)
	}
	left, err := filepath.Glob(filepath.Join(backups, "*"))
	hidden, err2 := filepath.Glob(filepath.Join(backups, ".*"))
	if err != nil || err2 != nil || len(left) != 1 || len(hidden) > 0 {
		t.Fatalf("the folder of backups has %v and %v", left, hidden)
	}
	file := left[0]
	runs("backup", "verify", file)
	s.stop()

	has := func(s *server) {
		t.Helper()
		if c := s.connect(key); c.hostKey != hostKey {
			t.Errorf("the host key is %s and was %s", c.hostKey, hostKey)
		}
		if out, status := s.script(key, "search quokka"); status != 0 || !strings.Contains(out, "quokka") {
			t.Errorf("the search finds nothing: status %d, %s", status, out)
		}
		if got := received(t, s, key, "notes.txt"); !strings.Contains(got, "the notes") {
			t.Errorf("the file has %q", got)
		}
		if status := s.stop(); status != 0 {
			t.Errorf("the server ends with %d", status)
		}
	}
	restored := filepath.Join(t.TempDir(), "restored")
	if _, stderr, status := confab(t, "", "restore", "--data", restored, file); status != exitRefused || !strings.Contains(stderr, "nothing was restored: nothing was copied: name an empty database") {
		t.Errorf("to the database of the server: status %d, %s", status, stderr)
	}
	t.Setenv(databaseVariable, newDatabase(t))
	runs("restore", "--data", restored, file)
	has(startServer(t, restored))

	t.Setenv(databaseVariable, "")
	folder := filepath.Join(t.TempDir(), "folder")
	runs("restore", "--data", folder, file)
	has(startServer(t, folder))

	// What was exported comes to another server on PostgreSQL, with the files.
	t.Setenv(databaseVariable, newDatabase(t))
	other := t.TempDir()
	enrol(t, other, "chief")
	all := filepath.Join(t.TempDir(), "all.jsonl")
	if err := os.WriteFile(all, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	runs("import", "confab", all, "--files", filepath.Join(folder, "files"), "--with-keys", "--data", other)
	s = startServer(t, other)
	if got := received(t, s, key, "notes.txt"); !strings.Contains(got, "the notes") {
		t.Errorf("the imported file has %q", got)
	}
}

// servesAFile starts a server with a message and a file of ann's.
func servesAFile(t *testing.T) (dir string, key gossh.Signer, s *server) {
	t.Helper()
	dir = t.TempDir()
	key = enrol(t, dir, "ann")
	s = startServer(t, dir)
	if out, status := s.script(key, "send '#general' quokka"); status != 0 {
		t.Fatalf("sending: status %d, %s", status, out)
	}
	postsFile(t, s, key, "notes.txt", []byte("the notes"))
	return dir, key, s
}
