package datafolder

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"confab/app/chat"
	"confab/db/blobs"
	"confab/db/sqlite/upkeep"
	"confab/keys"
)

// backup is a backup that is being written.
type backup struct {
	dir      string // the data folder
	database string // the file of the copy
	hasKey   bool
	keyError error
	found    contents
	damage   []string              // the parts that are left out, a sentence each
	sums     map[string]chat.Sum   // the hashes of the written parts, by name
	bad      map[chat.Sum]struct{} // the contents that are damaged
}

// writeFile writes the archive to a new file and to disk.
func (b *backup) writeFile(ctx context.Context, to string, compress bool) (err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if !compress {
		return errors.Join(b.write(ctx, f), f.Sync())
	}
	z := gzip.NewWriter(f)
	return errors.Join(b.write(ctx, z), z.Close(), f.Sync())
}

// write writes the archive. Meanwhile the database is copied to a file of its own.
func (b *backup) write(ctx context.Context, w io.Writer) error {
	b.sums, b.bad = map[string]chat.Sum{}, map[chat.Sum]struct{}{}
	archive := tar.NewWriter(w)
	// A host key that no server can use would make the backup impossible to
	// restore.
	switch _, b.keyError = keys.LoadHostKey(filepath.Join(b.dir, HostKeyFile)); {
	case b.keyError == nil:
		b.hasKey = true
		if err := b.add(archive, HostKeyFile, filepath.Join(b.dir, HostKeyFile)); err != nil {
			return err
		}
	case errors.Is(b.keyError, fs.ErrNotExist):
		b.keyError = nil
	default:
		b.damage = append(b.damage, b.keyError.Error())
	}
	err := b.add(archive, ConfigFile, filepath.Join(b.dir, ConfigFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := b.addContents(ctx, archive); err != nil {
		return err
	}
	if err := upkeep.Scrub(ctx, b.database); err != nil {
		return err
	}
	if err := upkeep.Check(ctx, b.database); err != nil {
		return fmt.Errorf("the copy of the database failed its check: %w", err)
	}
	if err := b.add(archive, DatabaseFile, b.database); err != nil {
		return err
	}
	return archive.Close()
}

// verify reads the archive back from its file and checks that all parts are there,
// with the hashes that they had when they were written.
func (b *backup) verify(ctx context.Context, whole string) error {
	f, err := os.Open(whole)
	if err != nil {
		return err
	}
	defer f.Close()
	seen := 0
	err = eachInBackup(ctx, f, whole, func(p *part) error {
		if _, err := io.Copy(io.Discard, p); err != nil {
			return fmt.Errorf("reading the backup back: %s: %w", p.name, err)
		}
		if want, ok := b.sums[p.name]; !ok || want != p.sum() {
			return fmt.Errorf("reading the backup back: %s has changed", p.name)
		}
		seen++
		return nil
	})
	if err == nil && seen != len(b.sums) {
		err = fmt.Errorf("reading the backup back: it has %d of %d parts", seen, len(b.sums))
	}
	return err
}

// maxCopies is how often one backup copies the database. Each further copy adds
// only a few contents.
const maxCopies = 20

// contents counts the contents in the backup, and those that the data folder has
// lost.
type contents struct{ added, lost int }

// addContents copies the database, and adds the contents that the copy names. When
// messages expire, the server deletes their contents. If one has disappeared,
// addContents copies the database again, because the new copy no longer names it.
// So the restored database has the content of each of its files, apart from damaged
// and lost ones.
func (b *backup) addContents(ctx context.Context, archive *tar.Writer) error {
	for range maxCopies {
		if err := os.Remove(b.database); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := upkeep.Copy(ctx, filepath.Join(b.dir, DatabaseFile), b.database); err != nil {
			return err
		}
		b.found = contents{}
		var lost []string
		gone := false
		for c, err := range upkeep.Contents(ctx, b.database) {
			if err != nil {
				return err
			}
			kept, err := b.addContent(ctx, archive, c)
			switch {
			case err != nil:
				return err
			case kept == contentGone:
				gone = true
			case kept == contentLost:
				lost = append(lost, fmt.Sprintf("%s is missing (%s)", contentPath(b.dir, c.Sum), postedAs(ctx, b.database, c.Sum)))
				b.found.lost++
			case kept == contentKept:
				b.found.added++
			}
		}
		if !gone {
			b.damage = append(b.damage, lost...)
			return nil
		}
	}
	return errors.New("files were deleted faster than they could be copied: try again")
}

// Results of adding a content to a backup.
const (
	contentKept    = iota
	contentDamaged // left out and noted
	contentLost    // missing, although the database names it
	contentGone    // just deleted by the server
)

// addContent adds a content, unless an earlier copy has already added it.
func (b *backup) addContent(ctx context.Context, archive *tar.Writer, c upkeep.Content) (int, error) {
	name, from := contentInBackup(c.Sum), contentPath(b.dir, c.Sum)
	if _, have := b.sums[name]; have {
		return contentKept, nil
	}
	if _, bad := b.bad[c.Sum]; bad {
		return contentDamaged, nil
	}
	// The content is checked first, because the archive cannot take it back.
	err := checkContent(from, c.Sum)
	if err == nil {
		err = b.addWithSum(archive, name, from, c.Sum)
	}
	if damaged, ok := errors.AsType[*contentError](err); ok {
		b.bad[c.Sum] = struct{}{}
		b.damage = append(b.damage, fmt.Sprintf("%s (%s)", damaged, postedAs(ctx, b.database, c.Sum)))
		return contentDamaged, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return contentKept, err
	}
	lost, err := isLost(ctx, b.dir, c.Sum)
	if lost {
		return contentLost, err
	}
	return contentGone, err
}

// contentInBackup returns the name of a content in a backup.
func contentInBackup(sum chat.Sum) string { return path.Join(FilesFolder, blobs.Path(sum)) }

// contentError says that a content is damaged or cannot be read.
type contentError struct {
	file string
	why  error
}

func (e *contentError) Error() string { return e.file + " " + e.why.Error() }
func (e *contentError) Unwrap() error { return e.why }

// checkContent reads a content and returns a [contentError] if it does not match
// its hash. A missing content is fs.ErrNotExist.
func checkContent(file string, sum chat.Sum) error {
	found, err := sumOf(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		return &contentError{file, fmt.Errorf("cannot be read (%w)", err)}
	case found != sum:
		return &contentError{file, errors.New("is damaged: its content does not match the hash in its name")}
	}
	return nil
}

// sumOf returns the hash of a file.
func sumOf(file string) (sum chat.Sum, err error) {
	f, err := os.Open(file)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return sum, err
	}
	return chat.Sum(hash.Sum(nil)), nil
}

// postedAs returns the name under which a content was posted, so that the host can
// ask for the file again.
func postedAs(ctx context.Context, database string, sum chat.Sum) string {
	names, err := upkeep.FileNames(ctx, database, sum)
	if err != nil || len(names) == 0 {
		return "no message refers to it now"
	}
	return "posted as " + strings.Join(names, ", ")
}

// isLost reports whether the server's database names a content that is missing. It
// asks twice, because a file may be deleted or posted in between.
func isLost(ctx context.Context, dir string, sum chat.Sum) (bool, error) {
	for range 2 {
		known, err := upkeep.Knows(ctx, filepath.Join(dir, DatabaseFile), sum)
		if err != nil || !known {
			return false, err
		}
		if _, err := os.Stat(contentPath(dir, sum)); !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return true, nil
}

// add adds a file to an archive under a name.
func (b *backup) add(archive *tar.Writer, name, from string) error {
	sum, err := sumOf(from)
	if err != nil {
		return err
	}
	return b.addWithSum(archive, name, from, sum)
}

// sumRecord is the PAX record with the hash of a part. Programs that unpack an archive
// ignore comments.
const sumRecord = "comment"

// sumPrefix begins the value of a [sumRecord].
const sumPrefix = "sha256:"

// addWithSum adds a file with a known hash to an archive under a name.
func (b *backup) addWithSum(archive *tar.Writer, name, from string, sum chat.Sum) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := &tar.Header{Name: name, Size: info.Size(), Mode: 0o600, ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatPAX,
		PAXRecords: map[string]string{sumRecord: sumPrefix + hex.EncodeToString(sum[:])}}
	if err := archive.WriteHeader(h); err != nil {
		return err
	}
	hash := sha256.New()
	if _, err = io.Copy(io.MultiWriter(archive, hash), f); err != nil {
		return err
	}
	if b.sums[name] = chat.Sum(hash.Sum(nil)); b.sums[name] != sum {
		return fmt.Errorf("%s changed while it was copied: try again", from)
	}
	return nil
}
