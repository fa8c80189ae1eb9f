package service_test

import (
	"errors"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

func TestWhatACrashLeftIsSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 100, 1000)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	mustAttach(t, ann, in, "kept", "kept")
	blobs := testkit.OpenBlobs(t, dir)
	// One upload is interrupted while the file arrives, and one after the content was kept
	// but before the message was posted.
	if _, err := blobs.Create(); err != nil {
		t.Fatal(err)
	}
	b, err := blobs.Create()
	if err != nil {
		t.Fatal(err)
	}
	sum, _, err := b.Seal()
	if err := errors.Join(err, blobs.Keep(b, sum)); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, dir); len(got) != 3 {
		t.Fatalf("there are %q", got)
	}
	if err := s.SweepFiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, dir); len(got) != 1 {
		t.Errorf("there are %q", got)
	}
	if got, err := fetch(t, ann, in, "kept"); got != "kept" || err != nil {
		t.Errorf("fetched %q, %v", got, err)
	}
}

// Content is removed from the disk together with the last message that has it, whether the
// message is deleted or its author is purged.
func TestContentsGoWithTheirMessages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 100, 1000)
	watched(t, s)
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	one := mustAttach(t, ann, in, "one", "shared")
	mustAttach(t, bob, in, "two", "shared")
	own := mustAttach(t, ann, in, "three", "ann's")
	mustAttach(t, bob, in, "four", "bob's")
	for _, c := range []struct {
		seq  chat.Seq
		left int
	}{{one.Seq, 3}, {own.Seq, 2}} {
		if _, err := ann.Messages().Delete(t.Context(), in, c.seq); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, dir); len(got) != c.left {
			t.Errorf("there are %q", got)
		}
	}
	if _, err := s.Host().DeleteUser(t.Context(), "bob", true); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "bob's contents to go", func() bool { return len(contents(t, dir)) == 0 })
}

// slowBlobs have so many contents that a sweep takes until the test is over.
type slowBlobs struct {
	chat.Blobs
	going chan struct{} // closed when it has begun
	end   chan struct{}
}

func (b slowBlobs) Each(func(chat.Sum) error) error {
	close(b.going)
	<-b.end
	return nil
}

// While a sweep looks for the contents of a deleted account, others can post files, and
// other changes are applied.
func TestNobodyWaitsForASweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := testkit.OpenStore(t, dir)
	blobs := slowBlobs{testkit.OpenBlobs(t, dir), make(chan struct{}), make(chan struct{})}
	s := testkit.Start(t, store, service.Options{

		Files: service.FileOptions{Blobs: blobs, Max: 100, PerAccount: 1000},
	})
	t.Cleanup(func() {
		s.Close("the test is over")
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	watched(t, s)
	t.Cleanup(func() { close(blobs.end) })
	ann, eve := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "eve", 2))
	testkit.Enrol(t, s, "bob", 3)
	if _, err := s.Host().DeleteUser(t.Context(), "bob", true); err != nil {
		t.Fatal(err)
	}
	<-blobs.going
	if _, err := s.Host().Ban(t.Context(), "@eve", 0, ""); err != nil {
		t.Fatal(err)
	}
	endsWith(t, eve)
	mustAttach(t, ann, testkit.General(t, ann), "one", "ann's")
}
