package files

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"confab/app"
)

// blob is a content that is being received.
type blob struct {
	store *Store
	name  string // "" once it is kept
	file  *os.File
	size  int64
}

// WriteAt implements app.Blob.
func (b *blob) WriteAt(p []byte, off int64) (int, error) { return b.file.WriteAt(p, off) }

// Seal implements app.Blob. The hash is taken of what is in the file, since
// clients may write its parts in any order.
func (b *blob) Seal() (app.Sum, int64, error) {
	hash := sha256.New()
	size, err := io.Copy(hash, io.NewSectionReader(b.file, 0, 1<<62))
	if err == nil {
		err = b.file.Sync()
	}
	if err != nil {
		return app.Sum{}, 0, err
	}
	b.size = size
	// Windows renames no open file.
	if err := b.file.Close(); err != nil {
		return app.Sum{}, 0, err
	}
	return app.Sum(hash.Sum(nil)), size, nil
}

// Discard implements app.Blob.
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
