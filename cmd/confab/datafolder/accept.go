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
)

// AcceptCmd is "confab accept".
type AcceptCmd struct{ Flag }

// Run marks the parts of a data folder as belonging together, after the host has
// decided to go on with a part that was lost or replaced.
func (c *AcceptCmd) Run(ctx context.Context, out console.Streams) (err error) {
	if err := c.OnlyFolder(); err != nil {
		return err
	}
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
		fmt.Fprintf(out.Out, "%s: nothing to accept, the parts belong together\n", dir)
		return nil
	}
	for _, m := range marks {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(m.file))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing an old id: %w", err)
		}
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
	if err := errors.Join(service.SetHostKey(ctx, before.hostKey), closeService()); err != nil {
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
	if !before.hasKey {
		fmt.Fprintln(out.Out, "  the next start creates a new host key, and every client will warn its user")
	}
	return nil
}
