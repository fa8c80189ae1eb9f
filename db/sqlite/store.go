// Package sqlite stores confab's data in one SQLite database. It is the store of
// package chat, with its migrations and queries. sqlc generates typed code for the
// queries (package query), and package rows converts their rows into the types of
// package chat.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite", pure Go

	"confab/app/chat"
	"confab/db/rows"
	"confab/db/schema"
	"confab/db/sqlite/query"
)

// Migrations has the schema, one step in each file.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// ErrNewer is [schema.ErrNewer].
var ErrNewer = schema.ErrNewer

// readers bounds the read-only connections. They are cheap in WAL mode. More than
// the cores can use at once do not help.
const readers = 4

// searchers bounds the connections for searches. Searches can take long, so they
// wait for each other, and other reads never wait for a search.
const searchers = 2

// Store is chat.Store on one SQLite file in WAL mode. Changes go through one
// connection, with synchronous=FULL so that committed data survive a power cut.
// Reads have connections of their own and wait for nobody. Other processes can use
// the same file at the same time.
type Store struct {
	rows.Reader
	writeDB  *sql.DB
	readDB   *sql.DB
	searchDB *sql.DB
	read     *query.Queries
	write    *query.Queries
	index    *sql.Stmt // indexes a message; this and the next are on writeDB
	reindex  *sql.Stmt
	unindex  *sql.Stmt
	searches *query.Queries
	search   *sql.Stmt // this and the next are on searchDB
}

var _ chat.Store = (*Store)(nil)

// Open opens the database at path, creates it if it is missing, and upgrades its
// schema. It returns [ErrNewer] if a later version created the database. The caller
// must call Close at the end.
func Open(ctx context.Context, path string) (*Store, error) {
	writeDB, err := sql.Open("sqlite", DSN(path, "_txlock=immediate",
		"_pragma=busy_timeout(5000)",       // first, because the next pragmas may have to wait for another process
		"_pragma=auto_vacuum(INCREMENTAL)", // before the first page is written; in other databases it does nothing
		"_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)",
		"_pragma=secure_delete(1)", // overwrites deleted data
		"_pragma=foreign_keys(1)"))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	writeDB.SetMaxOpenConns(1)
	s := &Store{writeDB: writeDB}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) error {
	if err := migrate(ctx, s.writeDB); err != nil {
		return err
	}
	var err error
	if s.readDB, err = openReading(path, readers); err != nil {
		return err
	}
	if s.searchDB, err = openReading(path, searchers); err != nil {
		return err
	}
	if s.write, err = query.Prepare(ctx, s.writeDB); err != nil {
		return err
	}
	if s.index, err = s.writeDB.PrepareContext(ctx, indexMessage); err != nil {
		return err
	}
	if s.reindex, err = s.writeDB.PrepareContext(ctx, reindexMessage); err != nil {
		return err
	}
	if s.unindex, err = s.writeDB.PrepareContext(ctx, unindexMessage); err != nil {
		return err
	}
	if s.read, err = query.Prepare(ctx, s.readDB); err != nil {
		return err
	}
	s.Reader = rows.NewReader(s.read)
	s.searches = query.New(s.searchDB)
	if s.search, err = s.searchDB.PrepareContext(ctx, searchMessages); err != nil {
		return err
	}
	return s.indexAll(ctx)
}

// openReading opens a pool of up to this many read-only connections.
func openReading(path string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", DSN(path, "_pragma=busy_timeout(5000)", "_pragma=query_only(1)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// DSN returns the URI of a database file (https://www.sqlite.org/uri.html).
func DSN(path string, params ...string) string {
	p := filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		p = "/" + p // file:/C:/…
	}
	return "file:" + (&url.URL{Path: p}).EscapedPath() + "?" + strings.Join(params, "&")
}

func migrate(ctx context.Context, db *sql.DB) error {
	provider, err := migrations(db)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	return schema.Up(ctx, db, goose.DialectSQLite3, provider)
}

// migrations returns the migrations of a database. SQLite can run a file as it is. Goose would
// first take it apart, with buffers of 4 MB that it keeps.
func migrations(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Glob(Migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, file := range files {
		version, err := goose.NumericComponent(file)
		if err != nil {
			return nil, err
		}
		statements, err := fs.ReadFile(Migrations, file)
		if err != nil {
			return nil, err
		}
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, string(statements))
			return err
		}}, nil))
	}
	return goose.NewProvider(goose.DialectSQLite3, db, nil, goose.WithGoMigrations(all...))
}

// Close closes the database. Nobody may be using it.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.readDB != nil {
		errs = append(errs, s.readDB.Close())
	}
	if s.search != nil {
		errs = append(errs, s.search.Close())
	}
	if s.searchDB != nil {
		errs = append(errs, s.searchDB.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.index != nil {
		errs = append(errs, s.index.Close())
	}
	if s.reindex != nil {
		errs = append(errs, s.reindex.Close())
	}
	if s.unindex != nil {
		errs = append(errs, s.unindex.Close())
	}
	// The writing connection is closed last: closing it writes the WAL into the
	// file.
	return errors.Join(append(errs, s.writeDB.Close())...)
}

// Update implements chat.Store.
func (s *Store) Update(ctx context.Context, fn func(chat.Tx) error) error {
	t, err := s.writeDB.BeginTx(ctx, nil)
	if err != nil {
		return rows.Failed("beginning a transaction", err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after a commit
	x := &indexing{insert: t.StmtContext(ctx, s.index), replace: t.StmtContext(ctx, s.reindex), remove: t.StmtContext(ctx, s.unindex)}
	if err := fn(newTx(s.write.WithTx(t), x)); err != nil {
		return err
	}
	if err := x.flush(ctx); err != nil {
		return err
	}
	return rows.Failed("committing", t.Commit())
}
