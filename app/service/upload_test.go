package service_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

func TestLimitsOnFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 10, 25)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	tooLarge := func(err error, text string) {
		t.Helper()
		if !errors.Is(err, chat.ErrTooLarge) || !strings.Contains(chat.UserText(err), text) {
			t.Errorf("got %v, want a refusal with %q", err, text)
		}
	}
	_, err := attach(t, ann, in, "x", "12345678901")
	tooLarge(err, "the limit is 10 B")
	for _, off := range []int64{-1, 1 << 62, 10, 1<<63 - 1} {
		up, err := ann.Files().Attach(t.Context(), in, "x")
		if err != nil {
			t.Fatal(err)
		}
		_, err = up.WriteAt([]byte("1"), off)
		tooLarge(err, "the limit is 10 B")
		_, err = up.WriteAt([]byte("1"), 0)
		tooLarge(err, "the limit is 10 B")
		_, err = up.Commit(t.Context())
		tooLarge(err, "the limit is 10 B")
	}
	// A file with holes is refused.
	up, err := ann.Files().Attach(t.Context(), in, "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := up.WriteAt([]byte("1"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := up.Commit(t.Context()); !errors.Is(err, text.ErrInvalid) {
		t.Errorf("with a hole: %v", err)
	}
	if got := contents(t, dir); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
	// All files of an account count, even those with the same content, and also files that
	// are arriving.
	mustAttach(t, ann, in, "a", "1234567890")
	mustAttach(t, ann, in, "b", "1234567890")
	up, err = ann.Files().Attach(t.Context(), in, "c")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := up.WriteAt([]byte("123"), 0); err != nil {
		t.Fatal(err)
	}
	_, err = attach(t, ann, in, "d", "123")
	tooLarge(err, "all your files together can have 25 B")
	mustAttach(t, ann, in, "d", "12")
	_, err = ann.Files().Attach(t.Context(), in, "e")
	tooLarge(err, "all your files together can have 25 B")
	if err := errors.Join(up.Discard(), up.Discard()); err != nil {
		t.Fatal(err)
	}
	mustAttach(t, ann, in, "e", "123")
	_, err = ann.Files().Attach(t.Context(), in, "f")
	tooLarge(err, "all your files together can have 25 B")
	// Files of another account do not count.
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	mustAttach(t, bob, in, "a", "1234567890")
	// Too many uploads at the same time are refused.
	var open []*service.Upload
	for range 16 {
		up, err := bob.Files().Attach(t.Context(), in, "x")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, up)
	}
	_, err = bob.Files().Attach(t.Context(), in, "x")
	tooLarge(err, "16 files already")
	for _, up := range open {
		if err := up.Discard(); err != nil {
			t.Error(err)
		}
	}
}

// The limit holds while many uploads run at once, and refused uploads leave nothing
// behind.
func TestManyFilesAtTheSameTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 10, 40)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	var wg sync.WaitGroup
	var mu sync.Mutex
	posted := 0
	for i := range 12 {
		wg.Go(func() {
			_, err := attach(t, ann, in, "x", fmt.Sprintf("content %02d", i%6))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				posted++
			} else if !errors.Is(err, chat.ErrTooLarge) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err := ann.Files().List(t.Context(), in, 0, 100)
	if err != nil || len(list) != posted || posted > 4 || posted == 0 {
		t.Fatalf("%d are posted and %d listed, %v; want 4 at most", posted, len(list), err)
	}
	sums := make(map[chat.Sum]bool)
	for _, f := range list {
		sums[f.Sum] = true
	}
	if got := contents(t, dir); len(got) != len(sums) {
		t.Errorf("there are %q of %d contents", got, len(sums))
	}
}

// Open files count for an account over all its sessions. The server opens a file on its
// disk only at the first read or write.
func TestHandlesAreCountedByAccount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 10, 1000)
	ann, bob := testkit.Enrol(t, s, "ann", 1), testkit.Enrol(t, s, "bob", 2)
	var opened []func()
	for i := range 64 {
		if i%16 == 0 {
			testkit.Connect(t, s, ann)
		}
		closed, err := testkit.Connect(t, s, ann).Files().Hold()
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, closed)
	}
	session := testkit.Connect(t, s, ann)
	if _, err := session.Files().Hold(); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("one more: %v", err)
	}
	if closed, err := testkit.Connect(t, s, bob).Files().Hold(); err != nil {
		t.Errorf("another's: %v", err)
	} else {
		closed()
	}
	for _, closed := range opened {
		closed()
		closed() // counts only once
	}
	if closed, err := session.Files().Hold(); err != nil {
		t.Errorf("after they were closed: %v", err)
	} else {
		closed()
	}
	in := testkit.General(t, session)
	up, err := session.Files().Attach(t.Context(), in, "x")
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, dir); len(got) != 0 {
		t.Errorf("before anything comes there are %q", got)
	}
	m, err := up.Commit(t.Context())
	if err != nil || m.File.Size != 0 {
		t.Errorf("an empty file is %+v, %v", m, err)
	}
	_, content, err := session.Files().Open(t.Context(), in, "x")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := content.ReadAt(make([]byte, 1), 0); n != 0 || err != io.EOF {
		t.Errorf("it has %d bytes, %v", n, err)
	}
	if err := content.Close(); err != nil {
		t.Error(err)
	}
	if _, err := content.ReadAt(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after it was closed: %v", err)
	}
}

// While a larger file arrives, the people who have the conversation open are told now and
// then how much is there, and so are the user's own screens.
func TestAFileShowsHowMuchHasArrived(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.UnixMilli(1_800_000_000_000)}
	s := openFilesAt(t, t.TempDir(), 1000, 1000, c.Now)
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd := x[0], x[1], x[2]
	in := testkit.General(t, ann)
	visit(t, ann, in)
	visit(t, bob, in)
	for _, a := range x {
		a.Mailbox().Drain()
	}
	told := func(a *service.Session) (sent string) {
		for _, ev := range a.Mailbox().Drain().Events {
			if e, ok := ev.(chat.Typing); ok && e.Conversation == in && e.Name == "ann" {
				sent = e.Sent
			}
		}
		return sent
	}
	up, err := ann.Files().Attach(t.Context(), in, "x")
	if err != nil {
		t.Fatal(err)
	}
	write := func(at int64) {
		t.Helper()
		if _, err := up.WriteAt(make([]byte, 100), at); err != nil {
			t.Fatal(err)
		}
	}
	if write(0); told(bob) != "" {
		t.Error("people are told of a file that has just begun")
	}
	c.add(time.Second)
	write(100)
	if got := told(bob); got != "200 B" {
		t.Errorf("bob is told %q", got)
	}
	if got := told(ann); got != "200 B" {
		t.Errorf("ann is told %q", got)
	}
	if got := told(cyd); got != "" {
		t.Errorf("cyd, who looks elsewhere, is told %q", got)
	}
	if write(200); told(bob) != "" {
		t.Error("people are told again at once")
	}
	if err := up.Announce(800); err != nil {
		t.Fatal(err)
	}
	c.add(time.Second)
	write(300)
	if got := told(bob); got != "50 %" {
		t.Errorf("bob is told %q", got)
	}
	if err := up.Discard(); err != nil {
		t.Fatal(err)
	}
}
