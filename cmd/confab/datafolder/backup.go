package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"confab/app/chat"
	"confab/app/text"
	"confab/cmd/confab/console"
)

// BackupCmd is "confab backup".
type BackupCmd struct {
	Write  writeCmd  `cmd:"" default:"withargs" help:"Write a backup of the whole server to one file. Works while it runs. You can leave out the word write."`
	Verify verifyCmd `cmd:"" help:"Check whether a backup is whole: the database, the host key and the hash of every file."`
}

// writeCmd is "confab backup FILE".
type writeCmd struct {
	Flag

	File   console.Path `arg:"" help:"New file for the backup: .tar, or .tar.gz to compress it. In a folder, the backup gets a name with its time. - writes a .tar to the standard output."`
	Rotate int          `help:"Keep this many of the backups with such names in the folder, and delete older ones." placeholder:"N"`
}

// ErrPartly is the error of a backup or a restore that has left out damaged parts.
var ErrPartly = errors.New("some parts are damaged, see above")

// nameForm is the name of a backup in a folder, as package time writes its time.
const nameForm = "confab-20060102T150405Z.tar.gz"

// namedByTime matches the names that nameForm makes.
var namedByTime = regexp.MustCompile(`^confab-\d{8}T\d{6}Z\.tar\.gz$`)

// Run writes everything that makes up a server into one file. The server may be
// running. Damaged files are named and left out, so that the rest can be restored.
func (c *writeCmd) Run(ctx context.Context, out console.Streams) (err error) {
	to, folder, err := c.target()
	if err != nil {
		return err
	}
	if c.Database == "" {
		dir, err := c.existing(ctx)
		if err != nil {
			return err
		}
		return c.from(ctx, dir, to, folder, out)
	}
	within := filepath.Dir(to)
	if to == "-" {
		within = ""
	}
	temp, err := os.MkdirTemp(within, ".confab-backup-")
	if err != nil {
		return fmt.Errorf("creating a folder for the copy of the server: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := c.asFolder(ctx, temp); err != nil {
		return fmt.Errorf("nothing was backed up: %w", err)
	}
	return c.from(ctx, temp, to, folder, out)
}

// target returns the path of the backup and, if it gets a name with its time, its folder.
func (c *writeCmd) target() (to, folder string, err error) {
	to = string(c.File)
	if info, err := os.Stat(to); err == nil && info.IsDir() && to != "-" {
		folder = to
		to = filepath.Join(folder, time.Now().UTC().Format(nameForm))
	}
	switch {
	case c.Rotate < 0:
		return "", "", fmt.Errorf("%d backups cannot be kept: give --rotate a number from 1", c.Rotate)
	case c.Rotate > 0 && folder == "":
		return "", "", fmt.Errorf("%s is not a folder: --rotate needs an existing folder for the backups", to)
	}
	return to, folder, nil
}

// from writes the backup of a data folder.
func (c *writeCmd) from(ctx context.Context, dir, to, folder string, out console.Streams) error {
	parts, err := lookAtParts(ctx, dir)
	if err != nil {
		return err
	}
	b := backup{dir: dir}
	var size int64
	told := out.Out
	if to == "-" {
		told = out.Err
		size, err = b.stream(ctx, out.Out)
	} else {
		size, err = b.file(ctx, to)
	}
	if err != nil {
		return err
	}
	key := "the host key"
	if !b.hasKey {
		key = "no host key"
	}
	fmt.Fprintf(told, "%s: the database, %s and %s, %s\n", to, key, text.Plural(b.found.added, "file"), chat.SizeText(size))
	// If a part is lost, the error says so, and not only what follows from it.
	if err := parts.wrong(); err != nil {
		b.damage = append(b.damage, err.Error())
	} else if b.keyError == nil && !b.hasKey {
		fmt.Fprintln(told, "there is no host key yet: the first start creates it")
	}
	for _, d := range b.damage {
		fmt.Fprintf(out.Err, "confab: %s\n", d)
	}
	if len(b.damage) > 0 {
		if c.Rotate > 0 {
			fmt.Fprintln(out.Err, "confab: no older backup was deleted, because they may have what this one lacks")
		}
		return fmt.Errorf("%w: the backup has the rest, and confab doctor%s --deep checks everything again", ErrPartly, c.Option())
	}
	return rotate(folder, c.Rotate, told)
}

// file writes the backup to a new file, and reads it back. It returns its size.
func (b *backup) file(ctx context.Context, to string) (size int64, err error) {
	if _, err := os.Lstat(to); err == nil {
		return 0, fmt.Errorf("%s already exists: choose another name for the backup", to)
	}
	// The temporary file is beside the backup, so that it can be renamed. Only its
	// owner can read it.
	temp, err := os.MkdirTemp(filepath.Dir(to), ".confab-backup-")
	if err != nil {
		return 0, fmt.Errorf("creating a folder for the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	whole := filepath.Join(temp, "backup")
	b.database = filepath.Join(temp, DatabaseFile)
	if err = b.writeFile(ctx, whole, strings.HasSuffix(to, "gz")); err == nil {
		err = b.verify(ctx, whole)
	}
	if err != nil {
		return 0, fmt.Errorf("nothing was backed up: %w", err)
	}
	if err := os.Rename(whole, to); err != nil {
		return 0, fmt.Errorf("naming the backup: %w", err)
	}
	if err := syncFolder(filepath.Dir(to)); err != nil {
		return 0, fmt.Errorf("naming the backup: %w", err)
	}
	info, err := os.Stat(to)
	if err != nil {
		return 0, fmt.Errorf("checking the backup: %w", err)
	}
	return info.Size(), nil
}

// stream writes the backup to an open stream. Only the copy of the database is in a
// temporary folder. It returns the size of the backup.
func (b *backup) stream(ctx context.Context, to io.Writer) (size int64, err error) {
	if f, ok := to.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return 0, errors.New("a terminal cannot show a backup: send the output of confab backup - to a file or a program")
	}
	// Without this, a reader that ends early would end the process before it has
	// removed the copy of the database.
	signal.Ignore(syscall.SIGPIPE)
	temp, err := os.MkdirTemp("", ".confab-backup-")
	if err != nil {
		return 0, fmt.Errorf("creating a folder for the copy of the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	b.database = filepath.Join(temp, DatabaseFile)
	counted := &counter{to: to}
	if err := b.write(ctx, counted); err != nil {
		return 0, fmt.Errorf("the backup is not complete, so do not keep it: %w", err)
	}
	return counted.n, nil
}

// counter counts the bytes that it passes on.
type counter struct {
	to io.Writer
	n  int64
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

// rotate deletes all but the newest backups that are named by their time in a folder.
// With keep 0 it deletes none.
func rotate(folder string, keep int, told io.Writer) error {
	if keep == 0 {
		return nil
	}
	in, err := os.ReadDir(folder) // in the order of names, which is that of time
	if err != nil {
		return fmt.Errorf("looking for older backups: %w", err)
	}
	var names []string
	for _, e := range in {
		if e.Type().IsRegular() && namedByTime.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	for _, name := range names[:max(0, len(names)-keep)] {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("deleting an older backup: %w", err)
		}
		fmt.Fprintf(told, "deleted %s, because newer backups are kept\n", filepath.Join(folder, name))
	}
	return nil
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
