package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"testing"
	"time"

	"confab/app/picture"
)

// most is how large the copies may be.
var most = image.Pt(480, 320)

func copied(t testing.TB, file []byte) (*image.RGBA, error) {
	t.Helper()
	return picture.NewWorker().Copy(t.Context(), bytes.NewReader(file), int64(len(file)), most)
}

// striped is a picture that is red at the left and blue at the right.
func striped(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{R: 255, A: 255}
			if x >= w/2 {
				c = color.NRGBA{B: 255, A: 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func encode(t testing.TB, do func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := do(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCopies(t *testing.T) {
	img := striped(960, 400)
	for name, file := range map[string][]byte{
		"png":  encode(t, func(w io.Writer) error { return png.Encode(w, img) }),
		"jpeg": encode(t, func(w io.Writer) error { return jpeg.Encode(w, img, nil) }),
		"gif":  encode(t, func(w io.Writer) error { return gif.Encode(w, img, nil) }),
	} {
		small, err := copied(t, file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if size := small.Rect.Size(); size != image.Pt(480, 200) {
			t.Errorf("%s: it is %v", name, size)
		}
		left, right := small.RGBAAt(10, 100), small.RGBAAt(470, 100)
		if left.R < 240 || left.B > 20 || right.B < 240 || right.R > 20 {
			t.Errorf("%s: %v at the left, %v at the right", name, left, right)
		}
	}
}

// pngOf is a PNG with a header of these numbers and little data.
func pngOf(w, h uint32, depth, kind, interlace byte, rest []byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	head = append(head, depth, kind, 0, 0, interlace)
	b := []byte("\x89PNG\r\n\x1a\n")
	for _, c := range []struct {
		name string
		data []byte
	}{{"IHDR", head}, {"IDAT", rest}, {"IEND", nil}} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(c.data)))
		body := append([]byte(c.name), c.data...)
		b = append(b, body...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(body))
	}
	return b
}

// allocated is how many bytes it takes to do something, with all that is garbage at once.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// No picture takes more than it may, however it was made.
func TestBombs(t *testing.T) {
	for name, b := range bombs(t) {
		t.Run(name, func(t *testing.T) {
			var err error
			bytes := allocated(func() { _, err = copied(t, b.file) })
			if bytes > picture.Memory {
				t.Errorf("it took %d MiB", bytes>>20)
			}
			// A machine that is busy with others may need more time for any of them.
			if !errors.Is(err, b.err) && !errors.Is(err, picture.ErrSlow) {
				t.Errorf("the error is %v, want %v", err, b.err)
			}
			t.Logf("%d bytes: %d KiB, %v", len(b.file), bytes>>10, err)
		})
	}
}

// A picture that takes too long is given up, and so is one whose user has gone.
func TestTime(t *testing.T) {
	file := encode(t, func(w io.Writer) error { return png.Encode(w, striped(300, 300)) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := picture.NewWorker().Copy(ctx, bytes.NewReader(file), int64(len(file)), most); !errors.Is(err, context.Canceled) {
		t.Errorf("of one who is gone: %v", err)
	}
	expired, cancel := context.WithDeadlineCause(t.Context(), time.Unix(0, 0), picture.ErrSlow)
	defer cancel()
	if _, err := picture.Shrunk(expired, bytes.NewReader(file), int64(len(file)), most); !errors.Is(err, picture.ErrSlow) {
		t.Errorf("after its time: %v", err)
	}
}

// stuck is a file whose reading takes until it is told to end.
type stuck struct {
	bytes.Reader
	began chan struct{}
	end   chan struct{}
}

func (s *stuck) ReadAt([]byte, int64) (int, error) {
	s.began <- struct{}{}
	<-s.end
	return 0, errors.New("the disk is broken")
}

// Only a few pictures wait for the one that is decoded. Errors of reading are not the picture's.
func TestWaiting(t *testing.T) {
	w := picture.NewWorker()
	s := &stuck{began: make(chan struct{}, 100), end: make(chan struct{})}
	done := make(chan error)
	go func() { _, err := w.Copy(context.Background(), s, 100, most); done <- err }()
	<-s.began
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, 20)
	for range 20 {
		go func() { _, err := w.Copy(ctx, bytes.NewReader(nil), 0, most); waiting <- err }()
	}
	for range 12 {
		if err := <-waiting; !errors.Is(err, picture.ErrBusy) {
			t.Errorf("one too many: %v", err)
		}
	}
	cancel()
	for range 8 {
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("one who waits: %v", err)
		}
	}
	close(s.end)
	if err := <-done; err == nil || errors.Is(err, picture.ErrBroken) {
		t.Errorf("of a disk: %v", err)
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]bool{"a.png": true, "b.JPG": true, "c.jpeg": true, "d.GIF": true, "e.webp": true, "png": false, "a.png.txt": false} {
		if picture.Named(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestFit(t *testing.T) {
	for in, want := range map[[4]int][2]int{
		{10, 5, 100, 100}: {10, 5}, {1000, 500, 100, 100}: {100, 50}, {500, 1000, 100, 100}: {50, 100}, {1, 60000, 100, 100}: {1, 100}, {60000, 1, 100, 100}: {100, 1},
	} {
		if got := picture.Fit(in[0], in[1], image.Pt(in[2], in[3])); got != image.Pt(want[0], want[1]) {
			t.Errorf("%v: %v", in, got)
		}
	}
}

func FuzzCopy(f *testing.F) {
	f.Add(webpOf("VP8L", manyCodes()[:200]))
	f.Add(jpegOf(0xc2, 16, 16, 0x22, 3, nil))
	img := striped(20, 20)
	f.Add(encode(f, func(w io.Writer) error { return png.Encode(w, img) }))
	f.Add(encode(f, func(w io.Writer) error { return jpeg.Encode(w, img, nil) }))
	f.Add(encode(f, func(w io.Writer) error { return gif.Encode(w, img, nil) }))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _ = copied(t, file)
	})
}
