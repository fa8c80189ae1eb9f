package blobs

import (
	"errors"
	"fmt"
	"os"

	"confab/app/chat"
)

// blob is a content that is being received.
type blob struct {
	store *Store
	name  string // "" after Keep
	file  *os.File
}

// WriteAt implements chat.Blob.
func (b *blob) WriteAt(p []byte, off int64) (int, error) { return b.file.WriteAt(p, off) }

// Seal implements chat.Blob. It hashes the content of the file, because clients may
// write its parts in any order. First it closes the handle that can write, so that
// no later write can reach the hashed content.
func (b *blob) Seal() (chat.Sum, int64, error) {
	if err := errors.Join(b.store.flush(b.file), b.file.Close()); err != nil {
		return chat.Sum{}, 0, err
	}
	return b.store.hash(b.name)
}

// Discard implements chat.Blob.
func (b *blob) Discard() error {
	if err := b.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("closing %s: %w", b.name, err)
	}
	if b.name == "" {
		return nil
	}
	name := b.name
	b.name = ""
	return b.store.root.Remove(name)
}
