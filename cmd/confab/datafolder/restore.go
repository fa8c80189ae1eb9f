package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"confab/cmd/confab/console"
	"confab/db/sqlite/upkeep"
)

// RestoreCmd is "confab restore".
type RestoreCmd struct {
	Flag

	File    console.Path `arg:"" help:"The backup; - reads the standard input."`
	Partial bool         `help:"Restore the parts that are whole, and leave out damaged ones."`
}

// Run creates a data folder from a backup. Only complete and undamaged parts get
// there.
func (c *RestoreCmd) Run(ctx context.Context, out console.Streams) (err error) {
	f, err := openBackup(c.File, out.In)
	if err != nil {
		return err
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
	r := reading{to: temp, contents: true}
	if err := r.read(ctx, f, string(c.File)); err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	if len(r.damage) > 0 && (!c.Partial || len(r.whole) == 0) {
		return fmt.Errorf("nothing was restored: %s; confab restore --partial brings back the parts that are whole", strings.Join(r.damage, "; "))
	}
	// Other commands create a missing database, and do not take the lock.
	if err := isFresh(dir); err != nil {
		return err
	}
	if c.Database != "" {
		if err := c.restoreElsewhere(ctx, dir, temp, &r); err != nil {
			return fmt.Errorf("nothing was restored: %w", err)
		}
		fmt.Fprintf(out.Out, "restored to the database and to %s; start the server with both\n", dir)
		return r.tell(dir, out)
	}
	if err := giveToOwner(dir); err != nil {
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
	if err := giveToOwner(dir); err != nil { // the ids and the lock too
		return err
	}
	if err := p.wrong(); err != nil {
		fmt.Fprintf(out.Out, "restored to %s; the backup lacks a part, so before you start the server: %s\n", dir, err)
	} else {
		fmt.Fprintf(out.Out, "restored to %s; start the server with %s\n", dir, c.places.start(dir))
	}
	return r.tell(dir, out)
}

// restoreElsewhere moves an unpacked backup to a PostgreSQL database, and its host key and
// settings to the data folder.
func (c *RestoreCmd) restoreElsewhere(ctx context.Context, dir, temp string, r *reading) error {
	if !r.whole[DatabaseFile] {
		return errors.New("the backup has no whole database: restore what there is without --database, to look at it")
	}
	facts, err := upkeep.ReadFacts(ctx, filepath.Join(temp, DatabaseFile))
	if err != nil {
		return err
	}
	if r.lost, err = c.toPostgres(ctx, temp); err != nil {
		return err
	}
	for _, name := range []string{FilesFolder, DatabaseFile, DatabaseFile + "-wal", DatabaseFile + "-shm"} {
		if err := os.RemoveAll(filepath.Join(temp, name)); err != nil {
			return err
		}
	}
	if err := moveIn(temp, dir); err != nil {
		return err
	}
	if facts.ID != "" {
		if err := Mark(dir, facts.ID); err != nil {
			return err
		}
	}
	return giveToOwner(dir)
}

// tell names what a restore has left out.
func (r *reading) tell(dir string, out console.Streams) error {
	if r.lost > 0 {
		fmt.Fprintln(out.Out, lostText(r.lost)+", because the server had lost it")
	}
	for _, d := range r.damage {
		fmt.Fprintf(out.Err, "confab: %s\n", d)
	}
	if damaged := filepath.Join(dir, damagedFile); exists(damaged) {
		fmt.Fprintf(out.Err, "confab: the damaged database is %s: sqlite3 and its .recover may save a part of it\n", damaged)
	}
	if len(r.damage) > 0 {
		return fmt.Errorf("%w: the rest was restored", ErrPartly)
	}
	return nil
}

// giveToOwner gives everything in a data folder to the owner of the folder, who runs the
// server. root can restore for somebody else.
func giveToOwner(dir string) error {
	uid, gid, foreign := ownerOf(dir)
	if !foreign {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, uid, gid))
	})
	if err != nil {
		return fmt.Errorf("giving the restored files to the owner of %s: run this command as that user or as root (%w)", dir, err)
	}
	return nil
}

// isFresh refuses a folder that is not empty. It ignores the remains of a failed
// restore, and what file systems put into their roots.
func isFresh(dir string) error {
	if filepath.Dir(dir) == dir {
		return fmt.Errorf("%s is the root of a file system: restore to a folder of its own with --data DIR", dir)
	}
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

// moveIn moves the unpacked parts to their place, the database last. If the move is
// cut short, no server starts with the files alone (see [parts.wrong]).
func moveIn(from, dir string) error {
	// The folder of files is created beside the database even if it has no contents, so that
	// it gets the server's id.
	if exists(filepath.Join(from, DatabaseFile)) {
		if err := os.MkdirAll(filepath.Join(from, FilesFolder), 0o700); err != nil {
			return err
		}
	}
	if err := syncAll(from); err != nil {
		return err
	}
	for _, name := range []string{FilesFolder, HostKeyFile, ConfigFile, damagedFile, DatabaseFile} {
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
