// Package postgres stores confab's data in a PostgreSQL database. It is the store of package
// chat, like package sqlite, and passes the same tests. sqlc checks the queries and generates
// Go code from them (package query), but package rows runs them: see connection.go.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"confab/app/chat"
	"confab/db/rows"
	"confab/db/schema"
	"confab/db/search"
	sqlitequery "confab/db/sqlite/query"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The connections of a server. Changes have one. Searches can take long, so they wait for each
// other, and other reads never wait for a search.
const (
	readers   = 8
	searchers = 2
)

// oldest is the oldest version of PostgreSQL that the queries work with.
const oldest = 15

// lookUp makes PostgreSQL look rows up wherever there is an index. Connections keep the plans of
// their queries. A plan from when a table was nearly empty would read all of it, and go on
// like that until PostgreSQL next looks at how large the table is. Where there is no index,
// versions before 18 then believe that the query costs very much, and would compile it.
const lookUp = "SET enable_seqscan = off; SET jit = off"

// Store is chat.Store on a PostgreSQL database, which several processes may use at the same
// time. Messages are numbered, and positions given, as part of the transaction (see post.go).
type Store struct {
	rows.Reader
	texts    texts
	writeDB  *sql.DB
	readDB   *sql.DB
	searchDB *sql.DB
	searches *sqlitequery.Queries
	config   *pgx.ConnConfig
	commits  commits
	clock    clock
	lead     lead
	claim    *sql.Conn // has the lock of Claim or Join, unless it is nil
}

var _ chat.Store = (*Store)(nil)

// Open connects to the database that a URL or a connection string names
// (https://www.postgresql.org/docs/current/libpq-connect.html), and upgrades its schema. It
// returns [schema.ErrNewer] if a later version has upgraded it. No error has the password. The
// caller must call Close at the end.
func Open(ctx context.Context, address string) (*Store, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the database: %w", err)
	}
	if _, given := config.RuntimeParams["application_name"]; !given {
		config.RuntimeParams["application_name"] = "confab"
	}
	connect := func(connections int) *sql.DB {
		db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, lookUp)
			return err
		}))
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
		return db
	}
	s := &Store{config: config, commits: newCommits(), writeDB: connect(1), readDB: connect(readers), searchDB: connect(searchers)}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database %s at %s: %w", config.Database, config.Host, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := suits(ctx, s.writeDB); err != nil {
		return err
	}
	if err := migrate(ctx, s.writeDB); err != nil {
		return err
	}
	if err := s.clock.read(ctx, s.readDB); err != nil {
		return err
	}
	var err error
	if s.texts, err = newTexts(ctx); err != nil {
		return err
	}
	s.Reader = rows.NewReader(sqlitequery.New(&connection{db: s.readDB, texts: s.texts}))
	s.searches = sqlitequery.New(&connection{db: s.searchDB, texts: s.texts})
	return nil
}

// suits returns an error if a database would not keep what it is given.
func suits(ctx context.Context, db *sql.DB) error {
	var version int
	var encoding, commit string
	if err := db.QueryRowContext(ctx, `SELECT CAST(current_setting('server_version_num') AS INTEGER) / 10000,
		current_setting('server_encoding'), current_setting('synchronous_commit')`).Scan(&version, &encoding, &commit); err != nil {
		return err
	}
	switch {
	case version < oldest:
		return fmt.Errorf("it is PostgreSQL %d, and confab needs %d or later", version, oldest)
	case encoding != "UTF8":
		return fmt.Errorf("its encoding is %s, and confab needs UTF8: create it with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", encoding)
	case commit == "off":
		return errors.New("synchronous_commit is off, so messages that are shown as sent could be lost: turn it on")
	}
	return nil
}

// migrate upgrades the schema. A lock keeps several servers that start at once apart.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // it tries every second
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	return schema.Up(ctx, db, goose.DialectPostgres, provider)
}

// CheckSchema returns an error if a database has other migrations than this version of confab.
func CheckSchema(ctx context.Context, t *sql.Tx) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	var known, unknown int
	newest, err := goose.NumericComponent(files[len(files)-1])
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	err = t.QueryRowContext(ctx, "SELECT count(*) FILTER (WHERE version_id <= $1), count(*) FILTER (WHERE version_id > $1) FROM goose_db_version WHERE is_applied AND version_id > 0", newest).Scan(&known, &unknown)
	switch {
	case err != nil:
		return fmt.Errorf("reading the schema version: %w", err)
	case unknown > 0:
		return schema.ErrNewer
	case known < len(files):
		return errors.New("the tables are from an older version of confab: the next start upgrades them, so make a backup first")
	}
	return nil
}

// Claim makes the database that of this process alone, until Close or the end of the process, for
// commands that replace everything in it. It returns an error if a server or another such
// command has it.
func (s *Store) Claim(ctx context.Context) error { return s.take(ctx, "pg_advisory_lock") }

// Join says that a server uses the database, until Close or the end of the process. There can be
// several. It returns an error if a process has claimed the database.
func (s *Store) Join(ctx context.Context) error { return s.take(ctx, "pg_advisory_lock_shared") }

// take takes the lock of Claim and Join. After a crash of the machine with a process that has
// it, PostgreSQL may need a moment to notice, so take waits for some seconds.
func (s *Store) take(ctx context.Context, how string) error {
	own, err := s.readDB.Conn(ctx) // one more than the readers, and never given back
	if err != nil {
		return rows.Failed("connecting to the database", err)
	}
	s.readDB.SetMaxOpenConns(readers + 1)
	s.claim = own
	_, err1 := own.ExecContext(ctx, "SET lock_timeout = '5s'")
	_, err2 := own.ExecContext(ctx, "SELECT "+how+"($1)", servers)
	if e, ok := errors.AsType[*pgconn.PgError](err2); ok && e.Code == lockNotAvailable {
		return ErrInUse
	}
	return rows.Failed("claiming the database", errors.Join(err1, err2))
}

// ErrInUse is the error of [Store.Claim] and [Store.Join] if another process has the database.
var ErrInUse = errors.New("a confab server, or a command such as confab restore, is already using this database: stop it first, or name another database with --database")

// servers is the number of the lock of Claim. lockNotAvailable is the code of an error
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const (
	servers          = transactions + 1
	lockNotAvailable = "55P03"
)

// Close closes the connections. Nobody may be using them.
func (s *Store) Close() error {
	for _, own := range []*sql.Conn{s.claim, s.lead.own} {
		if own != nil {
			end(own)
		}
	}
	return errors.Join(s.readDB.Close(), s.searchDB.Close(), s.writeDB.Close())
}

// NewEpoch makes all servers on the database end their sessions and read everything again,
// because the database was put back to an earlier state.
func (s *Store) NewEpoch(ctx context.Context) error {
	_, err := s.writeDB.ExecContext(ctx, "UPDATE commit_clock SET epoch = gen_random_uuid()")
	return rows.Failed("beginning a new epoch", err)
}

// Vouch implements chat.Store. It reads all of the table of files.
func (s *Store) Vouch(ctx context.Context) error {
	if id, err := s.Setting(ctx, chat.SettingServerID); err != nil || id == "" {
		return errors.Join(errors.New("the database has no id"), err)
	}
	var files, orphans int64
	err := s.readDB.QueryRowContext(ctx, `SELECT count(files.sha256), count(*) FILTER (WHERE messages.row_id IS NULL) FROM files
		LEFT JOIN messages ON messages.conversation_id = files.conversation_id AND messages.seq = files.seq`).Scan(&files, &orphans)
	if err != nil {
		return rows.Failed("reading the record of files", err)
	}
	if orphans > 0 {
		return fmt.Errorf("the database is damaged: %d of %d files have no message", orphans, files)
	}
	return nil
}

// Tidy implements chat.Store. Rows that were deleted stay on the disk until PostgreSQL
// reclaims their space, which it does by itself only after many of them.
func (s *Store) Tidy(ctx context.Context) error {
	_, err := s.searchDB.ExecContext(ctx, "VACUUM messages, message_search")
	return rows.Failed("removing deleted words", err)
}

// Search implements chat.Store.
func (s *Store) Search(ctx context.Context, l chat.Lookup) ([]*chat.Message, error) {
	return (&search.Searcher{Queries: s.searches, Find: s.find, Approximate: true}).Search(ctx, l)
}
