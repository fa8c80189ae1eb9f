package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/service"
	"confab/app/testkit"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/db/blobs"
	"confab/db/sqlite"
)

// While people send all the time, each backup has the messages up to some moment,
// and none after it. It has all messages that were sent before it began. Sending
// goes on.
func TestABackupUnderLoadIsOneMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	people := map[string]gossh.Signer{"ann": enrol(t, dir, "ann"), "bob": enrol(t, dir, "bob")}
	s := startServer(t, dir)
	stop := make(chan struct{})
	var sending sync.WaitGroup
	var clients []*client
	said := map[string]int{}
	var mu sync.Mutex // guards said
	for name, key := range people {
		c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "send '#general' --lines"})
		clients = append(clients, c)
		sending.Go(func() {
			defer c.in.Close()
			for i := 1; ; i++ {
				select {
				case <-stop:
					return
				case <-c.ended:
					return
				default:
				}
				if _, err := io.WriteString(c.in, fmt.Sprintf("%s 0-%d\n", name, i)); err != nil {
					return
				}
				mu.Lock()
				said[name] = i
				mu.Unlock()
			}
		})
	}
	for _, c := range clients {
		c.shows("-7") // the id of a posted message, which is of version 7
	}
	for i := range 3 {
		before := stored(t, dir)
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.tar", i))
		if _, stderr, status := confab(t, "", "backup", "--data", dir, file); status != 0 {
			t.Fatalf("backup: status %d, %s", status, stderr)
		}
		restored := filepath.Join(t.TempDir(), "data")
		if _, stderr, status := confab(t, "", "restore", "--data", restored, file); status != 0 {
			t.Fatalf("restore: status %d, %s", status, stderr)
		}
		bodies := stored(t, restored)
		if len(bodies) < len(before) || strings.Join(bodies[:len(before)], "\n") != strings.Join(before, "\n") {
			t.Errorf("the backup has %d messages, and before it there were %d", len(bodies), len(before))
		}
		checkSayings(t, bodies, nil)
	}
	close(stop)
	sending.Wait()
	mu.Lock()
	defer mu.Unlock()
	if said["ann"] == 0 || said["bob"] == 0 {
		t.Errorf("what was said: %v", said)
	}
}

// While a backup is made, files expire and new ones arrive. The backup has every
// file that its database names.
func TestABackupHasWhatIsInItsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	blobs, err := blobs.Open(filepath.Join(dir, datafolder.FilesFolder))
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, datafolder.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	var day atomic.Int64
	service := testkit.Start(t, store, service.Options{
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(day.Load())) },

		Files: service.FileOptions{Blobs: blobs, Max: 1000, PerAccount: 1 << 30},
	})
	defer func() {
		service.Close("the test is over")
		if err := errors.Join(store.Close(), blobs.Close()); err != nil {
			t.Error(err)
		}
	}()
	ann, err := service.Open(t.Context(), gossh.FingerprintSHA256(key.PublicKey()))
	if err != nil {
		t.Fatal(err)
	}
	defer ann.Close()
	list, err := ann.Groups().Conversations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put := func(n int) error {
		u, err := ann.Files().Attach(t.Context(), list[0].ID, fmt.Sprintf("%d.txt", n))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprint(io.NewOffsetWriter(u, 0), "content ", n); err != nil {
			return err
		}
		_, err = u.Commit(t.Context())
		return err
	}
	// Each day a file arrives, and the one from two days ago expires. A backup
	// spans fewer days than its number of tries.
	const days = 10
	pass := make(chan struct{}, days)
	var work sync.WaitGroup
	work.Go(func() {
		n := 0
		for range pass {
			if err := errors.Join(put(n), service.Expire(t.Context(), 48*time.Hour)); err != nil {
				t.Errorf("day %d: %v", n, err)
			}
			n++
			day.Add(1)
		}
	})
	for i := range 5 {
		for range days {
			pass <- struct{}{}
		}
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.tar", i))
		if _, stderr, status := confab(t, "", "backup", "--data", dir, file); status != 0 || stderr != "" {
			t.Errorf("backup: status %d, %s", status, stderr)
			continue
		}
		stdout, stderr, status := confab(t, "", "restore", "--data", filepath.Join(t.TempDir(), "data"), file)
		if status != 0 || strings.Contains(stdout, "no content") {
			t.Errorf("restore: status %d, %s%s", status, stdout, stderr)
		}
	}
	close(pass)
	work.Wait()
}

// A server that has lost the content of a file can still be backed up, and every
// command reports the loss.
func TestABackupOfWhatIsLost(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data") // the doctor checks who can read it
	s := startServer(t, dir)
	c := s.ssh(options{keys: []gossh.Signer{enrol(t, dir, "ann")}, noPTY: true, exec: "scp -t '#general'"})
	c.press("C0644 5 lost.txt\n", "hello\x00")
	_ = c.in.Close()
	if status := c.status(); status != 0 {
		t.Fatalf("scp: status %d", status)
	}
	found, err := filepath.Glob(filepath.Join(dir, datafolder.FilesFolder, "*", "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the contents are %v, %v", found, err)
	}
	listen := []string{"doctor", "--data", dir, "--listen", "127.0.0.1:0"}
	if stdout, _, status := confab(t, "", listen...); status != 0 {
		t.Errorf("the doctor: status %d, %s", status, stdout)
	}
	if err := os.Truncate(found[0], 3); err != nil {
		t.Fatal(err)
	}
	if stdout, _, status := confab(t, "", listen...); status != 1 || !strings.Contains(stdout, "WRONG  files      0 missing and 1 damaged, of 1 content: restore a backup") {
		t.Errorf("the doctor: status %d, %s", status, stdout)
	}
	if err := os.Remove(found[0]); err != nil {
		t.Fatal(err)
	}
	if stdout, _, status := confab(t, "", listen...); status != 1 || !strings.Contains(stdout, "WRONG  files      1 missing and 0 damaged, of 1 content") {
		t.Errorf("the doctor: status %d, %s", status, stdout)
	}
	file := filepath.Join(t.TempDir(), "b.tar")
	if _, stderr, status := confab(t, "", "backup", "--data", dir, file); status != exitPartly || !strings.Contains(stderr, found[0]+" is missing (posted as lost.txt)") {
		t.Errorf("backup: status %d, %s", status, stderr)
	}
	stdout, stderr, status := confab(t, "", "restore", "--data", filepath.Join(t.TempDir(), "data"), file)
	if status != 0 || !strings.Contains(stdout, "1 file has no content in the backup") {
		t.Errorf("restore: status %d, %s%s", status, stdout, stderr)
	}
}

// A folder that has lost its database keeps the contents of its files. A server
// does not start there. A restore that was cut short before its last step leaves
// such a folder.
func TestAFolderWithoutItsDatabaseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	content := filepath.Join(dir, datafolder.FilesFolder, "ab", strings.Repeat("cd", 31))
	if err := os.MkdirAll(filepath.Dir(content), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(content, []byte("the only copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Not through startServer, which would wait for the server to be ready.
	ctx, stop := context.WithTimeout(t.Context(), testkit.Patience)
	defer stop()
	var out, wrong bytes.Buffer
	status := run(ctx, []string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, console.Streams{In: strings.NewReader(""), Out: &out, Err: &wrong})
	if status != exitRefused || !strings.Contains(wrong.String(), "has no database beside files, so the database was lost") {
		t.Errorf("status %d: %s%s", status, out.String(), wrong.String())
	}
	if _, err := os.Stat(content); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, datafolder.DatabaseFile)); err == nil {
		t.Error("another database has been made")
	}
}

// A data folder that cannot be written to, such as a snapshot of a disk, can be backed up.
func TestABackupOfAFolderThatIsReadOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	enrol(t, dir, "ann")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) // or it could not be deleted
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		_ = f.Close()
		t.Skip("this user can write to every folder")
	}
	file := filepath.Join(t.TempDir(), "b.tar")
	if _, stderr, status := confab(t, "", "backup", "--data", dir, file); status != 0 || stderr != "" {
		t.Fatalf("backup: status %d, %s", status, stderr)
	}
	restored := filepath.Join(t.TempDir(), "data")
	if _, stderr, status := confab(t, "", "restore", "--data", restored, file); status != 0 {
		t.Fatalf("restore: status %d, %s", status, stderr)
	}
	if stdout, stderr, status := confab(t, "", "keys", "list", "--data", restored); status != 0 || !strings.Contains(stdout, "ann") {
		t.Errorf("keys: status %d, %s%s", status, stdout, stderr)
	}
}
