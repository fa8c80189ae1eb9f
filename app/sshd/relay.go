package sshd

import "io"

// relay gives one input to several readers, one after the other: first to the join screen,
// and then to the chat on the same connection. A reader that was stopped takes nothing more
// of the input, so the next reader misses nothing.
type relay struct {
	chunks chan []byte
	done   chan struct{} // closed when nobody reads from the relay anymore
	err    error         // how the input ended; read it only after chunks is closed
}

// newRelay reads the input until it ends, or until one more read after stop.
func newRelay(in io.Reader) *relay {
	r := &relay{chunks: make(chan []byte), done: make(chan struct{})}
	go func() {
		defer close(r.chunks)
		for {
			buf := make([]byte, 1<<10)
			n, err := in.Read(buf)
			if n > 0 {
				select {
				case r.chunks <- buf[:n]:
				case <-r.done:
					return
				}
			}
			if err != nil {
				r.err = err
				return
			}
		}
	}()
	return r
}

// stop ends the relay, and so its readers.
func (r *relay) stop() { close(r.done) }

// reader returns a reader of the input, which can be stopped while it reads.
func (r *relay) reader() *relayReader { return &relayReader{relay: r, stopped: make(chan struct{})} }

// relayReader is an io.Reader on a relay.
type relayReader struct {
	relay   *relay
	stopped chan struct{}
	rest    []byte
}

// stop makes reads end with io.EOF.
func (r *relayReader) stop() { close(r.stopped) }

// Read implements io.Reader.
func (r *relayReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		select {
		case <-r.stopped:
			return 0, io.EOF
		default:
		}
		select {
		case <-r.stopped:
			return 0, io.EOF
		case <-r.relay.done:
			return 0, io.EOF
		case chunk, ok := <-r.relay.chunks:
			if !ok {
				return 0, r.relay.err
			}
			r.rest = chunk
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
