package screen

import (
	"errors"
	"fmt"
	"io"
)

// read passes the keys to the loop. It ends when In ends, or after its last read once the
// loop has ended.
func (s *session) read() {
	kept := make([]byte, keptRead)
	buf := kept
	held := hold{set: s.opts.Hold}
	defer held.end()
	for {
		n, err := held.read(s.opts.In, buf)
		if n > 0 && !s.deliver(buf[:n], &held) {
			return
		}
		if err != nil {
			s.deliverEnd(err)
			return
		}
		if buf = kept; n >= keptRead {
			buf = make([]byte, readSize) // for the rest of a paste
		}
	}
}

// deliver passes on keys, and waits until the loop wants more. It reports false if the loop
// has ended.
//
// It is a function of its own, like deliverEnd, so that its variables are not on the stack
// during a read: a goroutine that reads has the smallest stack only if it uses less than
// 1.1 KB of it.
//
//go:noinline
func (s *session) deliver(keys []byte, held *hold) bool {
	s.input.keys = keys
	select {
	case s.events <- &s.input:
	case <-s.done:
		return false
	}
	select {
	case wait := <-s.ack:
		if wait <= 0 {
			return true
		}
		held.begin()
		return s.pause(wait)
	case <-s.done:
		return false
	}
}

// deliverEnd passes on the end of the input.
//
//go:noinline
func (s *session) deliverEnd(err error) {
	select {
	case s.events <- &event{err: disconnected(err)}:
	case <-s.done:
	}
}

func disconnected(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrDisconnected
	}
	return fmt.Errorf("%w: %w", ErrDisconnected, err)
}
