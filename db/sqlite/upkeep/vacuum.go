package upkeep

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// vacuumPages is how many pages a step of [Vacuum] frees. A step takes milliseconds, and
// servers write between the steps.
const vacuumPages = 200

// Shrinks reports whether the database at path can be made smaller while a server uses it.
// A database that an earlier version of confab created has to be rewritten once (see [Rewrite]).
func Shrinks(ctx context.Context, path string) (shrinks bool, err error) {
	db, err := beside(path, true)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	const incremental = 2
	var mode int
	if err := db.QueryRowContext(ctx, "PRAGMA auto_vacuum").Scan(&mode); err != nil {
		return false, fmt.Errorf("reading how the database frees space: %w", err)
	}
	return mode == incremental, nil
}

// Vacuum returns the free pages of the database at path to the file system, a few at a
// time. A server may be using it. The file becomes smaller at the next checkpoint of the
// write-ahead log, which Vacuum tries to make.
func Vacuum(ctx context.Context, path string) (err error) {
	db, err := beside(path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for before := int64(-1); ; {
		var free int64
		if err := db.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free); err != nil {
			return fmt.Errorf("reading the free space: %w", err)
		}
		// A busy server uses free pages again, so the number may never be 0.
		if free == 0 || before >= 0 && free >= before {
			break
		}
		before = free
		if err := freePages(ctx, db); err != nil {
			return fmt.Errorf("freeing space: %w", err)
		}
	}
	if _, err := firstColumn(ctx, db, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return fmt.Errorf("moving the write-ahead log into the database: %w", err)
	}
	return nil
}

// freePages returns some free pages to the file system.
func freePages(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages))
	if err != nil {
		return err
	}
	for rows.Next() { // frees a page each time
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Rewrite writes the database at path anew, without its free pages, and lets later calls
// of [Vacuum] work. No server may be using it.
func Rewrite(ctx context.Context, path string) (err error) {
	db, err := beside(path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range []string{"PRAGMA auto_vacuum = INCREMENTAL", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := firstColumn(ctx, db, statement); err != nil {
			return fmt.Errorf("rewriting the database: %w", err)
		}
	}
	return nil
}
