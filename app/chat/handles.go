package chat

import (
	"fmt"
	"os"
	"sync"
)

const (
	// maxHandles bounds what an account has open at the same time, over all its
	// connections: files in either direction, and folders that are being listed.
	maxHandles = 64
	// MaxHandlesInAll bounds what all accounts have open: each may be an open file of
	// the server's.
	MaxHandlesInAll = 4096
)

// handles counts what is open.
type handles struct {
	mu    sync.Mutex
	of    map[UserID]int // by account, of those that have any
	inAll int
}

// Hold counts something that the session's user has open, and refuses it with
// [ErrTooLarge] if that is too much. What it returns must be called when it is closed.
func (s Files) Hold() (closed func(), err error) {
	h, user := &s.service.files.handles, s.user.ID
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.of[user] >= maxHandles:
		return nil, Refuse(ErrTooLarge, "You have %d files and folders open, over all your connections: close one first.", maxHandles)
	case h.inAll >= MaxHandlesInAll:
		return nil, Refuse(ErrTooLarge, "Too many files are open on this server: try again in a moment.")
	}
	if h.of == nil {
		h.of = make(map[UserID]int)
	}
	h.of[user]++
	h.inAll++
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.inAll--
		if h.of[user]--; h.of[user] == 0 {
			delete(h.of, user)
		}
	}), nil
}

// lazyContent is a content that is opened when it is first read.
type lazyContent struct {
	blobs Blobs
	sum   Sum

	mu     sync.Mutex
	closed bool
	open   Content
}

// ReadAt implements io.ReaderAt.
func (c *lazyContent) ReadAt(p []byte, off int64) (int, error) {
	open, err := c.content()
	if err != nil {
		return 0, err
	}
	return open.ReadAt(p, off)
}

func (c *lazyContent) content() (Content, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, os.ErrClosed
	}
	if c.open == nil {
		open, err := c.blobs.Open(c.sum)
		if err != nil {
			return nil, fmt.Errorf("opening the content %s: %w", c.sum, err)
		}
		c.open = open
	}
	return c.open, nil
}

// Close implements io.Closer.
func (c *lazyContent) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.open == nil {
		return nil
	}
	return c.open.Close()
}
