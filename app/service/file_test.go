package service_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// openWithFiles starts a service that accepts files.
func openWithFiles(t *testing.T, dir string, max, perAccount int64) *service.Service {
	t.Helper()
	return openFilesAt(t, dir, max, perAccount, time.Now)
}

// openFilesAt is openWithFiles with a clock.
func openFilesAt(t *testing.T, dir string, max, perAccount int64, now func() time.Time) *service.Service {
	t.Helper()
	return openBlobsAt(t, dir, testkit.OpenBlobs(t, dir), max, perAccount, now)
}

// openWithBlobs is openWithFiles with other blobs.
func openWithBlobs(t *testing.T, dir string, blobs chat.Blobs, max, perAccount int64) *service.Service {
	t.Helper()
	return openBlobsAt(t, dir, blobs, max, perAccount, time.Now)
}

// openBlobsAt is openWithBlobs with a clock.
func openBlobsAt(t *testing.T, dir string, blobs chat.Blobs, max, perAccount int64, now func() time.Time) *service.Service {
	t.Helper()
	store := testkit.OpenStore(t, dir)
	return testkit.Serve(t, store, store, service.Options{Now: now, Files: service.FileOptions{Blobs: blobs, Max: max, PerAccount: perAccount}})
}

// contents returns the names in the folder of files.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(filepath.Join(dir, "files"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "trash" {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() {
			found = append(found, filepath.Base(p))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func attach(t *testing.T, s *service.Session, in chat.ConversationID, name, content string) (*chat.Message, error) {
	up, err := s.Files().Attach(t.Context(), in, name)
	if err != nil {
		return nil, err
	}
	if _, err := up.WriteAt([]byte(content), 0); err != nil {
		return nil, errors.Join(err, up.Discard())
	}
	return up.Commit(t.Context())
}

func mustAttach(t *testing.T, s *service.Session, in chat.ConversationID, name, content string) *chat.Message {
	t.Helper()
	m, err := attach(t, s, in, name, content)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fetch(t *testing.T, s *service.Session, in chat.ConversationID, name string) (string, error) {
	t.Helper()
	f, content, err := s.Files().Open(t.Context(), in, name)
	if err != nil {
		return "", err
	}
	defer content.Close()
	got, err := io.ReadAll(io.NewSectionReader(content, 0, f.Size+1))
	if err != nil {
		t.Fatal(err)
	}
	return string(got), nil
}

func TestAFileIsAMessage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 100, 1000)
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	m := mustAttach(t, ann, in, "../report of @bob.txt", "hello")
	got := received(bob, 1)[0]
	if got.File == nil || *got.File != *m.File || got.Body != "report of @bob.txt" {
		t.Fatalf("bob gets %+v with %+v", got, got.File)
	}
	if want := chat.Sum(sha256.Sum256([]byte("hello"))); m.File.Sum != want || m.File.Size != 5 {
		t.Errorf("the file is %+v", m.File)
	}
	if want := "file report of @bob.txt  5 B  sha256 2cf24dba…  ~1"; m.Text() != want {
		t.Errorf("it says %q, want %q", m.Text(), want)
	}
	page, err := bob.Messages().After(t.Context(), in, 0, 10)
	if err != nil || len(page) != 1 || *page[0].File != *m.File {
		t.Fatalf("the store has %+v, %v", page, err)
	}
	list, err := bob.Groups().Conversations(t.Context())
	if err != nil || list[0].Unread != 1 || list[0].Mentioned() {
		t.Errorf("bob's list is %+v, %v", list, err)
	}
	if list, err := ann.Groups().Conversations(t.Context()); err != nil || list[0].Mine.Seen != 0 {
		t.Errorf("ann has seen up to %d, %v; sending a file reads nothing", list[0].Mine.Seen, err)
	}
	if got, err := fetch(t, bob, in, "report of @bob.txt"); got != "hello" || err != nil {
		t.Errorf("bob fetches %q, %v", got, err)
	}
}

func TestRepeatedNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 100, 1000)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	for _, content := range []string{"one", "two", "one"} {
		mustAttach(t, ann, in, "résumé", content)
	}
	mustAttach(t, ann, in, "~2", "not the second")
	for name, want := range map[string]string{
		"résumé": "one", "re\u0301sume\u0301": "one", "résumé~1": "one", "résumé~2": "two", "résumé~3": "one",
		"~1": "one", "~2": "two", "~3": "one", "2": "not the second",
		"résumé~4": "", "2~1": "", "~5": "", "~0": "", "~02": "", "~+2": "", "~": "", "": "", "..": "", "../1": "",
	} {
		got, err := fetch(t, ann, in, name)
		if got != want || want == "" && !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%q has %q, %v; want %q", name, got, err, want)
		}
	}
	list, err := ann.Files().List(t.Context(), in, 0, 10)
	var names []string
	for _, f := range list {
		names = append(names, f.Unique())
		if got, err := ann.Files().Find(t.Context(), in, f.Unique()); err != nil || got != f {
			t.Errorf("%s is %+v, %v; want %+v", f.Unique(), got, err, f)
		}
	}
	if want := []string{"résumé~1", "résumé~2", "résumé", "2"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("the list is %q, %v; want %q", names, err, want)
	}
	if got := contents(t, dir); len(got) != 3 {
		t.Errorf("three contents left the files %q", got)
	}
}

func TestWhoMaySeeFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 100, 1000)
	ann, bob, eve := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2)), testkit.Connect(t, s, testkit.Enrol(t, s, "eve", 3))
	meet(t, ann, "bob", "eve")
	ops, err := ann.Groups().NewGroup(t.Context(), "ops", false, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	old := mustAttach(t, ann, ops, "old", "old")
	denied := func(who string, s *service.Session, name string) {
		t.Helper()
		if got, err := fetch(t, s, ops, name); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s fetches %q, %v", who, got, err)
		}
	}
	denied("eve", eve, "old")
	denied("eve", eve, text.FileID(int64(old.Seq)))
	if list, err := eve.Files().List(t.Context(), ops, 0, 10); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("eve lists %v, %v", list, err)
	}
	if _, err := attach(t, eve, ops, "x", "x"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("eve sends a file: %v", err)
	}

	// A member who joins later sees only later files.
	if err := ann.Groups().AddMembers(t.Context(), ops, []string{"eve"}); err != nil {
		t.Fatal(err)
	}
	denied("late eve", eve, "old")
	denied("late eve", eve, text.FileID(int64(old.Seq)))
	mustAttach(t, bob, ops, "new", "new")
	if list, err := eve.Files().List(t.Context(), ops, 0, 10); err != nil || len(list) != 1 || list[0].Name != "new" {
		t.Errorf("late eve lists %v, %v", list, err)
	}
	if got, err := fetch(t, eve, ops, "new"); got != "new" || err != nil {
		t.Errorf("late eve fetches %q, %v", got, err)
	}

	// If a member is removed while sending a file, it is not posted, and nothing of it remains.
	up, err := bob.Files().Attach(t.Context(), ops, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := up.WriteAt([]byte("unseen"), 0); err != nil {
		t.Fatal(err)
	}
	if err := ann.Groups().RemoveMember(t.Context(), ops, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := up.Commit(t.Context()); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("bob, removed, sends: %v", err)
	}
	denied("removed bob", bob, "old")
	denied("removed bob", bob, "new")
	if got := contents(t, dir); len(got) != 2 {
		t.Errorf("there are %q", got)
	}

	// The same content is already there, and stays.
	up, err = eve.Files().Attach(t.Context(), ops, "again")
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := up.WriteAt([]byte("old"), 0)
	if err := errors.Join(err1, ann.Groups().RemoveMember(t.Context(), ops, "eve")); err != nil {
		t.Fatal(err)
	}
	if _, err := up.Commit(t.Context()); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("eve, removed, sends: %v", err)
	}
	if got, err := fetch(t, ann, ops, "old"); got != "old" || err != nil {
		t.Errorf("ann fetches %q, %v", got, err)
	}
}

func TestAServerThatTakesNoFiles(t *testing.T) {
	t.Parallel()
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	if _, err := ann.Files().Attach(t.Context(), in, "x"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("sending: %v", err)
	}
	if _, _, err := ann.Files().Open(t.Context(), in, "x"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("fetching: %v", err)
	}
	if err := s.SweepFiles(t.Context()); err != nil {
		t.Error(err)
	}
}

// All accounts share the server's space for files. A client learns how much it can send,
// which may be less than the limit of its account.
func TestTheServersRoomForFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := testkit.OpenBlobs(t, dir)
	store := testkit.OpenStore(t, dir)
	s := testkit.Serve(t, store, store, service.Options{Now: time.Now, Files: service.FileOptions{Blobs: kept, Max: 100, PerAccount: 80, Total: 100}})
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	general := testkit.General(t, ann)
	room := func(when string, who *service.Session, want int64) {
		t.Helper()
		limit, free, err := who.Files().Room(t.Context())
		if err != nil || limit != 80 || free != want {
			t.Errorf("%s, %d of %d bytes are free, %v; want %d of 80", when, free, limit, err, want)
		}
	}
	room("at first", ann, 80)
	mustAttach(t, ann, general, "one", strings.Repeat("1", 50))
	room("with 50 bytes of ann's", ann, 30)
	room("with 50 bytes of ann's", bob, 50)
	up, err := bob.Files().Attach(t.Context(), general, "two")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := up.WriteAt(make([]byte, 40), 0); err != nil {
		t.Fatal(err)
	}
	room("while 40 bytes of bob's arrive", ann, 10)
	room("while 40 bytes of bob's arrive", bob, 10)
	_, err = attach(t, ann, general, "three", strings.Repeat("3", 11))
	if want := "The server's space for files is full"; !errors.Is(err, chat.ErrTooLarge) || !strings.Contains(chat.UserText(err), want) {
		t.Errorf("a file for which the server has no room: %v", err)
	}
	mustAttach(t, ann, general, "three", strings.Repeat("3", 10))
	room("when all is used", ann, 0)
	if err := up.Discard(); err != nil {
		t.Fatal(err)
	}
	room("when bob's are dropped", ann, 20)
	room("when bob's are dropped", bob, 40)
}
