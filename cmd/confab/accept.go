package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"confab/app/chat"
)

type acceptCmd struct{ dataFlag }

// Run makes what is in a data folder belong together, after a part of it was
// lost or replaced and the host has decided to go on so.
func (c *acceptCmd) Run(ctx context.Context, out streams) (err error) {
	dir, err := c.path()
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("looking for the data folder: %w", err)
	}
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	before, err := lookAtParts(ctx, dir)
	if err != nil {
		return err
	}
	wrong := before.wrong()
	if wrong == nil {
		fmt.Fprintf(out.out, "%s: nothing to accept, its parts belong together\n", dir)
		return nil
	}
	for _, m := range marks {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(m.file))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing an old id: %w", err)
		}
	}
	if before.database.Empty && before.hasLog {
		// SQLite would delete it. It may still be worth something to an expert.
		wal := filepath.Join(dir, databaseFile+"-wal")
		if err := os.Rename(wal, wal+".old"); err != nil {
			return fmt.Errorf("setting the old write-ahead log aside: %w", err)
		}
	}
	if before.database.Files && !before.contents {
		if err := os.MkdirAll(filepath.Join(dir, filesFolder), 0o700); err != nil {
			return fmt.Errorf("making the folder of files: %w", err)
		}
	}
	service, closeService, err := openDatabase(ctx, dir, chat.Options{Log: slog.New(slog.NewTextHandler(out.err, nil))})
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
	fmt.Fprintf(out.out, "%s: accepted as it is; confab serve starts it\n", dir)
	if before.database.Empty {
		fmt.Fprintln(out.out, "  the database is new and empty; contents of old files go to the trash at the next start")
	}
	if !before.hasKey {
		fmt.Fprintln(out.out, "  the next start makes a new host key, and every client will warn")
	}
	return nil
}
