// Package picture makes small copies of posted pictures: PNG, JPEG, GIF (the first frame) and
// WebP. People can post anything under the name of a picture, so what a picture costs is bounded:
// [Memory] bytes and [Time], for one picture at a time.
package picture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// Memory is the most that a picture takes while it is decoded, in bytes. Whatever is
	// allocated counts, whether or not it is garbage meanwhile.
	Memory = 64 << 20
	// Time is the longest that the decoding of a picture takes.
	Time = 2 * time.Second

	// room is what the buffers of the decoders may take besides the pixels.
	room = 2 << 20
	// maxFile is the largest file that is looked at, in bytes.
	maxFile = 24 << 20
	// maxSide and maxPixels bound the pixels of a picture, for the time that they take.
	maxSide, maxPixels = 1<<16 - 1, 25_000_000
	// maxWaiting is how many pictures may wait for the one that is decoded.
	maxWaiting = 8
	// readAtOnce is how many bytes decoders get at a time. They stop at a read after their time
	// is over, so they must read often.
	readAtOnce = 256
	// collectAfter is how much memory a picture takes if the garbage is collected after it. The
	// next picture would add to it otherwise.
	collectAfter = 8 << 20
)

// The reasons why there is no copy of a picture.
var (
	ErrFormat   = errors.New("picture: not of a known format")
	ErrBroken   = errors.New("picture: damaged")
	ErrTooLarge = errors.New("picture: too large")
	ErrSlow     = errors.New("picture: takes too long")
	ErrBusy     = errors.New("picture: too many are waiting")
)

// Named reports whether a file has the name of a picture.
func Named(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".webp"}, strings.ToLower(path.Ext(name)))
}

// Worker decodes one picture after another. It has no goroutine of its own.
type Worker struct {
	turn    chan struct{} // has a value while a picture is decoded
	waiting atomic.Int32  // with the one that is decoded
}

// NewWorker makes a worker.
func NewWorker() *Worker { return &Worker{turn: make(chan struct{}, 1)} }

// Copy returns a copy of the picture in a file of this size that is at most so many pixels wide
// and high. It waits for its turn. The error is one of those of this package, or of the context,
// or of reading the file.
func (w *Worker) Copy(ctx context.Context, file io.ReaderAt, size int64, most image.Point) (*image.RGBA, error) {
	defer w.waiting.Add(-1)
	if w.waiting.Add(1) > maxWaiting+1 {
		return nil, ErrBusy
	}
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-w.turn }()
	within, cancel := context.WithTimeoutCause(ctx, Time, ErrSlow)
	defer cancel()
	return shrunk(within, file, size, most)
}

// source is a file that is being decoded.
type source struct {
	ctx  context.Context
	file io.ReaderAt
	size int64
	left int // bytes of memory
}

// shrunk decodes a picture, and returns a copy of it.
func shrunk(ctx context.Context, file io.ReaderAt, size int64, most image.Point) (small *image.RGBA, err error) {
	if size > maxFile {
		return nil, ErrTooLarge
	}
	s := &source{ctx: ctx, file: &failing{file: file}, size: size, left: Memory - room}
	defer func() {
		if v := recover(); v != nil { // the decoders' authors have not thought of everything
			small, err = nil, fmt.Errorf("%w: %v", ErrBroken, v)
		}
		if Memory-s.left > collectAfter {
			runtime.GC()
		}
	}()
	full, err := s.decode()
	if err == nil {
		small, err = shrink(ctx, full, most)
	}
	switch failed := s.file.(*failing).err; {
	case err == nil:
		return small, nil
	case failed != nil:
		return nil, failed
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, ErrTooLarge), errors.Is(err, ErrFormat):
		return nil, err
	default:
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
}

// failing is a file that remembers why it could not be read.
type failing struct {
	file io.ReaderAt
	err  error
}

// ReadAt implements io.ReaderAt.
func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.file.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// spend takes memory for something. It fails if there is not enough.
func (s *source) spend(bytes int) error {
	if bytes > s.left {
		return ErrTooLarge
	}
	s.left -= bytes
	return nil
}

// fits refuses a picture that is wider, higher or has more pixels than any may.
func fits(w, h int) error {
	switch {
	case w < 1 || h < 1:
		return ErrBroken
	case w > maxSide || h > maxSide || w*h > maxPixels:
		return ErrTooLarge
	}
	return nil
}

// bytes returns n bytes at an offset.
func (s *source) bytes(off int64, n int) ([]byte, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if got, err := s.file.ReadAt(b, off); got < n {
		return nil, errors.Join(ErrBroken, err)
	}
	return b, nil
}

// part reads n bytes from an offset on, as long as there is time.
func (s *source) part(off, n int64) io.Reader {
	return timed{s.ctx, bufio.NewReaderSize(io.NewSectionReader(s.file, off, n), 32<<10)}
}

// timed is a reader that gives little at once, and nothing after its time.
type timed struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (t timed) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	return t.r.Read(p[:min(len(p), readAtOnce)])
}
