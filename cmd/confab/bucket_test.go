package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// bucketVariable is the setting --bucket.
const bucketVariable = "CONFAB_BUCKET"

// onBucket makes the servers and commands of a test use a PostgreSQL database and a bucket of
// their own.
func onBucket(t *testing.T) *s3 {
	t.Helper()
	s, err := newS3("chat")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.server.Close)
	s.cluster = newCluster(t)
	t.Setenv(databaseVariable, s.cluster.Database(t))
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv(bucketVariable, s.address("team"))
	return s
}

// runsIn runs a command, which must succeed and say some things.
func runsIn(t *testing.T, want []string, args ...string) {
	t.Helper()
	stdout, stderr, status := confab(t, "", args...)
	for _, text := range want {
		if status != 0 || !strings.Contains(stdout, text) {
			t.Errorf("%s: no %q: status %d, %s%s", args, text, status, stdout, stderr)
		}
	}
}

// refusedIn runs a command, which must be refused with a sentence.
func refusedIn(t *testing.T, want string, args ...string) {
	t.Helper()
	if stdout, stderr, status := confab(t, "", args...); status != exitRefused || !strings.Contains(stdout+stderr, want) {
		t.Errorf("%s: status %d, want %q:\n%s%s", args, status, want, stdout, stderr)
	}
}

// fetches checks that a server gives out the file of [servesAFile].
func fetches(t *testing.T, s *server, key gossh.Signer) {
	t.Helper()
	if got := received(t, s, key, "notes.txt"); !strings.Contains(got, "the notes") {
		t.Errorf("the file has %q", got)
	}
}

// The files of two servers are in one bucket, and the commands of the host work with it. A bucket
// belongs to one server, and a server to one bucket.
func TestFilesInABucket(t *testing.T) {
	in := onBucket(t)
	database := os.Getenv(databaseVariable)
	dir, key, first := servesAFile(t)
	second := secondServer(t, dir)
	fetches(t, second, key)
	if objects := in.objects(t); len(objects) != 2 || objects[1] != "team/server-id" {
		t.Errorf("the bucket has %q", objects)
	}
	runsIn(t, []string{"1 content in s3://chat/team"}, "db", "stats", "--data", dir)
	runsIn(t, []string{"ok     bucket     s3://chat/team belongs to this server", "ok     files      1 content, all with the right hash"},
		"doctor", "--data", dir, "--deep")
	runsIn(t, []string{"are valid"}, "config", "check", "--data", t.TempDir())
	backup := filepath.Join(t.TempDir(), "all.tar")
	runsIn(t, []string{"the host key and 1 file"}, "backup", "--data", dir, backup)
	second.stop()
	first.stop()

	serve := []string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}
	refusedIn(t, "the files of this server are in s3://chat/team and not in s3://chat/elsewhere", append(serve, "--bucket", in.address("elsewhere"))...)
	refusedIn(t, "a bucket needs a PostgreSQL database", append(serve, "--database", "")...)
	refusedIn(t, "s3://BUCKET", append(serve, "--bucket", "/srv/files")...)
	t.Setenv(bucketVariable, "")
	refusedIn(t, "the files of this server are in s3://chat/team: name it with --bucket", serve...)
	refusedIn(t, "name it with --bucket", "doctor", "--data", dir)

	// A restore can bring the files to the database, and to another part of the bucket.
	restored := filepath.Join(t.TempDir(), "restored")
	t.Setenv(databaseVariable, in.cluster.Database(t))
	refusedIn(t, "s3://chat/team has the files of another", "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--bucket", in.address("team"))
	t.Setenv(databaseVariable, in.cluster.Database(t))
	runsIn(t, []string{"restored"}, "restore", "--data", restored, "--bucket", in.address("restored"), backup)
	if objects := in.objects(t); len(objects) != 4 {
		t.Errorf("after the restore, the bucket has %q", objects)
	}
	s := startServer(t, restored, "--bucket", in.address("restored"))
	fetches(t, s, key)
	s.stop()
	runsIn(t, []string{"contents of files: 1, 9 B", "start the server without --database"},
		"migrate", "--from", os.Getenv(databaseVariable), "--bucket", in.address("restored"), "--to", restored)
	t.Setenv(databaseVariable, in.cluster.Database(t))
	runsIn(t, []string{"contents of files: 1, 9 B"}, "migrate", "--from", restored, "--to", os.Getenv(databaseVariable))
	s = startServer(t, restored)
	fetches(t, s, key)
	s.stop()
	refusedIn(t, "the files of this server are in its database and not in s3://chat/team: leave --bucket out", "serve", "--data", restored, "--listen", "127.0.0.1:0", "--bucket", in.address("team"))

	// A lost bucket is noticed. The host decides to go on.
	t.Setenv(databaseVariable, database)
	t.Setenv(bucketVariable, in.address("team"))
	for _, name := range in.objects(t) {
		if _, err := in.stored.DeleteObject("chat", name); err != nil {
			t.Fatal(err)
		}
	}
	refusedIn(t, "WRONG  bucket     the bucket has lost the files of this server", "doctor", "--data", dir)
	refusedIn(t, "the bucket has lost the files of this server: s3://chat/team has no server-id: put its objects back", serve...)
	runsIn(t, []string{"accepted"}, "accept", "--data", dir)
	runsIn(t, []string{"nothing to accept"}, "accept", "--data", dir)
	refusedIn(t, "WRONG  files      1 missing or damaged, of 1 content", "doctor", "--data", dir)
	s = startServer(t, dir)
	postsFile(t, s, key, "notes.txt", []byte("the notes"))
	fetches(t, s, key)
}

// While the bucket is away, people read why their files are not posted, and the chat goes on. The
// server also starts without it.
func TestABucketThatIsAway(t *testing.T) {
	in := onBucket(t)
	dir, key, s := servesAFile(t)
	in.away.Store(true)
	for range 2 {
		c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "scp -t '#general'"})
		c.press("C0644 1 a\nx\x00")
		_ = c.in.Close()
		if status := c.status(); status == 0 || !strings.Contains(c.received()+c.stderr.String(), "The server cannot reach its storage for files") {
			t.Errorf("scp: status %d, %q %q", status, c.received(), c.stderr.String())
		}
		s.logs("the storage for files cannot be reached")
		if out, status := s.script(key, "send '#general' on it goes"); status != 0 {
			t.Errorf("sending: status %d, %s", status, out)
		}
		s.stop()
		s = startServer(t, dir)
	}
	s.logs("nobody can post or fetch files until the bucket can be reached")
	refusedIn(t, "the storage for files cannot be reached", "config", "check", "--data", dir)
	in.away.Store(false)
	postsFile(t, s, key, "more.txt", []byte("more"))
	fetches(t, s, key)
}
