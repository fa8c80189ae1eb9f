package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strconv"
	"strings"

	"confab/app"
)

// ErrDamaged says that a database is not whole.
var ErrDamaged = errors.New("the database is damaged: restore a backup")

// beside opens a database that a server may be using, as it is: nothing is
// made and the schema stays. With readOnly nothing else can change either.
func beside(path string, readOnly bool) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	params := []string{"mode=rw", "_pragma=busy_timeout(5000)"}
	if readOnly {
		params = append(params, "_pragma=query_only(1)")
	}
	db, err := sql.Open("sqlite", dsn(path, params...))
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Copy writes a copy of the database at path, as it is at one moment, to a new
// file. Servers go on writing meanwhile. The copy is on disk when Copy returns;
// after an error there may be a part of it.
func Copy(ctx context.Context, path, to string) (err error) {
	db, err := beside(path, false) // VACUUM INTO is none for query_only
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// Schema returns the version of the database's schema and the one that this
// confab has.
func Schema(ctx context.Context, path string) (have, want int64, err error) {
	db, err := beside(path, true)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if want, err = newestMigration(); err != nil {
		return 0, 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have)
	if err != nil {
		return 0, want, fmt.Errorf("reading the schema version: %w", err)
	}
	return have, want, nil
}

// newestMigration is the version that the migrations lead to.
func newestMigration() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("reading the migrations: %w", err)
	}
	digits, _, _ := strings.Cut(strings.TrimPrefix(names[len(names)-1], "migrations/"), "_")
	return strconv.ParseInt(digits, 10, 64)
}

// Check reads all of the database and returns an error that is [ErrDamaged] if
// it is not whole, and [ErrNewer] if a later version made it.
func Check(ctx context.Context, path string) (err error) {
	db, err := beside(path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, pragma := range []string{"PRAGMA integrity_check(3)", "PRAGMA foreign_key_check"} {
		found, err := firstColumn(ctx, db, pragma)
		if err != nil {
			return fmt.Errorf("%w (%s)", ErrDamaged, err)
		}
		if len(found) > 0 && found[0] != "ok" {
			return fmt.Errorf("%w (%s: %s)", ErrDamaged, strings.TrimPrefix(pragma, "PRAGMA "), found[0])
		}
	}
	have, want, err := Schema(ctx, path)
	if err == nil && have > want {
		return ErrNewer
	}
	return err
}

// firstColumn returns what the rows of a pragma begin with.
func firstColumn(ctx context.Context, db *sql.DB, pragma string) ([]string, error) {
	rows, err := db.QueryContext(ctx, pragma)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var found []string
	for rows.Next() {
		var first string
		into := []any{&first}
		for range columns[1:] {
			into = append(into, new(any))
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		found = append(found, first)
	}
	return found, rows.Err()
}

// Contents goes through the hashes of all files that the database at path
// knows, each once.
func Contents(ctx context.Context, path string) iter.Seq2[app.Sum, error] {
	return func(yield func(app.Sum, error) bool) {
		db, err := beside(path, true)
		if err != nil {
			yield(app.Sum{}, err)
			return
		}
		defer db.Close()
		rows, err := db.QueryContext(ctx, "SELECT DISTINCT sha256 FROM files ORDER BY sha256")
		if err != nil {
			yield(app.Sum{}, fmt.Errorf("listing files: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var raw []byte
			if err := rows.Scan(&raw); err != nil || len(raw) != len(app.Sum{}) {
				yield(app.Sum{}, fmt.Errorf("listing files: %d bytes of a hash, %w", len(raw), err))
				return
			}
			if !yield(app.Sum(raw), nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(app.Sum{}, fmt.Errorf("listing files: %w", err))
		}
	}
}

// Knows reports whether a file in the database at path has this content.
func Knows(ctx context.Context, path string, sum app.Sum) (known bool, err error) {
	db, err := beside(path, true)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM files WHERE sha256 = ?)", sum[:]).Scan(&known)
	return known, failed("finding a content", err)
}

// Stats is how much there is in a database.
type Stats struct {
	Size, Free int64 // bytes of the file, and how much of it is free for what comes
	Counts     []Count
}

// Count is how many there are of something.
type Count struct {
	What string
	N    int64
}

// ReadStats counts what is in the database at path.
func ReadStats(ctx context.Context, path string) (s Stats, err error) {
	db, err := beside(path, true)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, `SELECT page_count * page_size, freelist_count * page_size
		FROM pragma_page_count(), pragma_page_size(), pragma_freelist_count()`).Scan(&s.Size, &s.Free)
	if err != nil {
		return s, fmt.Errorf("reading the size of the database: %w", err)
	}
	for _, c := range [...]struct{ what, from string }{
		{"accounts", "users"},
		{"bots", "users WHERE bot"},
		{"keys", "authorized_keys"},
		{"groups", "conversations WHERE kind = 'group'"},
		{"conversations of two", "conversations WHERE kind = 'direct'"},
		{"members", "memberships"},
		{"messages", "messages WHERE change = ''"},
		{"system lines", "messages WHERE change <> ''"},
		{"files", "files"},
		{"audit entries", "audit_log"},
	} {
		var n int64
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+c.from).Scan(&n); err != nil {
			return s, fmt.Errorf("counting %s: %w", c.what, err)
		}
		s.Counts = append(s.Counts, Count{c.what, n})
	}
	return s, nil
}
