package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"confab/app/chat"
	"confab/cmd/confab/machine"
	"confab/db/sqlite"
	"confab/db/sqlite/upkeep"
)

// beforeFolder is the folder with the databases as they were before their schema changed.
const beforeFolder = "before-upgrade"

// beforeTime is how long the server keeps them. They have everything that people delete
// after the upgrade.
const beforeTime = 30 * 24 * time.Hour

// keepBeforeUpgrade copies the database of a data folder if this version of confab is
// about to change its schema, so that the host can go back to the earlier version. It
// replaces a copy with the same schema.
func keepBeforeUpgrade(ctx context.Context, dir string, log *slog.Logger) (err error) {
	database := filepath.Join(dir, DatabaseFile)
	facts, err := upkeep.ReadFacts(ctx, database)
	if err != nil || facts.Empty {
		return err
	}
	schema, err := upkeep.ReadSchema(ctx, database)
	if errors.Is(err, sqlite.ErrNewer) {
		return nil // opening the database says so
	}
	if err != nil || schema.Missing == 0 {
		return err
	}
	folder := filepath.Join(dir, beforeFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("making the folder for the copy of the database: %w", err)
	}
	to := filepath.Join(folder, fmt.Sprintf("schema-%d.db", schema.Version))
	temp := to + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("copying the database before its schema changes: %w", err)
	}
	if err := copyScrubbed(ctx, database, temp); err != nil {
		err = errors.Join(err, os.Remove(temp))
		free, _ := machine.FreeSpace(folder)
		return fmt.Errorf("copying the database before its schema changes, which needs as much space as the database (%s are free): free some space, or make %s a link to a folder on another disk (%w)",
			chat.SizeText(free), folder, err)
	}
	if err := os.Rename(temp, to); err != nil {
		return fmt.Errorf("copying the database before its schema changes: %w", err)
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("copying the database before its schema changes: %w", err)
	}
	log.Info("the schema changes; the database as it was is kept, so that you can go back to the earlier version", "copy", to, "schema", schema.Version, "for", beforeTime.String())
	return nil
}

// copyScrubbed copies a database, without the words of deleted messages.
func copyScrubbed(ctx context.Context, database, to string) error {
	if err := upkeep.Copy(ctx, database, to); err != nil {
		return err
	}
	if err := os.Chmod(to, 0o600); err != nil {
		return err
	}
	return upkeep.Scrub(ctx, to)
}

// ForgetUpgrades deletes the copies of the database that upgrades have left long ago, and
// looks for more each day until ctx ends. It logs what fails, and goes on.
func ForgetUpgrades(ctx context.Context, dir string, log *slog.Logger) {
	day := time.NewTicker(24 * time.Hour)
	defer day.Stop()
	for {
		if err := forgetUpgrades(dir, time.Now(), log); err != nil {
			log.Error("deleting old copies of the database", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-day.C:
		}
	}
}

// forgetUpgrades deletes the copies that are too old at a time.
func forgetUpgrades(dir string, now time.Time, log *slog.Logger) error {
	folder := filepath.Join(dir, beforeFolder)
	in, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for copies of the database: %w", err)
	}
	for _, e := range in {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), "schema-") || now.Sub(info.ModTime()) < beforeTime {
			continue
		}
		path := filepath.Join(folder, e.Name())
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("deleting an old copy of the database: %w", err)
		}
		log.Info("deleted the copy of the database from before an upgrade", "copy", path, "older_than", beforeTime.String())
	}
	return nil
}
