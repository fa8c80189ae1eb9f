package datafolder

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"confab/app/text"
	"confab/cmd/confab/console"

	"confab/db/sqlite/upkeep"
	"confab/keys"
)

// RestoreCmd is "confab restore".
type RestoreCmd struct {
	Flag

	File console.Path `arg:"" help:"The backup."`
}

// Run creates a data folder from a backup. Only complete and undamaged parts get
// there.
func (c *RestoreCmd) Run(ctx context.Context, out console.Streams) (err error) {
	f, err := os.Open(string(c.File))
	if err != nil {
		return fmt.Errorf("reading the backup: %w", err)
	}
	defer f.Close()
	dir, err := c.Path()
	if err != nil {
		return err
	}
	// The check comes before anything is created there.
	if err := isFresh(dir); err != nil {
		return err
	}
	if dir, err = c.Folder(); err != nil {
		return err
	}
	unlock, err := Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := isFresh(dir); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(dir, restoring)
	if err != nil {
		return fmt.Errorf("creating a folder for the restore: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := unpack(ctx, f, temp); err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	missing, err := checkRestored(ctx, temp)
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	// Other commands create a missing database, and do not take the lock.
	if err := isFresh(dir); err != nil {
		return err
	}
	if err := moveIn(temp, dir); err != nil {
		return fmt.Errorf("moving the restored parts to their place: %w", err)
	}
	p, err := lookAtParts(ctx, dir)
	if err == nil && p.database.ID != "" {
		if err = Mark(dir, p.database.ID); err == nil {
			p, err = lookAtParts(ctx, dir)
		}
	}
	if err != nil {
		return err
	}
	if err := p.wrong(); err != nil {
		fmt.Fprintf(out.Out, "restored to %s; the backup lacks a part, so before you start the server: %s\n", dir, err)
	} else {
		fmt.Fprintf(out.Out, "restored to %s; start the server with confab serve%s\n", dir, c.Option())
	}
	if missing > 0 {
		fmt.Fprintf(out.Out, "%d files have no content in the backup, because the server had lost it\n", missing)
	}
	return nil
}

// isFresh refuses a folder that is not empty. It ignores the remains of a failed
// restore, and what file systems put into their roots.
func isFresh(dir string) error {
	in, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the data folder: %w", err)
	}
	for _, e := range in {
		if name := e.Name(); name != lockFile && name != "lost+found" && !strings.HasPrefix(name, restoring) {
			return fmt.Errorf("%s already contains %s: restore to a new or an empty folder with --data DIR", dir, name)
		}
	}
	return nil
}

// restoring begins the name of the folder in which a backup is unpacked.
const restoring = ".restore-"

// contentName matches the name of a posted file's content in a backup.
var contentName = regexp.MustCompile(`^files/([0-9a-f]{2})/([0-9a-f]{62})$`)

// unpack writes the parts of a backup to a folder and to disk. It accepts only the
// names that a backup has, so nothing can be written elsewhere.
func unpack(ctx context.Context, f *os.File, to string) error {
	return eachInBackup(ctx, f, func(h *tar.Header, r io.Reader) error {
		sum, err := unpackFile(r, filepath.Join(to, filepath.FromSlash(h.Name)))
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", h.Name, err)
		}
		if content := contentName.FindStringSubmatch(h.Name); content != nil && hex.EncodeToString(sum) != content[1]+content[2] {
			return fmt.Errorf("the backup is damaged: the content of %s does not match its name", h.Name)
		}
		return nil
	})
}

// eachInBackup calls do for each part of a backup, and refuses anything else.
func eachInBackup(ctx context.Context, f *os.File, do func(*tar.Header, io.Reader) error) error {
	buffered := bufio.NewReader(f)
	var r io.Reader = buffered
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("%s is not a backup: %w", f.Name(), err)
		}
		r = z
	}
	archive := tar.NewReader(r)
	for ctx.Err() == nil {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			// Reading on to the end also checks gzip's checksum.
			_, err := io.Copy(io.Discard, r)
			return err
		}
		if err != nil {
			return fmt.Errorf("%s is not a backup, or only a part of one: %w", f.Name(), err)
		}
		known := contentName.MatchString(h.Name) || h.Name == DatabaseFile || h.Name == HostKeyFile || h.Name == ConfigFile
		if !known || h.Typeflag != tar.TypeReg {
			return fmt.Errorf("%s is not a backup: no backup contains %q", f.Name(), text.CleanLine(h.Name, 80))
		}
		if err := do(h, archive); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func unpackFile(r io.Reader, to string) (sum []byte, err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, hash), r); err != nil {
		return nil, err
	}
	return hash.Sum(nil), f.Sync()
}

// checkRestored checks the unpacked parts, and counts the files whose content is
// missing.
func checkRestored(ctx context.Context, dir string) (missing int, err error) {
	database := filepath.Join(dir, DatabaseFile)
	if _, err := os.Stat(database); err != nil {
		return 0, errors.New("the backup has no database")
	}
	if err := upkeep.Check(ctx, database); err != nil {
		return 0, err
	}
	if _, err := keys.LoadHostKey(filepath.Join(dir, HostKeyFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err // a server that was never started has no host key
	}
	for c, err := range upkeep.Contents(ctx, database) {
		if err != nil {
			return 0, err
		}
		if _, err := os.Stat(contentPath(dir, c.Sum)); err != nil {
			missing++
		}
	}
	return missing, nil
}

// moveIn moves the unpacked parts to their place, the database last. If the move is
// cut short, no server starts with the files alone (see [parts.wrong]).
func moveIn(from, dir string) error {
	// The folder of files is created even if it has no contents, so that it gets
	// the server's id.
	if err := os.MkdirAll(filepath.Join(from, FilesFolder), 0o700); err != nil {
		return err
	}
	if err := syncAll(from); err != nil {
		return err
	}
	for _, name := range []string{FilesFolder, HostKeyFile, ConfigFile, DatabaseFile} {
		err := os.Rename(filepath.Join(from, name), filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncFolder(dir)
}

// syncAll makes the names in a folder and its subfolders durable.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return syncFolder(strings.TrimSuffix(path, string(filepath.Separator)))
	})
}
