package screen

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Frames are put together in buffers that all sessions share. Most frames have a line or
// two, or a scrolled pane. Large buffers are not kept.
const (
	firstBuffer = 512
	keptBuffer  = 4 << 10
	// pieceSize is the most bytes that are written at once. An SSH connection keeps two
	// buffers as large as its largest packet, and few frames but whole screens are larger than
	// this. With what the protocol adds, a piece fits into 512 bytes.
	pieceSize = 448
)

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, firstBuffer)
	return &b
}}

// draw begins to write the latest frame, unless another is on its way.
func (s *session) draw() error {
	if !s.dirty && s.resized == s.size || !s.taken() {
		return nil
	}
	if err := s.resize(); err != nil {
		return err
	}
	if s.typed {
		s.typed = false
		defer func(begun time.Time) {
			now := time.Now()
			s.opts.Budget.spend(now, min(now.Sub(begun), keyMost))
		}(time.Now())
	}
	s.dirty = false
	f := s.model.Frame()
	b := buffers.Get().(*[]byte)
	buf := append((*b)[:0], s.raw...)
	s.raw = nil
	if *b = s.out.Append(buf, &f); len(*b) == 0 {
		buffers.Put(b)
		return nil
	}
	s.entered = true
	s.write(b)
	return nil
}

// sends adds what a command asks to write beside the frames. It reports false for other
// messages.
func (s *session) sends(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case Notification:
		if len(s.raw) < maxRaw {
			s.raw = appendNotification(s.raw, msg, s.names, s.opts.Charset != UTF8)
		}
	case AskGraphics:
		s.askGraphics()
	case Picture:
		s.picture(msg)
	case tea.RawMsg:
		if raw := fmt.Sprint(msg.Msg); len(s.raw)+len(raw) <= maxRaw {
			s.raw = append(s.raw, raw...)
		}
	default:
		return false
	}
	s.dirty = s.dirty || len(s.raw) > 0
	return true
}

// These are the states of a write.
const (
	ended    = iota
	underWay // the loop will check
	awaited  // the loop has to be told
)

// write writes in another goroutine, because it may block.
func (s *session) write(b *[]byte) {
	s.writing, s.buffer = true, b
	s.way.Store(underWay)
	s.opts.Go(s.flushing)
}

// flush is that goroutine. Waking the loop for each frame would cost as much as writing
// some of them. So it tells the loop only the end of a write that the loop awaits, and
// errors.
func (s *session) flush() {
	b := s.buffer
	err := s.writePieces(*b)
	if cap(*b) <= keptBuffer {
		buffers.Put(b)
	}
	if err != nil || s.way.Swap(ended) == awaited {
		s.wrote <- err
	}
}

// writePieces writes bytes in pieces of [pieceSize].
func (s *session) writePieces(b []byte) error {
	if len(b) > pieceSize {
		s.opts.Batch(true)
		defer s.opts.Batch(false)
	}
	for piece := range slices.Chunk(b, pieceSize) {
		if _, err := s.opts.Out.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// taken reports whether the last frame has been written. If not, the loop awaits its end
// from now on.
func (s *session) taken() bool {
	if s.writing && !s.waiting {
		// After an error, the write counts as under way until the loop has been told.
		s.waiting = s.way.CompareAndSwap(underWay, awaited)
		s.writing = s.waiting
	}
	return !s.writing
}

// written notes that the write has ended.
func (s *session) written(err error) error {
	s.writing, s.waiting = false, false
	if err != nil {
		s.broken = true
		return disconnected(err)
	}
	return nil
}

// leave restores the terminal and writes the exit message, if the terminal still accepts
// output.
func (s *session) leave() {
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.writing && !s.awaitWrite() || s.broken {
		return
	}
	var b []byte
	if s.pictured {
		b = append(b, freePicture...)
	}
	if s.entered {
		b = s.out.AppendLeave(b)
	}
	for line := range strings.Lines(s.exitMessage()) {
		text := strings.TrimRight(line, "\r\n")
		if s.out.ascii {
			text = plainRow(text)
		}
		b, _ = appendRow(b, text, 2*len(text), s.out.widths)
		if len(text) < len(line) {
			b = append(b, "\r\n"...)
		}
	}
	s.write(&b)
	s.awaitWrite()
}

// awaitWrite waits for the write that is under way, and reports whether it has ended.
func (s *session) awaitWrite() bool {
	if s.taken() {
		return true
	}
	timeout := time.NewTimer(max(leaveTimeout, s.opts.Leave))
	defer timeout.Stop()
	select {
	case err := <-s.wrote:
		_ = s.written(err) // Run returns the error
		return true
	case <-timeout.C:
		return false
	}
}

// exitMessage returns the exit message. A panic in the model's function must not prevent
// the terminal from being restored.
func (s *session) exitMessage() (text string) {
	if s.opts.ExitMessage == nil {
		return ""
	}
	defer func() { _ = recover() }()
	return s.opts.ExitMessage()
}
