package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	gossh "golang.org/x/crypto/ssh"

	"confab/cmd/confab/datafolder"
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
	if out := runs("backup", "--data", dir, backups, "--rotate", "1"); !strings.Contains(out, "the database, the host key and 1 file") {
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

// The doctor looks at the database, and tells what is wrong with it or with the folder.
func TestDoctorOnPostgreSQL(t *testing.T) {
	address := onPostgres(t)
	dir, _, s := servesAFile(t)
	doctor := func(status int, want ...string) {
		t.Helper()
		stdout, stderr, got := confab(t, "", "doctor", "--data", dir, "--deep", "--listen", "127.0.0.1:0")
		for _, text := range want {
			if got != status || !strings.Contains(stdout, text) {
				t.Errorf("no %q: status %d, %s%s", text, got, stdout, stderr)
			}
		}
	}
	doctor(0, "ok     parts      the database and the folder belong together", "ok     files      1 content, all with the right hash", "this server answers on")
	if stdout, stderr, status := confab(t, "", "doctor", "--data", dir, "--quick"); status != 0 {
		t.Errorf("quick: status %d, %s%s", status, stdout, stderr)
	}
	s.stop()
	database, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	for _, change := range []string{"UPDATE content_parts SET data = 'changed!!'", "UPDATE settings SET value = 'another' WHERE name = 'server-id'", "DELETE FROM goose_db_version WHERE version_id = 2"} {
		if _, err := database.ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, datafolder.HostKeyFile)); err != nil {
		t.Fatal(err)
	}
	doctor(exitRefused, "WRONG  files      1 missing or damaged, of 1 content", "WRONG  parts      "+dir+" is the folder of another server",
		"WRONG  host key   the host key ", "WRONG  database   the tables are from an older version")
	t.Setenv(databaseVariable, "postgres://nobody@/none?host="+t.TempDir())
	doctor(exitRefused, "WRONG  database   start PostgreSQL, or correct the address")
}

// The database knows the host key that clients have seen. A server with another key, or
// without one, does not start beside it and makes none, unless its host accepts that.
func TestTheHostKeyBesideADatabase(t *testing.T) {
	onPostgres(t)
	dir, key, s := servesAFile(t)
	hostKey := s.connect(key).hostKey
	refused := func(dir, want string) {
		t.Helper()
		_, stderr, status := confab(t, "", "serve", "--data", dir, "--listen", "127.0.0.1:0")
		if status == 0 || !strings.Contains(stderr, want) {
			t.Errorf("status %d, want %q:\n%s", status, want, stderr)
		}
	}
	path := filepath.Join(dir, datafolder.HostKeyFile)
	own, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put := func(dir string, key []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, datafolder.HostKeyFile), key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	foreign := filepath.Join(t.TempDir(), "foreign")
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", foreign).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	another, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	// A reload takes no other key either, and changes nothing.
	put(dir, another)
	s.signal(syscall.SIGHUP)
	s.logs("the host key is not the one that clients have seen")
	if got := s.connect(key).hostKey; got != hostKey {
		t.Errorf("after the reload, the host key is %s", got)
	}
	s.stop()
	refused(dir, "is not the one that clients have seen (SHA256:")

	// A second machine has an empty folder. It gets no key of its own.
	second := t.TempDir()
	refused(second, "copy it from the data folder of another machine of this server, or from a backup, or, to create a new one, which makes every client warn its user, run with the same --database: confab accept --data "+second)
	if _, err := os.Stat(filepath.Join(second, datafolder.HostKeyFile)); err == nil {
		t.Error("the second machine made a host key")
	}
	put(second, own)
	s = startServer(t, second)
	if got := s.connect(key).hostKey; got != hostKey {
		t.Errorf("on the second machine, the host key is %s", got)
	}
	s.stop()
	accepts := func(want string) {
		t.Helper()
		if out, stderr, status := confab(t, "", "accept", "--data", dir); status != 0 || !strings.Contains(out, want) {
			t.Errorf("accept: status %d, want %q:\n%s%s", status, want, out, stderr)
		}
	}
	accepts("accepted; start the server with this folder and the same --database")
	accepts("nothing to accept")
	refused(second, "is not the one that clients have seen")
	s = startServer(t, dir)
	if got := s.connect(key).hostKey; got == hostKey {
		t.Error("the accepted host key is not used")
	}
	s.stop()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused(dir, "is missing: copy it")
	accepts("the next start creates a new host key")
	startServer(t, dir)

	// A folder of another server can be made this one's.
	mark := filepath.Join(second, "server-id")
	if err := os.WriteFile(mark, []byte("another\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(second, "to use them together, run with the same --database: confab accept --data "+second)
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

// The command lines that people are told to run find the server in the same way: by the settings
// file, or by the address of the database, which is not shown because it may have a password.
func TestCommandsThatPeopleAreToldFindTheServer(t *testing.T) {
	address := newDatabase(t)
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "settings.yaml")
	text := fmt.Sprintf("data: %q\ndatabase: %q\n", dir, address)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ways := map[string][]string{
		" --data " + dir + " --database URL":   {"--data", dir, "--database", address},
		" --data " + dir + " --config " + file: {"--config", file},
	}
	for option, args := range ways {
		_, stderr, status := confab(t, "", append([]string{"users", "list"}, args...)...)
		if want := "confab keys add" + option + " NAME FILE\n"; status != 0 || !strings.Contains(stderr, want) {
			t.Errorf("status %d, and no %q in %s", status, want, stderr)
		}
		// The hint of a refusal.
		_, stderr, status = confab(t, "", append([]string{"users", "rename", "nobody", "someone"}, args...)...)
		if want := "confab users list" + option + " to see"; status != exitRefused || !strings.Contains(stderr, want) {
			t.Errorf("status %d, and no %q in %s", status, want, stderr)
		}
	}
}
