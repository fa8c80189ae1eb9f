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
	dir, err := c.existing()
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
	database := filepath.Join(temp, databaseFile)
	if err := db.Copy(ctx, filepath.Join(dir, databaseFile), database); err != nil {
		return err
	}
	if err := db.Check(ctx, database); err != nil {
		return fmt.Errorf("nothing was backed up, as what was copied is not whole: %w", err)
	}
	whole := filepath.Join(temp, "backup")
	n, err := writeBackup(ctx, whole, dir, database, strings.HasSuffix(c.File, "gz"))
	if err != nil {
		return fmt.Errorf("writing the backup: %w", err)
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
	fmt.Fprintf(out.out, "%s: the database, the host key and %d files, %s\n", c.File, n, app.SizeText(info.Size()))
	return nil
}

// existing is the data folder, which must have a database.
func (f dataFlag) existing() (string, error) {
	dir, err := f.path()
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

// writeBackup writes the archive to a new file and to disk, and returns how
// many files that were posted are in it.
func writeBackup(ctx context.Context, to, dir, database string, compress bool) (n int, err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var w io.Writer = f
	finish := f.Sync
	if compress {
		z := gzip.NewWriter(f)
		w, finish = z, func() error { return errors.Join(z.Close(), f.Sync()) }
	}
	archive := tar.NewWriter(w)
	if err := addFile(archive, databaseFile, database); err != nil {
		return 0, err
	}
	for _, name := range []string{hostKeyFile, configFile} {
		err := addFile(archive, name, filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
	}
	if n, err = addContents(ctx, archive, dir, database); err != nil {
		return n, err
	}
	return n, errors.Join(archive.Close(), finish())
}

// addContents adds what is in the files that the copied database knows. One
// that has expired since it was copied is left out.
func addContents(ctx context.Context, archive *tar.Writer, dir, database string) (n int, err error) {
	for sum, err := range db.Contents(ctx, database) {
		if err != nil {
			return n, err
		}
		name := files.Path(sum)
		err := addFile(archive, path.Join(filesFolder, name), filepath.Join(dir, filesFolder, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			if known, err := db.Knows(ctx, filepath.Join(dir, databaseFile), sum); err != nil || !known {
				continue
			}
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
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
