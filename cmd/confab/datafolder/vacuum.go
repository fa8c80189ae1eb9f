package datafolder

import (
	"context"
	"fmt"
	"path/filepath"

	"confab/app/chat"
	"confab/cmd/confab/console"
	"confab/cmd/confab/machine"
	"confab/db/sqlite/upkeep"
	"confab/db/transfer"
)

// vacuumCmd is "confab db vacuum".
type vacuumCmd struct{ Flag }

// Run makes the database smaller. The server may be running, unless the database is from
// a version that could not do this.
func (c *vacuumCmd) Run(ctx context.Context, out console.Streams) error {
	if c.Database != "" {
		before, after, err := transfer.Vacuum(ctx, c.Database)
		if err == nil {
			fmt.Fprintf(out.Out, "the database had %s and has %s now; PostgreSQL uses the space of deleted rows again\n", chat.SizeText(before), chat.SizeText(after))
		}
		return err
	}
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, DatabaseFile)
	before, err := upkeep.ReadStats(ctx, path)
	if err != nil {
		return err
	}
	shrinks, err := upkeep.Shrinks(ctx, path)
	if err != nil {
		return err
	}
	if shrinks {
		err = upkeep.Vacuum(ctx, path)
	} else {
		err = rewrite(ctx, dir, before.Size)
	}
	if err != nil {
		return err
	}
	after, err := upkeep.ReadStats(ctx, path)
	if err != nil {
		return err
	}
	fmt.Fprintf(out.Out, "the database had %s and has %s now\n", chat.SizeText(before.Size), chat.SizeText(after.Size))
	return nil
}

// rewrite writes the database of a data folder anew, which is needed once for a database
// of an earlier version.
func rewrite(ctx context.Context, dir string, size int64) error {
	unlock, err := Lock(dir)
	if err != nil {
		return fmt.Errorf("an earlier version of confab created this database, so it has to be rewritten once while no server runs; later the server can run meanwhile: %w", err)
	}
	defer unlock()
	// SQLite writes the new database to a temporary file, and then into the log.
	if free, err := machine.FreeSpace(dir); err == nil && free < 2*size {
		return fmt.Errorf("rewriting the database needs %s on this disk, and %s are free: free some space first", chat.SizeText(2*size), chat.SizeText(free))
	}
	return upkeep.Rewrite(ctx, filepath.Join(dir, DatabaseFile))
}
