// Package blobs keeps the contents of files that were posted, beside the
// database: one file each, named by its SHA-256, as DIR/ab/cdef….
package blobs

import (
	"crypto/sha256"
	"encoding/hex"
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

// incoming begins the names of what is being received.
const incoming = "incoming-"

// namesPage is how many names of a folder are read at a time.
const namesPage = 1000

// Store is chat.Blobs on a folder. No path that it opens leaves the folder,
// whatever the names in it may be links to.
type Store struct {
	root *os.Root
	next atomic.Int64 // numbers what is being received
	// flush makes what a file or a folder holds durable: (*os.File).Sync, but in
	// tests, which see when it is called.
	flush func(*os.File) error
}

var _ chat.Blobs = (*Store)(nil)

// Open opens a store on a folder, which is made if it is not there, for the
// eyes of its owner only. There must be one store on it at a time. Close must be
// called at the end.
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

// Close closes the store. What is open of it stays so.
func (s *Store) Close() error { return s.root.Close() }

// Create implements chat.Blobs.
func (s *Store) Create() (chat.Blob, error) {
	for {
		name := incoming + strconv.FormatInt(s.next.Add(1), 10)
		f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue // left behind by a process before, for the sweep
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
	// One that is there under this name and has changed is replaced by this one.
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

// hash reads a content, which is opened for reading only.
func (s *Store) hash(name string) (sum chat.Sum, size int64, err error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return sum, 0, err
	}
	if !info.Mode().IsRegular() { // a pipe would keep the reader waiting
		return sum, 0, fmt.Errorf("%s is no file", name)
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

// sync makes what was added to a folder durable. Windows does that by itself and
// has no call for it.
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

// Each implements chat.Blobs. It passes over what has no name that a store gives.
func (s *Store) Each(do func(chat.Sum) error) error {
	return s.each(".", func(e fs.DirEntry) error {
		if len(e.Name()) != 2 || !e.IsDir() {
			return nil
		}
		return s.in(e.Name(), do)
	})
}

// trash is the folder of what a sweep has taken away. A content there has its
// hash as its name, and the time when it came there as its own.
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
	// A second one has the same content.
	if err := s.root.Rename(trashed(sum), name); err != nil {
		return err
	}
	return errors.Join(s.sync("."), s.sync(folder))
}

// EachTrashed implements chat.Blobs.
func (s *Store) EachTrashed(do func(chat.Sum, time.Time) error) error {
	err := s.each(trash, func(e fs.DirEntry) error {
		raw, err := hex.DecodeString(e.Name())
		if err != nil || len(raw) != len(chat.Sum{}) {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return do(chat.Sum(raw), info.ModTime())
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was ever put there
	}
	return err
}

// Empty implements chat.Blobs.
func (s *Store) Empty(sum chat.Sum) error { return s.root.Remove(trashed(sum)) }

// trashed is where a content is in the trash.
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
		raw, err := hex.DecodeString(folder + e.Name())
		if err != nil || len(raw) != len(chat.Sum{}) {
			return nil
		}
		return do(chat.Sum(raw))
	})
}

// each calls do for what is in a folder.
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

// Path is where a content is in the folder, with slashes.
func Path(sum chat.Sum) string {
	_, name := location(sum)
	return name
}

// location is where a content is.
func location(sum chat.Sum) (folder, name string) {
	digits := sum.String()
	return digits[:2], path.Join(digits[:2], digits[2:])
}
