package service_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/text"
)

// lateWrites is how many uploads the test races. The bug that it looks for appeared once in
// a few thousand uploads.
const lateWrites = 12_000

// memoryBlobs keeps contents in memory. Each write changes the content directly, so that a
// late write is noticed.
type memoryBlobs struct {
	chat.Blobs
	late atomic.Int64 // counts writes after content was sealed
}

func (b *memoryBlobs) Create() (chat.Blob, error) { return &memoryBlob{store: b}, nil }

// memoryBlob is content of memoryBlobs.
type memoryBlob struct {
	store   *memoryBlobs
	mu      sync.Mutex
	content []byte
	sealed  bool
}

func (b *memoryBlob) WriteAt(p []byte, off int64) (int, error) {
	runtime.Gosched() // where the end of the upload overtook a write
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sealed {
		b.store.late.Add(1)
	}
	if more := int(off) + len(p) - len(b.content); more > 0 {
		b.content = append(b.content, make([]byte, more)...)
	}
	return copy(b.content[off:], p), nil
}

func (b *memoryBlob) Seal() (chat.Sum, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = true
	return sha256.Sum256(b.content), int64(len(b.content)), nil
}

func (b *memoryBlob) Discard() error { return nil }

// A write during the finishing of a file is part of the hashed content, or it fails.
// Content never changes after it was hashed.
func TestNoWriteComesAfterTheEnd(t *testing.T) {
	t.Parallel()
	blobs := &memoryBlobs{}
	s := openWithBlobs(t, t.TempDir(), blobs, 1000, 1<<40)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	var made, raced, refused atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := made.Add(1); n <= lateWrites; n = made.Add(1) {
				up, err := ann.Files().Attach(t.Context(), in, "x")
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := up.WriteAt([]byte("good"), 0); err != nil {
					t.Error(err)
					return
				}
				var late sync.WaitGroup
				start := make(chan struct{})
				for i := range 2 {
					late.Go(func() {
						<-start
						_, err := up.WriteAt([]byte("evil"), int64(4+4*i))
						switch {
						case err == nil:
							raced.Add(1)
						case errors.Is(err, chat.ErrConflict):
							refused.Add(1)
						default:
							t.Error(err)
						}
					})
				}
				close(start)
				for range n % 8 { // sometimes before the writes, sometimes between or after them
					runtime.Gosched()
				}
				// A file with a hole is refused, which also ends the upload.
				err = up.Finish()
				if e := up.Discard(); e != nil || err != nil && !errors.Is(err, text.ErrInvalid) {
					t.Error(err, e)
				}
				late.Wait()
				if _, err := up.WriteAt([]byte("evil"), 0); !errors.Is(err, chat.ErrConflict) {
					t.Errorf("a write after the end: %v", err)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d writes came in time and %d too late", raced.Load(), refused.Load())
	if raced.Load() == 0 || refused.Load() == 0 {
		t.Error("nothing was raced")
	}
	if late := blobs.late.Load(); late != 0 {
		t.Errorf("%d writes came into a file after it was hashed", late)
	}
}

// A file has the content with which it was posted, whatever its sender writes later.
func TestNoWriteChangesWhatIsPosted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openWithFiles(t, dir, 1000, 1<<30)
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	in := testkit.General(t, ann)
	for range 200 {
		up, err := ann.Files().Attach(t.Context(), in, "x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := up.WriteAt([]byte("good"), 0); err != nil {
			t.Fatal(err)
		}
		var late sync.WaitGroup
		for range 3 {
			late.Go(func() { _, _ = up.WriteAt([]byte("evil"), 4) })
		}
		m, err := up.Commit(t.Context())
		late.Wait()
		if errors.Is(err, text.ErrInvalid) { // it was written twice
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		f, content, err := ann.Files().Open(t.Context(), in, text.FileID(int64(m.Seq)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.NewSectionReader(content, 0, 100))
		if err := errors.Join(err, content.Close()); err != nil {
			t.Fatal(err)
		}
		if chat.Sum(sha256.Sum256(got)) != f.Sum || f.Sum != m.File.Sum {
			t.Fatalf("%q does not have the hash %s", got, f.Sum)
		}
	}
}
