package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"confab/app/chat"
	"confab/db/blobs"
	"confab/db/sqlite"
	"confab/keys"
)

type backupCmd struct {
	dataFlag

	File filePath `arg:"" help:"Where to: a new file, .tar, or .tar.gz to compress it."`
}

// errDamage is what a backup ends with of a folder in which something is damaged.
var errDamage = errors.New("the backup is of a server that is damaged: what is damaged stands above, and confab doctor --deep looks again")

// Run writes all that makes a server into one file, while the server may run.
// Files that are damaged are left out and named, and the rest can be restored.
func (c *backupCmd) Run(ctx context.Context, out streams) (err error) {
	to := string(c.File)
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("there is a %s already, which is left as it is: give the backup a name of its own", to)
	}
	parts, err := lookAtParts(ctx, dir)
	if err != nil {
		return err
	}
	// Beside the file, so that it can be renamed; for its owner's eyes only.
	temp, err := os.MkdirTemp(filepath.Dir(to), ".confab-backup-")
	if err != nil {
		return fmt.Errorf("making a folder for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	whole := filepath.Join(temp, "backup")
	b := backup{dir: dir, database: filepath.Join(temp, databaseFile)}
	if err = b.write(ctx, whole, strings.HasSuffix(to, "gz")); err == nil {
		err = b.verify(ctx, whole)
	}
	if err != nil {
		return fmt.Errorf("nothing was backed up: %w", err)
	}
	if err := os.Rename(whole, to); err != nil {
		return fmt.Errorf("naming the backup: %w", err)
	}
	if err := syncFolder(filepath.Dir(to)); err != nil {
		return fmt.Errorf("naming the backup: %w", err)
	}
	info, err := os.Stat(to)
	if err != nil {
		return fmt.Errorf("looking at the backup: %w", err)
	}
	key := "the host key"
	if !b.hasKey {
		key = "no host key"
	}
	fmt.Fprintf(out.out, "%s: the database, %s and %d files, %s\n", to, key, b.found.added, chat.SizeText(info.Size()))
	// A folder of which a part is lost is said to be that, not only what follows.
	if err := parts.wrong(); err != nil {
		b.damage = append(b.damage, err.Error())
	} else if b.keyError == nil && !b.hasKey {
		fmt.Fprintln(out.out, "there is no host key yet: the first start makes it")
	}
	for _, d := range b.damage {
		fmt.Fprintf(out.err, "confab: %s\n", d)
	}
	if len(b.damage) > 0 {
		return errDamage
	}
	return nil
}

// existing is the data folder, which must have a database.
func (f dataFlag) existing(ctx context.Context) (string, error) {
	dir, err := f.path()
	if err != nil {
		return "", err
	}
	p, err := lookAtParts(ctx, dir)
	if err == nil && p.database.Empty {
		err = p.wrong() // what is left of a server says more than that it is not there
	}
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no database in %s: say where the data folder is with --data DIR", dir)
	} else if err != nil {
		return "", fmt.Errorf("looking for the database: %w", err)
	}
	return dir, nil
}

// backup is one that is being written.
type backup struct {
	dir      string // the data folder
	database string // where it is copied to
	hasKey   bool
	keyError error
	found    contents
	damage   []string              // what is left out, a sentence each
	sums     map[string]chat.Sum   // what was written, by its name
	bad      map[chat.Sum]struct{} // contents that are damaged
}

// write writes the archive to a new file and to disk. The database is copied to a
// file of its own meanwhile.
func (b *backup) write(ctx context.Context, to string, compress bool) (err error) {
	b.sums, b.bad = map[string]chat.Sum{}, map[chat.Sum]struct{}{}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var w io.Writer = f
	finish := f.Sync
	if compress {
		z := gzip.NewWriter(f)
		w, finish = z, func() error { return errors.Join(z.Close(), f.Sync()) }
	}
	archive := tar.NewWriter(w)
	// One that no server can use would keep the backup from being restored.
	switch _, b.keyError = keys.LoadHostKey(filepath.Join(b.dir, hostKeyFile)); {
	case b.keyError == nil:
		b.hasKey = true
		if err := b.add(archive, hostKeyFile, filepath.Join(b.dir, hostKeyFile)); err != nil {
			return err
		}
	case errors.Is(b.keyError, fs.ErrNotExist):
		b.keyError = nil
	default:
		b.damage = append(b.damage, b.keyError.Error())
	}
	err = b.add(archive, configFile, filepath.Join(b.dir, configFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := b.addContents(ctx, archive); err != nil {
		return err
	}
	if err := sqlite.Scrub(ctx, b.database); err != nil {
		return err
	}
	if err := sqlite.Check(ctx, b.database); err != nil {
		return fmt.Errorf("what was copied is not whole: %w", err)
	}
	if err := b.add(archive, databaseFile, b.database); err != nil {
		return err
	}
	return errors.Join(archive.Close(), finish())
}

// verify reads the archive back from its file: all that was written is there, as
// it was read.
func (b *backup) verify(ctx context.Context, whole string) error {
	f, err := os.Open(whole)
	if err != nil {
		return err
	}
	defer f.Close()
	seen := 0
	err = eachInBackup(ctx, f, func(h *tar.Header, r io.Reader) error {
		hash := sha256.New()
		if _, err := io.Copy(hash, r); err != nil {
			return fmt.Errorf("reading back what was written: %s: %w", h.Name, err)
		}
		if want, ok := b.sums[h.Name]; !ok || want != chat.Sum(hash.Sum(nil)) {
			return fmt.Errorf("reading back what was written: %s is not as it was", h.Name)
		}
		seen++
		return nil
	})
	if err == nil && seen != len(b.sums) {
		err = fmt.Errorf("reading back what was written: %d of %d parts are there", seen, len(b.sums))
	}
	return err
}

// maxCopies is how often the database is copied for one backup. Each time there
// is little left to add to it.
const maxCopies = 20

// contents are those that a backup has, and those that the data folder has lost.
type contents struct{ added, lost int }

// addContents copies the database, and adds the contents that the copy knows.
// The server takes contents away whose messages expire: when one has gone, the
// database is copied once more, for that is then one without it. So what is
// restored has for each of its files what is in it, but for those that are damaged
// or lost.
func (b *backup) addContents(ctx context.Context, archive *tar.Writer) error {
	for range maxCopies {
		if err := os.Remove(b.database); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := sqlite.Copy(ctx, filepath.Join(b.dir, databaseFile), b.database); err != nil {
			return err
		}
		b.found = contents{}
		var lost []string
		gone := false
		for c, err := range sqlite.Contents(ctx, b.database) {
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
	return errors.New("files went faster than they could be copied: try again")
}

// What became of a content that is to be added to a backup.
const (
	contentKept    = iota
	contentDamaged // left out, and noted
	contentLost    // not there, although the server knows it
	contentGone    // the server has just deleted it
)

// addContent adds a content, unless it is there from an earlier copy.
func (b *backup) addContent(ctx context.Context, archive *tar.Writer, c sqlite.Content) (int, error) {
	name, from := path.Join(filesFolder, blobs.Path(c.Sum)), contentPath(b.dir, c.Sum)
	if _, have := b.sums[name]; have {
		return contentKept, nil
	}
	if _, bad := b.bad[c.Sum]; bad {
		return contentDamaged, nil
	}
	// Before any of it is in the archive, which cannot be taken back.
	err := checkContent(from, c.Sum)
	if err == nil {
		err = b.add(archive, name, from)
	}
	if err == nil && b.sums[name] != c.Sum {
		return 0, fmt.Errorf("%s has changed while it was copied", from)
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

// contentError says that a content is damaged.
type contentError struct {
	file string
	why  string
}

func (e *contentError) Error() string { return e.file + " is damaged: " + e.why }

// checkContent reads a content and returns a [contentError] if it is not what its
// hash says. That it is not there is fs.ErrNotExist.
func checkContent(file string, sum chat.Sum) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return &contentError{file, "it cannot be read (" + err.Error() + ")"}
	}
	if chat.Sum(hash.Sum(nil)) != sum {
		return &contentError{file, "its content has another hash than its name says"}
	}
	return nil
}

// postedAs says as what a content was posted, for the host to ask for it again.
func postedAs(ctx context.Context, database string, sum chat.Sum) string {
	names, err := sqlite.FileNames(ctx, database, sum)
	if err != nil || len(names) == 0 {
		return "no message has it any more"
	}
	return "posted as " + strings.Join(names, ", ")
}

// isLost reports whether a content is not there that the server's database
// knows. It asks twice, since it may be going or coming in between.
func isLost(ctx context.Context, dir string, sum chat.Sum) (bool, error) {
	for range 2 {
		known, err := sqlite.Knows(ctx, filepath.Join(dir, databaseFile), sum)
		if err != nil || !known {
			return false, err
		}
		if _, err := os.Stat(contentPath(dir, sum)); !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return true, nil
}

// add adds a file to an archive under a name, and notes its hash.
func (b *backup) add(archive *tar.Writer, name, from string) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := &tar.Header{Name: name, Size: info.Size(), Mode: 0o600, ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatPAX}
	if err := archive.WriteHeader(h); err != nil {
		return err
	}
	hash := sha256.New()
	if _, err = io.Copy(io.MultiWriter(archive, hash), f); err == nil {
		b.sums[name] = chat.Sum(hash.Sum(nil))
	}
	return err
}

// syncFolder makes a rename in a folder durable. Windows does that by itself
// and has no call for it.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
