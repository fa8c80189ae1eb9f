package sshd

import (
	"net"
	"sync"
	"time"
)

// holdAfter is how long a session may do something other than read its input before its
// connection stops reading.
const holdAfter = 20 * time.Millisecond

// inputHold makes a connection stop reading while a session is too busy to read its input
// (see [conn.hold]). Screens always read, and hold their connections themselves
// ([screen.Options.Hold]). Reads of one session do not overlap.
type inputHold struct {
	hold func(on bool) // of the connection

	mu    sync.Mutex
	timer *time.Timer // nil before the first read has returned
	busy  bool        // the session is not reading
	on    bool        // the connection is held
	ended bool
}

// reading is called before a read.
func (h *inputHold) reading() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.releaseLocked()
}

// read is called after a read.
func (h *inputHold) read() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return
	}
	h.busy = true
	if h.timer != nil {
		h.timer.Reset(holdAfter)
		return
	}
	h.timer = time.AfterFunc(holdAfter, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.busy && !h.on {
			h.on = true
			h.hold(true)
		}
	})
}

// end is called when the session reads no more.
func (h *inputHold) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	h.releaseLocked()
}

func (h *inputHold) releaseLocked() {
	h.busy = false
	if h.timer != nil {
		h.timer.Stop()
	}
	if h.on {
		h.on = false
		h.hold(false)
	}
}

const (
	// batchMost is how many bytes a batch collects at most before it writes them.
	batchMost = 16 << 10
	// batchTime is the longest time that a batch keeps bytes back. The session that has begun
	// the batch may be waiting for the client, which waits for these bytes.
	batchTime = 20 * time.Millisecond
)

// batch joins several SSH packets into one write. A frame is sent in small packets, because
// the SSH library keeps two buffers as large as a connection's largest packet, and it makes
// a system call for each packet.
type batch struct {
	mu     sync.Mutex
	open   int     // how many sessions have begun a batch
	late   bool    // the batch has kept bytes back for too long: no more until it ends
	bytes  *[]byte // that wait, nil without any
	timer  *time.Timer
	failed error // of the last write of a batch
}

var batches = sync.Pool{New: func() any { return new([]byte) }}

// write keeps bytes back while a batch is open, and writes them otherwise.
func (b *batch) write(to net.Conn, p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed != nil {
		return 0, b.failed
	}
	if b.open == 0 || b.late {
		return to.Write(p)
	}
	if b.bytes == nil {
		b.bytes = batches.Get().(*[]byte)
		b.timer = time.AfterFunc(batchTime, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.late = b.open > 0
			b.flushLocked(to)
		})
	}
	if *b.bytes = append(*b.bytes, p...); len(*b.bytes) >= batchMost {
		b.flushLocked(to)
	}
	return len(p), b.failed
}

// set begins a batch, or ends it. The end of the last open batch writes the bytes that wait.
func (b *batch) set(to net.Conn, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if on {
		b.open++
		return
	}
	if b.open--; b.open == 0 {
		b.late = false
		b.flushLocked(to)
	}
}

// end writes what waits before the connection is closed, unless the client does not take it.
func (b *batch) end(to net.Conn) {
	if !b.mu.TryLock() { // a write is under way
		return
	}
	defer b.mu.Unlock()
	if b.bytes != nil {
		_ = to.SetWriteDeadline(time.Now().Add(batchTime))
		b.flushLocked(to)
	}
}

func (b *batch) flushLocked(to net.Conn) {
	if b.bytes == nil {
		return
	}
	b.timer.Stop()
	_, b.failed = to.Write(*b.bytes)
	*b.bytes = (*b.bytes)[:0]
	batches.Put(b.bytes)
	b.bytes, b.timer = nil, nil
}
