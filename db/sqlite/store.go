// Package sqlite keeps what confab knows in one SQLite database: the store of
// package chat, its migrations and its queries. The queries are typed by sqlc
// (package query, generated); this package turns rows into app's nouns.
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
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite" // the driver "sqlite", pure Go
	sqlite3 "modernc.org/sqlite/lib"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer says that the database was made by a later version of confab than
// this one, which therefore must not touch it.
var ErrNewer = errors.New("the database was made by a newer confab: use that version, or restore a backup from before")

// readers bounds the connections that only read. They are cheap in WAL mode
// and more than the cores can use at once do not help.
const readers = 4

// searchers bounds the connections that search. That may take long, so searches
// wait for each other, and the other reads never for a search.
const searchers = 2

// Store is chat.Store on one SQLite file in WAL mode. Changes go through one
// connection, with synchronous=FULL so that what is committed survives a power
// cut; reads have connections of their own and wait for nobody. Other
// processes may use the same file meanwhile.
type Store struct {
	reader
	writeDB  *sql.DB
	readDB   *sql.DB
	searchDB *sql.DB
	write    *query.Queries
	index    *sql.Stmt // what indexes a message, on writeDB like the next
	reindex  *sql.Stmt
	unindex  *sql.Stmt
	searches *query.Queries
	search   *sql.Stmt // on searchDB, like the next
}

var _ chat.Store = (*Store)(nil)

// Open opens the database at path, which is made if it is not there, and
// brings its schema up to date. It returns an error that is [ErrNewer] if a
// later version made it. Close must be called at the end.
func Open(ctx context.Context, path string) (*Store, error) {
	writeDB, err := sql.Open("sqlite", dsn(path, "_txlock=immediate",
		"_pragma=busy_timeout(5000)", // first: the others may have to wait for another process
		"_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)",
		"_pragma=secure_delete(1)", // what is deleted is overwritten
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
	read, err := query.Prepare(ctx, s.readDB)
	if err != nil {
		return err
	}
	s.reader = reader{read}
	s.searches = query.New(s.searchDB)
	if s.search, err = s.searchDB.PrepareContext(ctx, searchMessages); err != nil {
		return err
	}
	return s.indexAll(ctx)
}

// openReading opens connections, at most so many, that only read.
func openReading(path string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "_pragma=busy_timeout(5000)", "_pragma=query_only(1)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// dsn is the URI of a database file (https://www.sqlite.org/uri.html).
func dsn(path string, params ...string) string {
	p := filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		p = "/" + p // file:/C:/…
	}
	return "file:" + (&url.URL{Path: p}).EscapedPath() + "?" + strings.Join(params, "&")
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if err := checkAge(ctx, db, provider); err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing the schema up to date: %w", err)
	}
	return nil
}

// checkAge returns [ErrNewer] if the database has a migration that is not among
// the provider's. The highest number alone would not tell: up to 40, numbers were left
// out.
func checkAge(ctx context.Context, db *sql.DB, provider *goose.Provider) error {
	// Makes the table of versions if there is none.
	if _, err := provider.GetDBVersion(ctx); err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	versions, err := database.NewStore(goose.DialectSQLite3, goose.DefaultTablename)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	have, err := versions.ListMigrations(ctx, db)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	known := map[int64]bool{0: true} // goose's own, which begins the table
	for _, source := range provider.ListSources() {
		known[source.Version] = true
	}
	for _, m := range have {
		if m.IsApplied && !known[m.Version] {
			return ErrNewer
		}
	}
	return nil
}

// Close closes the database. Nobody may be using it.
func (s *Store) Close() error {
	var errs []error
	if s.q != nil {
		errs = append(errs, s.q.Close())
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
	// Last: closing the last writing connection folds the WAL into the file.
	return errors.Join(append(errs, s.writeDB.Close())...)
}

// Update implements chat.Store.
func (s *Store) Update(ctx context.Context, fn func(chat.Tx) error) error {
	t, err := s.writeDB.BeginTx(ctx, nil)
	if err != nil {
		return failed("beginning a transaction", err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after a commit
	x := &indexing{insert: t.StmtContext(ctx, s.index), replace: t.StmtContext(ctx, s.reindex), remove: t.StmtContext(ctx, s.unindex)}
	if err := fn(tx{reader{s.write.WithTx(t)}, x, map[chat.ConversationID]chat.Seq{}}); err != nil {
		return err
	}
	if err := x.flush(ctx); err != nil {
		return err
	}
	return failed("committing", t.Commit())
}

// reader answers queries, on whichever connection q is prepared for.
type reader struct{ q *query.Queries }

// tx is a transaction under way.
type tx struct {
	reader
	indexing *indexing
	// last are the newest messages that the transaction has added, so that a batch
	// of them asks for their numbers once. Nothing else gives any.
	last map[chat.ConversationID]chat.Seq
}

var _ chat.Tx = tx{}

// failed gives an error of the driver its context, and the app's name where
// callers branch on it.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", doing, chat.ErrNotFound)
	case isFull(err):
		return fmt.Errorf("%s: %w: %w", doing, chat.ErrFull, err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// isFull reports whether an error says that the file system has no room: for
// pages of the database, or for the index of the WAL.
func isFull(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// Times are kept as Unix milliseconds: RFC 9562 ids have no more either, and
// nobody sees a message's microseconds.

func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms) }

// Where there may be none, the zero time is kept as 0.

func zeroMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millis(t)
}

func fromZeroMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}
