package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/db/postgres"
)

// AcceptCmd is "confab accept".
type AcceptCmd struct{ Flag }

// Run marks the parts of a data folder as belonging together, after the host has
// decided to go on with a part that was lost or replaced.
func (c *AcceptCmd) Run(ctx context.Context, out console.Streams) (err error) {
	dir, err := c.Path()
	if err != nil {
		return err
	}
	if !exists(dir) {
		return c.places.None(dir)
	}
	unlock, err := Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if c.Database != "" {
		return c.elsewhere(ctx, dir, out)
	}
	before, err := lookAtParts(ctx, dir)
	if err != nil {
		return err
	}
	wrong := before.wrong()
	if before.moved {
		return wrong
	}
	if wrong == nil && before.database.Empty {
		return c.places.None(dir)
	}
	if wrong == nil {
		nothingToAccept(out, dir)
		return nil
	}
	if err := removeMarks(dir); err != nil {
		return err
	}
	if before.database.Empty && before.hasLog {
		// SQLite would delete the log. It may still be useful to an expert.
		wal := filepath.Join(dir, DatabaseFile+"-wal")
		if err := os.Rename(wal, wal+".old"); err != nil {
			return fmt.Errorf("renaming the old write-ahead log: %w", err)
		}
	}
	if before.database.Files && !before.contents {
		if err := os.MkdirAll(filepath.Join(dir, FilesFolder), 0o700); err != nil {
			return fmt.Errorf("creating the folder of files: %w", err)
		}
	}
	service, closeService, err := OpenDatabase(ctx, dir, service.Options{Log: commandLog(out)})
	if err != nil {
		return err
	}
	if err := errors.Join(acceptKey(ctx, service, before), closeService()); err != nil {
		return err
	}
	after, err := lookAtParts(ctx, dir)
	if err == nil {
		err = after.wrong()
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out.Out, "%s: accepted; start the server with %s\n", dir, c.places.start(dir))
	if before.database.Empty {
		fmt.Fprintln(out.Out, "  the database is new and empty; the next start moves the contents of old files to the trash")
	}
	before.tellNewKey(out)
	return nil
}

// elsewhere is Run for a data folder whose database is elsewhere. Other machines may be using
// that.
func (c *AcceptCmd) elsewhere(ctx context.Context, dir string, out console.Streams) error {
	if err := c.Whole(ctx, dir); err != nil {
		return err
	}
	store, err := postgres.Open(ctx, c.Database)
	if err != nil {
		return err
	}
	before, err := lookBeside(ctx, dir, store)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	otherBucket, err := c.otherBucket(ctx, store)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	if before.wrongServer() == nil && before.wrongKey() == nil && !otherBucket {
		nothingToAccept(out, dir)
		return store.Close()
	}
	if err := removeMarks(dir); err != nil {
		return errors.Join(err, store.Close())
	}
	service, closeService, err := begin(ctx, dir, store, store.Close, service.Options{Log: commandLog(out)})
	if err != nil {
		return err
	}
	if before.wrongKey() != nil {
		err = acceptKey(ctx, service, before)
	}
	if err == nil && otherBucket {
		err = c.takeBucket(ctx, store)
	}
	if err := errors.Join(err, closeService()); err != nil {
		return err
	}
	fmt.Fprintf(out.Out, "%s: accepted; start the server with this folder and the same --database\n", dir)
	before.tellNewKey(out)
	fmt.Fprintln(out.Out, "  all machines of this server need the same host key, "+HostKeyFile+" in their data folders")
	return nil
}

// acceptKey makes the host key of a data folder, or the next one, that which clients have seen.
func acceptKey(ctx context.Context, on *service.Service, p parts) error {
	return on.SetHostKeys(ctx, service.HostKeys{First: p.hostKey, Accepted: true})
}

func nothingToAccept(out console.Streams, dir string) {
	fmt.Fprintf(out.Out, "%s: nothing to accept, the parts belong together\n", dir)
}

// tellNewKey says what the next start does about a missing host key.
func (p parts) tellNewKey(out console.Streams) {
	if !p.hasKey {
		fmt.Fprintln(out.Out, "  the next start creates a new host key, and every client will warn its user")
	}
}

// removeMarks removes the ids of a server from a data folder.
func removeMarks(dir string) error {
	for _, m := range marks {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(m.file))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing an old id: %w", err)
		}
	}
	return nil
}
