package datafolder

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
	"confab/cmd/confab/console"
	"confab/db/blobs"

	"confab/db/sqlite/upkeep"
	"confab/keys"
)

// BackupCmd is "confab backup".
type BackupCmd struct {
	Flag

	File console.Path `arg:"" help:"New file for the backup: .tar, or .tar.gz to compress it."`
}

// errDamage is the error of a backup whose data folder has damaged parts.
var errDamage = errors.New("parts of the server are damaged, see above: the backup has the rest, and confab doctor --deep checks everything again")

// Run writes everything that makes up a server into one file. The server may be
// running. Damaged files are named and left out, so that the rest can be restored.
func (c *BackupCmd) Run(ctx context.Context, out console.Streams) (err error) {
	to := string(c.File)
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s already exists: choose another name for the backup", to)
	}
	parts, err := lookAtParts(ctx, dir)
	if err != nil {
		return err
	}
	// The temporary file is beside the backup, so that it can be renamed. Only its
	// owner can read it.
	temp, err := os.MkdirTemp(filepath.Dir(to), ".confab-backup-")
	if err != nil {
		return fmt.Errorf("creating a folder for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	whole := filepath.Join(temp, "backup")
	b := backup{dir: dir, database: filepath.Join(temp, DatabaseFile)}
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
		return fmt.Errorf("checking the backup: %w", err)
	}
	key := "the host key"
	if !b.hasKey {
		key = "no host key"
	}
	fmt.Fprintf(out.Out, "%s: the database, %s and %d files, %s\n", to, key, b.found.added, chat.SizeText(info.Size()))
	// If a part is lost, the error says so, and not only what follows from it.
	if err := parts.wrong(); err != nil {
		b.damage = append(b.damage, err.Error())
	} else if b.keyError == nil && !b.hasKey {
		fmt.Fprintln(out.Out, "there is no host key yet: the first start creates it")
	}
	for _, d := range b.damage {
		fmt.Fprintf(out.Err, "confab: %s\n", d)
	}
	if len(b.damage) > 0 {
		return errDamage
	}
	return nil
}

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

// write writes the archive to a new file and to disk. Meanwhile the database is
// copied to a file of its own.
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
	err = b.add(archive, ConfigFile, filepath.Join(b.dir, ConfigFile))
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
	return errors.Join(archive.Close(), finish())
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
	err = eachInBackup(ctx, f, func(h *tar.Header, r io.Reader) error {
		hash := sha256.New()
		if _, err := io.Copy(hash, r); err != nil {
			return fmt.Errorf("reading the backup back: %s: %w", h.Name, err)
		}
		if want, ok := b.sums[h.Name]; !ok || want != chat.Sum(hash.Sum(nil)) {
			return fmt.Errorf("reading the backup back: %s has changed", h.Name)
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
	name, from := path.Join(FilesFolder, blobs.Path(c.Sum)), contentPath(b.dir, c.Sum)
	if _, have := b.sums[name]; have {
		return contentKept, nil
	}
	if _, bad := b.bad[c.Sum]; bad {
		return contentDamaged, nil
	}
	// The content is checked first, because the archive cannot take it back.
	err := checkContent(from, c.Sum)
	if err == nil {
		err = b.add(archive, name, from)
	}
	if err == nil && b.sums[name] != c.Sum {
		return 0, fmt.Errorf("%s changed while it was copied", from)
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

// checkContent reads a content and returns a [contentError] if it does not match
// its hash. A missing content is fs.ErrNotExist.
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
		return &contentError{file, "its content does not match the hash in its name"}
	}
	return nil
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

// syncFolder makes a rename in a folder durable. Windows does this by itself and
// has no call for it.
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
