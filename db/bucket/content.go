package bucket

import (
	"io"
	"sync"

	"github.com/minio/minio-go/v7"

	"confab/app/chat"
)

// A content reads blocks of blockSize bytes and keeps the last blocks, because clients ask for
// small pieces one after the other, or a few at the same time. Many contents can be open at once,
// so the blocks are not large.
const (
	blockSize = 128 << 10
	blocks    = 2
)

// content is a content that was opened.
type content struct {
	store *Store
	name  string
	size  int64

	mu   sync.Mutex
	have [blocks]block // the newest first
}

// block is a part of a content.
type block struct {
	off   int64
	bytes []byte // nil without a block
}

// Open implements chat.Blobs.
func (s *Store) Open(sum chat.Sum) (chat.Content, error) {
	size, err := s.size(sum)
	if err != nil {
		return nil, err
	}
	return &content{store: s, name: s.name(sum), size: size}, nil
}

// ReadAt implements io.ReaderAt.
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	read := 0
	for read < len(p) && off < c.size {
		bytes, err := c.block(off - off%blockSize)
		if err != nil {
			return read, err
		}
		n := copy(p[read:], bytes[off%blockSize:])
		read, off = read+n, off+int64(n)
	}
	if read < len(p) {
		return read, io.EOF
	}
	return read, nil
}

// block returns the block at an offset. The content is locked.
func (c *content) block(off int64) ([]byte, error) {
	for _, b := range c.have {
		if b.bytes != nil && b.off == off {
			return b.bytes, nil
		}
	}
	bytes := make([]byte, min(blockSize, c.size-off))
	var options minio.GetObjectOptions
	if err := options.SetRange(off, off+int64(len(bytes))-1); err != nil {
		return nil, failed("reading", err)
	}
	ctx, cancel := within(int64(len(bytes)))
	defer cancel()
	body, _, _, err := minio.Core{Client: c.store.client}.GetObject(ctx, c.store.at.bucket, c.name, options)
	if err != nil {
		return nil, failed("reading", err)
	}
	defer body.Close()
	if _, err := io.ReadFull(body, bytes); err != nil {
		return nil, failed("reading", err)
	}
	copy(c.have[1:], c.have[:])
	c.have[0] = block{off, bytes}
	return bytes, nil
}

// Close implements io.Closer.
func (c *content) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.have[:])
	return nil
}
