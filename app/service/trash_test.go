package service_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/blobs"
)

// trashed reports whether content is in the trash.
func trashed(t *testing.T, dir, content string) bool {
	t.Helper()
	sum := chat.Sum(sha256.Sum256([]byte(content)))
	_, err := os.Stat(filepath.Join(dir, "files", "trash", sum.String()))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// keepContent adds content to the files that no message has.
func keepContent(t *testing.T, dir, content string) {
	t.Helper()
	blobs := testkit.OpenBlobs(t, dir)
	b, err := blobs.Create()
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := b.WriteAt([]byte(content), 0)
	sum, _, err2 := b.Seal()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(blobs.Keep(b, sum), b.Discard()); err != nil {
		t.Fatal(err)
	}
}

// A sweep moves content that no file has to the trash. It stays there for a week, and comes
// back if a file has it after all.
func TestASweepMovesContentsToTheTrash(t *testing.T) {
	t.Parallel()
	var day atomic.Int64
	now := func() time.Time { return time.Now().AddDate(0, 0, int(day.Load())) }
	dir := t.TempDir()
	s := openFilesAt(t, dir, 100, 1000, now)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	mustAttach(t, ann, in, "known", "known")
	keepContent(t, dir, "unknown")
	sweep := func() {
		t.Helper()
		if err := s.SweepFiles(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	if got := contents(t, dir); len(got) != 1 || !trashed(t, dir, "unknown") {
		t.Fatalf("there are %q, and in the trash: %v", got, trashed(t, dir, "unknown"))
	}
	// An older database was used for a while, and its sweep moved this content away too.
	sum := chat.Sum(sha256.Sum256([]byte("known")))
	if err := os.Rename(filepath.Join(dir, "files", filepath.FromSlash(blobs.Path(sum))), filepath.Join(dir, "files", "trash", sum.String())); err != nil {
		t.Fatal(err)
	}
	day.Store(6)
	sweep()
	if got, err := fetch(t, ann, in, "known"); got != "known" || err != nil {
		t.Errorf("fetched %q, %v", got, err)
	}
	if !trashed(t, dir, "unknown") {
		t.Error("it has gone from the trash after six days")
	}
	day.Store(8)
	sweep()
	if trashed(t, dir, "unknown") {
		t.Error("it is in the trash after eight days")
	}
}

// Of several servers, the one that leads sweeps when it starts, and again each day. The others
// leave the contents alone, because listing a bucket takes a while.
func TestTheLeaderSweepsEachDay(t *testing.T) {
	t.Parallel()
	var day atomic.Int64
	now := func() time.Time { return time.Now().AddDate(0, 0, int(day.Load())) }
	dir := t.TempDir()
	store := testkit.OpenStore(t, dir)
	lock := &leadership{}
	s := testkit.Serve(t, store, store, service.Options{Now: now, Locks: lock, Files: service.FileOptions{Blobs: testkit.OpenBlobs(t, dir), Max: 100, PerAccount: 1000}})
	keepContent(t, dir, "unknown")
	if err := s.SweepFiles(t.Context()); err != nil || trashed(t, dir, "unknown") {
		t.Fatalf("a server that does not lead has swept: %v", err)
	}
	lock.leads.Store(true)
	if err := s.SweepFiles(t.Context()); err != nil || !trashed(t, dir, "unknown") {
		t.Fatalf("the server that leads has not swept: %v", err)
	}
	retain := func(what string, until func() bool) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Retain(ctx) }()
		testkit.Eventually(t, what, until)
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	keepContent(t, dir, "later")
	asked := lock.asked.Load()
	retain("it asks whether it leads", func() bool { return lock.asked.Load() > asked })
	if trashed(t, dir, "later") {
		t.Error("it was swept twice in a day")
	}
	day.Store(1)
	retain("it sweeps on the next day", func() bool { return trashed(t, dir, "later") })
}

// leadership says whether a server leads. Its locks are free.
type leadership struct {
	leads atomic.Bool
	asked atomic.Int64
}

func (l *leadership) Lock(context.Context, string) (func(), error) { return func() {}, nil }

func (l *leadership) Leads(context.Context) (bool, error) {
	l.asked.Add(1)
	return l.leads.Load(), nil
}

// A sweep moves nothing while the database cannot vouch for its record of files: when it
// has no id, or when its index of contents does not match its files.
func TestNothingIsSweptBeforeTheDatabaseVouches(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]string{
		"without an id": "DELETE FROM settings WHERE name = 'server-id'",
		"with an index that lost a file": `PRAGMA writable_schema = 1;
			UPDATE sqlite_schema SET sql = sql || ' WHERE size > 1000' WHERE name = 'files_sha256';
			PRAGMA writable_schema = 0; PRAGMA schema_version = 4711; REINDEX files_sha256;
			PRAGMA writable_schema = 1;
			UPDATE sqlite_schema SET sql = replace(sql, ' WHERE size > 1000', '') WHERE name = 'files_sha256';
			PRAGMA writable_schema = 0; PRAGMA schema_version = 4712;`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := openWithFiles(t, dir, 100, 1000)
			ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
			mustAttach(t, ann, testkit.General(t, ann), "known", "known")
			keepContent(t, dir, "unknown")
			database, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "confab.db")+"?_pragma=busy_timeout(5000)")
			if err != nil {
				t.Fatal(err)
			}
			database.SetMaxOpenConns(1)
			_, err = database.Exec(harm)
			if err := errors.Join(err, database.Close()); err != nil {
				t.Fatal(err)
			}
			if err := s.SweepFiles(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := contents(t, dir); len(got) != 2 {
				t.Errorf("two contents left the files %q", got)
			}
		})
	}
}
