package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"confab/db/sqlite"
	"confab/db/sqlite/upkeep"
)

// FromSQLite opens the database of a data folder. Nobody can write to it until Close. The error
// is [upkeep.ErrOlder] or [sqlite.ErrNewer] if another version of confab has made it.
func FromSQLite(ctx context.Context, path string) (*Source, error) {
	schema, err := upkeep.ReadSchema(ctx, path)
	if err == nil && schema.Missing > 0 {
		err = upkeep.ErrOlder
	}
	if err != nil {
		return nil, err
	}
	return openSource(beginSQLite(ctx, path))
}

// ToSQLite copies everything to a new file. The index of searches is made when the database is
// opened for the first time.
func (s *Source) ToSQLite(ctx context.Context, path string) (r Report, err error) {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return r, err
	}
	if err := store.Close(); err != nil {
		return r, err
	}
	db, to, err := beginSQLite(ctx, path)
	if err != nil {
		return r, err
	}
	// The file is complete when the last connection is closed.
	defer func() { to.close(); err = errors.Join(err, db.Close()) }()
	return s.to(ctx, to)
}

func beginSQLite(ctx context.Context, path string) (*sql.DB, *database, error) {
	db, err := sql.Open("sqlite", sqlite.DSN(path, "mode=rw", "_txlock=immediate", "_pragma=busy_timeout(5000)", "_pragma=synchronous(FULL)"))
	if err != nil {
		return nil, nil, fmt.Errorf("opening the database: %w", err)
	}
	return begin(ctx, db, &sql.TxOptions{}, sqliteKind{})
}

// sqliteKind is SQLite.
type sqliteKind struct{}

func (sqliteKind) tables() string {
	return `SELECT tables.name, columns.name, lower(columns.type), columns.pk FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
		WHERE tables.type = 'table' ORDER BY tables.name, columns.name`
}

func (sqliteKind) order(c column) string { return c.name }

func (sqliteKind) insert(ctx context.Context, d *database, t table, rows iter.Seq2[[]any, error]) (err error) {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	insert, err := d.tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(names, ", ")+") VALUES (?"+strings.Repeat(", ?", len(names)-1)+")")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

func (sqliteKind) counters(ctx context.Context, d *database) (map[string]int64, error) {
	return readCounters(d.tx.QueryContext(ctx, "SELECT name, seq FROM sqlite_sequence"))
}

// finish leaves the numbers of tables without AUTOINCREMENT to SQLite, which goes on after the
// highest. SQLite has checked no references so far.
func (sqliteKind) finish(ctx context.Context, d *database, last map[string]int64) error {
	for name, n := range last {
		var counted bool
		err := d.tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ? AND upper(sql) LIKE '%AUTOINCREMENT%')", name).Scan(&counted)
		if err != nil {
			return fmt.Errorf("setting the last numbers: %w", err)
		}
		if !counted {
			continue
		}
		_, err1 := d.tx.ExecContext(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", name)
		_, err2 := d.tx.ExecContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", name, n)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("setting the last numbers: %w", err)
		}
	}
	var broken string
	err := d.tx.QueryRowContext(ctx, "SELECT \"table\" FROM pragma_foreign_key_check() LIMIT 1").Scan(&broken)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil:
		err = fmt.Errorf("a row of %s refers to one that is not there", broken)
	}
	return fmt.Errorf("checking the references: %w", err)
}
