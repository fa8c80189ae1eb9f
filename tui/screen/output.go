package screen

import (
	"errors"
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
	if !s.dirty && s.resized == s.size || s.writing {
		return nil
	}
	if err := s.resize(); err != nil {
		return err
	}
	b := s.frame()
	if len(*b) == 0 {
		buffers.Put(b)
		return nil
	}
	s.entered = true
	return s.write(b)
}

// frame returns the bytes of the latest frame.
func (s *session) frame() *[]byte {
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
	*b = s.out.Append(append((*b)[:0], s.raw...), &f)
	s.raw = nil
	return b
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

// writeSoon is how long the loop waits for a write. Most writes take far less, because they
// only fill a buffer of the system. It is long enough for a machine whose processors are busy.
const writeSoon = 50 * time.Millisecond

// These are the states of a write.
const (
	ended    = iota
	underWay // the loop waits for it
	parted   // the loop goes on in another goroutine
)

// errParted says that the loop goes on in another goroutine.
var errParted = errors.New("screen: the loop goes on elsewhere")

// write writes bytes. A client that reads nothing makes it wait, and the session must still be
// able to end then. So after [writeSoon] the loop goes on in another goroutine, and this one
// only finishes the write. The other way round, with each write in a goroutine of its own,
// waking that goroutine would cost as much as writing some of the frames.
func (s *session) write(b *[]byte) error {
	s.way.Store(underWay)
	if s.alarm == nil {
		s.alarm = time.AfterFunc(writeSoon, s.part)
	} else {
		s.alarm.Reset(writeSoon)
	}
	err := s.writePieces(*b)
	if cap(*b) <= keptBuffer {
		buffers.Put(b)
	}
	if !s.way.CompareAndSwap(underWay, ended) {
		s.wrote <- err
		return errParted
	}
	s.alarm.Stop()
	return s.written(err)
}

// part goes on with the loop while the write still waits for the client.
func (s *session) part() {
	if s.way.CompareAndSwap(underWay, parted) {
		s.writing = true
		s.run()
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

// written notes that the write has ended.
func (s *session) written(err error) error {
	if s.writing = false; err != nil {
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
	s.writing = true
	go func() { s.wrote <- s.writePieces(b) }()
	s.awaitWrite()
}

// awaitWrite waits for the write that is under way, and reports whether it has ended.
func (s *session) awaitWrite() bool {
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
