package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// ErrDamaged says that a database is not whole.
var ErrDamaged = errors.New("the database is damaged: restore a backup")

// ErrOlder says that the schema of a database is not that of this confab yet.
var ErrOlder = errors.New("the database was made by an older confab and is not upgraded yet: start the server once, or ask that version")

// upToDate returns an error that is [ErrOlder] or [ErrNewer] if the schema is
// not the one that this confab has.
func upToDate(ctx context.Context, path string) error {
	s, err := ReadSchema(ctx, path)
	if err == nil && s.Missing > 0 {
		return ErrOlder
	}
	return err
}

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

// Schema is how far the schema of a database is.
type Schema struct {
	Version int64 // the highest number of those that were carried out
	Missing int   // migrations that the next start carries out
}

// ReadSchema looks at the schema of the database at path. The error is
// [ErrNewer] if a later version of confab made it.
func ReadSchema(ctx context.Context, path string) (s Schema, err error) {
	db, err := beside(path, true)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	missing, err := migrationNumbers()
	if err != nil {
		return s, err
	}
	rows, err := db.QueryContext(ctx, "SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0 ORDER BY version_id")
	if err != nil {
		return s, fmt.Errorf("reading the schema version: %w", err)
	}
	defer rows.Close()
	newer := false
	for rows.Next() {
		if err := rows.Scan(&s.Version); err != nil {
			return s, fmt.Errorf("reading the schema version: %w", err)
		}
		// Migrations need not come in order, so the highest number does not tell.
		newer = newer || !missing[s.Version]
		delete(missing, s.Version)
	}
	if err := rows.Err(); err != nil {
		return s, fmt.Errorf("reading the schema version: %w", err)
	}
	s.Missing = len(missing)
	if newer {
		return s, ErrNewer
	}
	return s, nil
}

// migrationNumbers are the numbers of all migrations that this confab has.
func migrationNumbers() (map[int64]bool, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	numbers := make(map[int64]bool, len(names))
	for _, name := range names {
		digits, _, _ := strings.Cut(path.Base(name), "_")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading the migrations: %w", err)
		}
		numbers[n] = true
	}
	return numbers, nil
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
	_, err = ReadSchema(ctx, path)
	return err
}

// firstColumn returns what the rows of an answer begin with.
func firstColumn(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
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

// Contents goes through what is in the files that the database at path knows:
// the hash and the size of each content, each once.
func Contents(ctx context.Context, path string) iter.Seq2[Content, error] {
	return func(yield func(Content, error) bool) {
		failed := func(err error) { yield(Content{}, fmt.Errorf("listing files: %w", err)) }
		db, err := beside(path, true)
		if err != nil {
			failed(err)
			return
		}
		defer db.Close()
		known, err := firstColumn(ctx, db, "SELECT name FROM sqlite_schema WHERE name = 'files'")
		if err != nil {
			failed(err)
			return
		}
		if len(known) == 0 {
			return // made by a version that had none, and not upgraded yet
		}
		rows, err := db.QueryContext(ctx, "SELECT DISTINCT sha256, size FROM files ORDER BY sha256")
		if err != nil {
			failed(err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var raw []byte
			var c Content
			if err := rows.Scan(&raw, &c.Size); err != nil {
				failed(err)
				return
			}
			if c.Sum, err = sumOf(raw); err != nil {
				failed(err)
				return
			}
			if !yield(c, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			failed(err)
		}
	}
}

// Content is what is in one file or several.
type Content struct {
	Sum  chat.Sum
	Size int64 // bytes
}

// Knows reports whether a file in the database at path has this content.
func Knows(ctx context.Context, path string, sum chat.Sum) (known bool, err error) {
	db, err := beside(path, true)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM files WHERE sha256 = ?)", sum[:]).Scan(&known)
	return known, failed("finding a content", err)
}

// maxNames bounds how many names of one content are told.
const maxNames = 3

// FileNames returns under which names a content was posted according to the
// database at path, some of them if there are many.
func FileNames(ctx context.Context, path string, sum chat.Sum) (names []string, err error) {
	db, err := beside(path, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT DISTINCT name FROM files WHERE sha256 = ? ORDER BY name LIMIT ?", sum[:], maxNames)
	if err != nil {
		return nil, failed("finding a content", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, failed("finding a content", err)
		}
		names = append(names, text.CleanLine(name, 80))
	}
	return names, failed("finding a content", rows.Err())
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

// ReadStats counts what is in the database at path. The error is [ErrOlder] if
// its schema is not up to date.
func ReadStats(ctx context.Context, path string) (s Stats, err error) {
	if err := upToDate(ctx, path); err != nil {
		return s, err
	}
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
		{"disabled accounts", "users WHERE disabled"},
		{"keys", "authorized_keys"},
		{"bans", "bans"},
		{"groups", "conversations WHERE kind = 'group'"},
		{"conversations of two", "conversations WHERE kind = 'direct'"},
		{"members", "memberships"},
		{"messages", "messages WHERE change = '' AND deleted_at = 0"},
		{"edited messages", "messages WHERE change = '' AND deleted_at = 0 AND edited_at > 0"},
		{"deleted messages", "messages WHERE deleted_at > 0"},
		{"system lines", "messages WHERE change NOT IN ('', 'expired')"},
		{"files", "files"},
		{"drafts", "drafts"},
		{"times of markers", "marker_moves"},
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
