package screen

import (
	"strings"
	"sync"
	"time"
)

// Frames are written into buffers that all sessions share: most are of a line or
// two, or a scrolled pane. A large one is not kept.
const (
	firstBuffer = 512
	keptBuffer  = 4 << 10
)

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, firstBuffer)
	return &b
}}

// draw begins to write the latest frame, unless one is on its way.
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

// How far a write has come.
const (
	ended    = iota
	underWay // the loop will ask
	awaited  // the loop is to be told
)

// write writes in another goroutine, for it may block.
func (s *session) write(b *[]byte) {
	s.writing, s.buffer = true, b
	s.way.Store(underWay)
	s.opts.Go(s.flush)
}

// flush is that goroutine. To wake the loop for each frame would cost as much as
// to write some of them, so it is told only of what it awaits, and of an error.
func (s *session) flush() {
	b := s.buffer
	_, err := s.opts.Out.Write(*b)
	if cap(*b) <= keptBuffer {
		buffers.Put(b)
	}
	if err != nil || s.way.Swap(ended) == awaited {
		s.wrote <- err
	}
}

// taken reports whether the last frame has been. If not, its end is awaited from
// here on.
func (s *session) taken() bool {
	if s.writing && !s.waiting {
		// An error leaves the write under way until it is told.
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

// leave restores the terminal and writes the exit message, if the terminal still takes output.
func (s *session) leave() {
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.writing && !s.awaitWrite() || s.broken {
		return
	}
	var b []byte
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
	timeout := time.NewTimer(leaveTimeout)
	defer timeout.Stop()
	select {
	case err := <-s.wrote:
		_ = s.written(err) // Run returns the error
		return true
	case <-timeout.C:
		return false
	}
}

// exitMessage is the text to end with. A panic in it must not keep the terminal
// from being restored.
func (s *session) exitMessage() (text string) {
	if s.opts.ExitMessage == nil {
		return ""
	}
	defer func() { _ = recover() }()
	return s.opts.ExitMessage()
}
