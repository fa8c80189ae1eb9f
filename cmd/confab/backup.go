package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
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

	"confab/app"
	"confab/db"
	"confab/db/files"
)

type backupCmd struct {
	dataFlag

	File string `arg:"" help:"Where to: a new file, .tar, or .tar.gz to compress it." type:"path"`
}

// Run writes all that makes a server into one file, while the server may run.
func (c *backupCmd) Run(ctx context.Context, out streams) (err error) {
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); err == nil {
		return fmt.Errorf("there is a %s already, which is left as it is: give the backup a name of its own", c.File)
	}
	// Beside the file, so that it can be renamed; for its owner's eyes only.
	temp, err := os.MkdirTemp(filepath.Dir(c.File), ".confab-backup-")
	if err != nil {
		return fmt.Errorf("making a folder for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	whole := filepath.Join(temp, "backup")
	found, err := writeBackup(ctx, whole, dir, filepath.Join(temp, databaseFile), strings.HasSuffix(c.File, "gz"))
	if err != nil {
		return fmt.Errorf("nothing was backed up: %w", err)
	}
	if err := os.Rename(whole, c.File); err != nil {
		return fmt.Errorf("naming the backup: %w", err)
	}
	if err := syncFolder(filepath.Dir(c.File)); err != nil {
		return fmt.Errorf("naming the backup: %w", err)
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return fmt.Errorf("looking at the backup: %w", err)
	}
	fmt.Fprintf(out.out, "%s: the database, the host key and %d files, %s\n", c.File, found.added, app.SizeText(info.Size()))
	if found.lost > 0 {
		fmt.Fprintf(out.err, "confab: %d files have no content in %s, and so none in the backup: confab doctor says what to do\n", found.lost, dir)
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

// writeBackup writes the archive to a new file and to disk. The database is
// copied to a file of its own meanwhile.
func writeBackup(ctx context.Context, to, dir, database string, compress bool) (found contents, err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var w io.Writer = f
	finish := f.Sync
	if compress {
		z := gzip.NewWriter(f)
		w, finish = z, func() error { return errors.Join(z.Close(), f.Sync()) }
	}
	archive := tar.NewWriter(w)
	for _, name := range []string{hostKeyFile, configFile} {
		err := addFile(archive, name, filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return found, err
		}
	}
	if found, err = addContents(ctx, archive, dir, database); err != nil {
		return found, err
	}
	if err := db.Check(ctx, database); err != nil {
		return found, fmt.Errorf("what was copied is not whole: %w", err)
	}
	if err := addFile(archive, databaseFile, database); err != nil {
		return found, err
	}
	return found, errors.Join(archive.Close(), finish())
}

// maxCopies is how often the database is copied for one backup. Each time there
// is little left to add to it.
const maxCopies = 20

// contents are those that a backup has, and those that the data folder has lost.
type contents struct{ added, lost int }

// addContents copies the database, and adds the contents that the copy knows.
// The server takes contents away whose messages expire: when one has gone, the
// database is copied once more, for that is then one without it. So what is
// restored has for each of its files what is in it.
func addContents(ctx context.Context, archive *tar.Writer, dir, database string) (found contents, err error) {
	added := map[app.Sum]struct{}{}
	for range maxCopies {
		if err := os.Remove(database); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return found, err
		}
		if err := db.Copy(ctx, filepath.Join(dir, databaseFile), database); err != nil {
			return found, err
		}
		found = contents{}
		gone := false
		for c, err := range db.Contents(ctx, database) {
			if err != nil {
				return found, err
			}
			if _, have := added[c.Sum]; !have {
				err = addFile(archive, path.Join(filesFolder, files.Path(c.Sum)), contentPath(dir, c.Sum))
			}
			switch {
			case err == nil:
				added[c.Sum] = struct{}{}
				found.added++
			case !errors.Is(err, fs.ErrNotExist):
				return found, err
			default:
				lost, err := isLost(ctx, dir, c.Sum)
				if err != nil {
					return found, err
				}
				if lost {
					found.lost++
				}
				gone = gone || !lost
			}
		}
		if !gone {
			return found, nil
		}
	}
	return found, errors.New("files went faster than they could be copied: try again")
}

// isLost reports whether a content is not there that the server's database
// knows. It asks twice, since it may be going or coming in between.
func isLost(ctx context.Context, dir string, sum app.Sum) (bool, error) {
	for range 2 {
		known, err := db.Knows(ctx, filepath.Join(dir, databaseFile), sum)
		if err != nil || !known {
			return false, err
		}
		if _, err := os.Stat(contentPath(dir, sum)); !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return true, nil
}

// addFile adds a file to an archive under a name.
func addFile(archive *tar.Writer, name, from string) (err error) {
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
	_, err = io.Copy(archive, f)
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
