package screen

import (
	"strings"
	"time"
)

// firstBuffer is the room a frame gets at first: a line or two, or a scrolled
// pane. It is not kept.
const firstBuffer = 512

// draw begins to write the latest frame, unless one is on its way.
func (s *session) draw() error {
	if s.writing {
		return nil
	}
	if err := s.resize(); err != nil {
		return err
	}
	if !s.dirty {
		return nil
	}
	s.dirty = false
	f := s.model.Frame()
	buf := s.raw
	s.raw = nil
	if buf == nil {
		buf = make([]byte, 0, firstBuffer)
	}
	if buf = s.out.Append(buf, &f); len(buf) > 0 {
		s.entered = true
		s.write(buf)
	}
	return nil
}

// write writes in a goroutine of its own, for it may block.
func (s *session) write(b []byte) {
	s.writing = true
	go func() {
		_, err := s.opts.Out.Write(b)
		s.wrote <- err
	}()
}

// written notes that the write has ended.
func (s *session) written(err error) error {
	s.writing = false
	if err != nil {
		s.broken = true
		return disconnected(err)
	}
	return nil
}

// leave restores the terminal and writes the farewell, if it takes them.
func (s *session) leave() {
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.writing && !s.settle() || s.broken {
		return
	}
	var b []byte
	if s.entered {
		b = s.out.AppendLeave(b)
	}
	for line := range strings.Lines(s.farewell()) {
		text := strings.TrimRight(line, "\r\n")
		b, _ = appendRow(b, text, len(text))
		if len(text) < len(line) {
			b = append(b, "\r\n"...)
		}
	}
	s.write(b)
	s.settle()
}

// settle waits for the write under way, and reports whether it has ended.
func (s *session) settle() bool {
	timeout := time.NewTimer(leaveTimeout)
	defer timeout.Stop()
	select {
	case err := <-s.wrote:
		_ = s.written(err) // it is noted, and Run has its error
		return true
	case <-timeout.C:
		return false
	}
}

// farewell is the text to end with. A panic in it must not keep the terminal
// from being restored.
func (s *session) farewell() (text string) {
	if s.opts.Farewell == nil {
		return ""
	}
	defer func() { _ = recover() }()
	return s.opts.Farewell()
}
