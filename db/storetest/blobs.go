package storetest

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"testing"
	"time"

	"confab/app/chat"
)

// RunBlobs tests a store of the contents of files. The function open returns an empty
// store, and closes it at the end of the test that it gets.
func RunBlobs(t *testing.T, open func(t *testing.T) chat.Blobs) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, b chat.Blobs)
	}{
		{"KeptOnce", keptOnce},
		{"Discarded", discarded},
		{"Sealed", sealed},
		{"Each", eachContent},
		{"Trash", trash},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// Receive receives a content in two parts, the second one first.
func Receive(t testing.TB, s chat.Blobs, content string) (chat.Blob, chat.Sum) {
	t.Helper()
	b, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	half := len(content) / 2
	_, err1 := b.WriteAt([]byte(content[half:]), int64(half))
	_, err2 := b.WriteAt([]byte(content[:half]), 0)
	sum, size, err3 := b.Seal()
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if size != int64(len(content)) || sum != sha256.Sum256([]byte(content)) {
		t.Fatalf("%q has %d bytes and the hash %s", content, size, sum)
	}
	return b, sum
}

// Keep receives a content and keeps it.
func Keep(t testing.TB, s chat.Blobs, content string) chat.Sum {
	t.Helper()
	b, sum := Receive(t, s, content)
	if err := errors.Join(s.Keep(b, sum), b.Discard(), b.Discard()); err != nil {
		t.Fatal(err)
	}
	return sum
}

// has checks that a content can be opened, or that it cannot.
func has(t *testing.T, s chat.Blobs, content string, want bool) {
	t.Helper()
	opened, err := s.Open(sha256.Sum256([]byte(content)))
	if !want {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opening %q: %v, want ErrNotExist", content, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(io.NewSectionReader(opened, 0, int64(len(content))+10))
	if err := errors.Join(err, opened.Close()); err != nil || string(got) != content {
		t.Errorf("%q is kept as %q, %v", content, got, err)
	}
}

// kept returns the contents that the store has.
func kept(t *testing.T, s chat.Blobs) map[chat.Sum]bool {
	t.Helper()
	found := map[chat.Sum]bool{}
	if err := s.Each(func(sum chat.Sum) error { found[sum] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	return found
}

func keptOnce(t *testing.T, s chat.Blobs) {
	has(t, s, "hello, files", false)
	for range 2 {
		sum := Keep(t, s, "hello, files")
		has(t, s, "hello, files", true)
		if got := kept(t, s); len(got) != 1 || !got[sum] {
			t.Fatalf("there are %v", got)
		}
	}
	Keep(t, s, "")
	has(t, s, "", true)
	sum := chat.Sum(sha256.Sum256([]byte("hello, files")))
	if err := errors.Join(s.Remove(sum), s.Remove(sum)); err != nil {
		t.Fatal(err)
	}
	has(t, s, "hello, files", false)
}

func discarded(t *testing.T, s chat.Blobs) {
	begun, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := Receive(t, s, "x")
	if err := errors.Join(begun.Discard(), begun.Discard(), whole.Discard()); err != nil {
		t.Fatal(err)
	}
	has(t, s, "x", false)
	if got := kept(t, s); len(got) != 0 {
		t.Errorf("there are %v", got)
	}
}

// A write that comes after a content was hashed does not change the content.
func sealed(t *testing.T, s chat.Blobs) {
	b, sum := Receive(t, s, "genuine")
	if _, err := b.WriteAt([]byte("forged!"), 0); err == nil {
		t.Error("a write after the hash succeeds")
	}
	if err := errors.Join(s.Keep(b, sum), b.Discard()); err != nil {
		t.Fatal(err)
	}
	has(t, s, "genuine", true)
}

// Each may remove contents while it visits them. An error of its function ends it.
func eachContent(t *testing.T, s chat.Blobs) {
	needed := Keep(t, s, "needed")
	Keep(t, s, "not needed")
	if err := errors.Join(s.Clear(), s.Each(func(sum chat.Sum) error {
		if sum == needed {
			return nil
		}
		return s.Remove(sum)
	})); err != nil {
		t.Fatal(err)
	}
	has(t, s, "needed", true)
	has(t, s, "not needed", false)
	if err := s.Each(func(chat.Sum) error { return fs.ErrClosed }); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a walk whose function fails: %v", err)
	}
}

// A content in the trash cannot be opened. It can be restored until the trash is emptied.
func trash(t *testing.T, s chat.Blobs) {
	sum := Keep(t, s, "content")
	at := begin
	trashed := func() (n int) {
		t.Helper()
		if err := s.EachTrashed(func(got chat.Sum, when time.Time) error {
			if n++; got != sum || when.Unix() != at.Unix() {
				t.Errorf("since %v there is %v", when, got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if trashed() != 0 {
		t.Error("the trash is not empty")
	}
	if err := s.Trash(sum, at); err != nil {
		t.Fatal(err)
	}
	has(t, s, "content", false)
	if trashed() != 1 || len(kept(t, s)) != 0 {
		t.Error("it is not in the trash alone")
	}
	if err := s.Untrash(sum); err != nil {
		t.Fatal(err)
	}
	has(t, s, "content", true)
	if err := errors.Join(s.Trash(sum, at), s.Empty(sum)); err != nil {
		t.Fatal(err)
	}
	has(t, s, "content", false)
	if trashed() != 0 {
		t.Error("the trash is not empty at the end")
	}
}
