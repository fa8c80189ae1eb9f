// Package blobs stores the contents of posted files, beside the database. Each
// content is one file, named by its SHA-256, as DIR/ab/cdef….
package blobs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// incoming begins the names of files that are being received.
const incoming = "incoming-"

// namesPage is how many names of a folder are read at a time.
const namesPage = 1000

// Store is chat.Blobs on a folder. It opens no path outside the folder, even if a
// name in it is a link.
type Store struct {
	root *os.Root
	next atomic.Int64 // numbers the files that are being received
	// flush makes the content of a file or folder durable. It is (*os.File).Sync,
	// except in tests that count the calls.
	flush func(*os.File) error
}

var _ chat.Blobs = (*Store)(nil)

// Open opens a store on a folder. It creates a missing folder, which only its owner
// can read. A folder can have only one store at a time. The caller must call Close
// at the end.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of files: %w", err)
	}
	return &Store{root: root, flush: (*os.File).Sync}, nil
}

// Close closes the store. Files that it has opened stay open.
func (s *Store) Close() error { return s.root.Close() }

// Create implements chat.Blobs.
func (s *Store) Create() (chat.Blob, error) {
	for {
		name := incoming + strconv.FormatInt(s.next.Add(1), 10)
		f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue // a previous process left it; the sweep removes it
		}
		if err != nil {
			return nil, err
		}
		return &blob{store: s, name: name, file: f}, nil
	}
}

// Keep implements chat.Blobs.
func (s *Store) Keep(b chat.Blob, sum chat.Sum) error {
	own, ok := b.(*blob)
	if !ok {
		return fmt.Errorf("a %T is of another store", b)
	}
	folder, name := location(sum)
	// If a file of this name has changed, the new one replaces it.
	if have, _, err := s.hash(name); err == nil && have == sum {
		return nil
	}
	if err := s.root.Mkdir(folder, 0o700); err == nil {
		if err := s.sync("."); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.root.Rename(own.name, name); err != nil {
		return err
	}
	own.name = ""
	return s.sync(folder)
}

// PassOn copies sealed content to another place, with send, and keeps nothing of it here. If
// somebody else is passing on the same content, it may be there already, and has checks that.
func (s *Store) PassOn(b chat.Blob, sum chat.Sum, has func() error, send func(*os.File) error) error {
	if err := s.Keep(b, sum); err != nil {
		return err
	}
	_, name := location(sum)
	content, err := s.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return has()
	}
	if err != nil {
		return err
	}
	err = send(content)
	return errors.Join(err, content.Close(), s.Remove(sum))
}

// hash hashes a content. It opens the file only for reading.
func (s *Store) hash(name string) (sum chat.Sum, size int64, err error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return sum, 0, err
	}
	if !info.Mode().IsRegular() { // reading a pipe would block
		return sum, 0, fmt.Errorf("%s is not a file", name)
	}
	f, err := s.root.Open(name)
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	hash := sha256.New()
	size, err = io.Copy(hash, f)
	return chat.Sum(hash.Sum(nil)), size, err
}

// sync makes additions to a folder durable. Windows does this by itself and has no
// call for it.
func (s *Store) sync(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := s.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(s.flush(f), f.Close())
}

// Open implements chat.Blobs.
func (s *Store) Open(sum chat.Sum) (chat.Content, error) {
	_, name := location(sum)
	return s.root.Open(name)
}

// Remove implements chat.Blobs.
func (s *Store) Remove(sum chat.Sum) error {
	_, name := location(sum)
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Each implements chat.Blobs. It skips files whose names the store would not give.
func (s *Store) Each(do func(chat.Sum) error) error {
	return s.each(".", func(e fs.DirEntry) error {
		if len(e.Name()) != 2 || !e.IsDir() {
			return nil
		}
		return s.in(e.Name(), do)
	})
}

// trash is the folder of contents that a sweep has removed. A content there is
// named by its hash. Its modification time is when it came there.
const trash = "trash"

// Trash implements chat.Blobs.
func (s *Store) Trash(sum chat.Sum, at time.Time) error {
	folder, name := location(sum)
	if err := s.root.Mkdir(trash, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.root.Chtimes(name, at, at); err != nil {
		return err
	}
	if err := s.root.Rename(name, trashed(sum)); err != nil {
		return err
	}
	return errors.Join(s.sync(trash), s.sync(folder))
}

// Untrash implements chat.Blobs.
func (s *Store) Untrash(sum chat.Sum) error {
	folder, name := location(sum)
	if err := s.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// A second content with this hash is the same.
	if err := s.root.Rename(trashed(sum), name); err != nil {
		return err
	}
	return errors.Join(s.sync("."), s.sync(folder))
}

// EachTrashed implements chat.Blobs.
func (s *Store) EachTrashed(do func(chat.Sum, time.Time) error) error {
	err := s.each(trash, func(e fs.DirEntry) error {
		sum, ok := chat.ParseSum(e.Name())
		if !ok {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return do(sum, info.ModTime())
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the trash was never used
	}
	return err
}

// Empty implements chat.Blobs.
func (s *Store) Empty(sum chat.Sum) error { return s.root.Remove(trashed(sum)) }

// trashed returns the path of a content in the trash.
func trashed(sum chat.Sum) string { return path.Join(trash, sum.String()) }

// Clear implements chat.Blobs.
func (s *Store) Clear() error {
	return s.each(".", func(e fs.DirEntry) error {
		if !strings.HasPrefix(e.Name(), incoming) || e.IsDir() {
			return nil
		}
		return s.root.Remove(e.Name())
	})
}

func (s *Store) in(folder string, do func(chat.Sum) error) error {
	return s.each(folder, func(e fs.DirEntry) error {
		sum, ok := chat.ParseSum(folder + e.Name())
		if !ok {
			return nil
		}
		return do(sum)
	})
}

// each calls do for each entry of a folder.
func (s *Store) each(folder string, do func(fs.DirEntry) error) (err error) {
	f, err := s.root.Open(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for {
		entries, err := f.ReadDir(namesPage)
		for _, e := range entries {
			if err := do(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Path returns the path of a content in the folder, with slashes.
func Path(sum chat.Sum) string {
	_, name := location(sum)
	return name
}

// location returns the folder and the name of a content.
func location(sum chat.Sum) (folder, name string) {
	digits := sum.String()
	return digits[:2], path.Join(digits[:2], digits[2:])
}
