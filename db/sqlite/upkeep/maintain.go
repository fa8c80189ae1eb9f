// Package upkeep works on a database beside the server: it copies, checks, counts and
// exports a database that a server may be using, and reads what is known about one before
// a server opens it.
package upkeep

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
	"confab/db/sqlite"
)

// ErrOlder says that the schema of a database is older than this version of confab
// needs.
var ErrOlder = errors.New("the database is from an older version of confab and is not upgraded yet: start the server once, or use that version")

// upToDate returns [ErrOlder] or [ErrNewer] if the schema is not the one of this
// version of confab.
func upToDate(ctx context.Context, path string) error {
	s, err := ReadSchema(ctx, path)
	if err == nil && s.Missing > 0 {
		return ErrOlder
	}
	return err
}

// Copy writes a copy of the database at path, as it is at one moment, to a new
// file. Servers can write meanwhile. The copy is on disk when Copy returns. After
// an error, there may be a part of it.
func Copy(ctx context.Context, path, to string) (err error) {
	db, err := beside(path, false) // query_only does not allow VACUUM INTO
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

// Schema describes the schema of a database.
type Schema struct {
	Version int64 // the highest number of a migration that has run
	Missing int   // migrations that the next start will run
}

// ReadSchema reads the schema of the database at path. The error is [ErrNewer] if a
// later version of confab created it.
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
		// Migrations need not run in order, so the highest number is not enough.
		newer = newer || !missing[s.Version]
		delete(missing, s.Version)
	}
	if err := rows.Err(); err != nil {
		return s, fmt.Errorf("reading the schema version: %w", err)
	}
	s.Missing = len(missing)
	if newer {
		return s, sqlite.ErrNewer
	}
	return s, nil
}

// migrationNumbers returns the numbers of all migrations of this version of confab.
func migrationNumbers() (map[int64]bool, error) {
	names, err := fs.Glob(sqlite.Migrations, "migrations/*.sql")
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

// Check reads the whole database. It returns [ErrDamaged] if the database is
// damaged, and [ErrNewer] if a later version created it.
func Check(ctx context.Context, path string) (err error) {
	db, err := beside(path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, pragma := range []string{"PRAGMA integrity_check(3)", "PRAGMA foreign_key_check"} {
		found, err := firstColumn(ctx, db, pragma)
		if err != nil {
			return unreadable(path, err)
		}
		if len(found) > 0 && found[0] != "ok" {
			return fmt.Errorf("%w (%s: %s)", sqlite.ErrDamaged, strings.TrimPrefix(pragma, "PRAGMA "), found[0])
		}
	}
	_, err = ReadSchema(ctx, path)
	return err
}

// firstColumn returns the first column of each row.
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

// contentsPage is how many contents [Contents] reads at a time.
const contentsPage = 1000

// Contents yields the hash and the size of each content that the database at path
// names, each once. It reads a page at a time and holds no transaction in between, so
// the caller may take long for each: the write-ahead log of a server does not grow
// meanwhile. A server that changes the files during that may be seen in part.
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
			return // from a version without files, and not upgraded yet
		}
		for last := (Content{Size: -1}); ; {
			page, err := contentsAfter(ctx, db, last)
			if err != nil {
				failed(err)
				return
			}
			for _, c := range page {
				if !yield(c, nil) {
					return
				}
			}
			if len(page) < contentsPage {
				return
			}
			last = page[len(page)-1]
		}
	}
}

// contentsAfter returns the contents that follow another, in the order of hashes.
func contentsAfter(ctx context.Context, db *sql.DB, last Content) (page []Content, err error) {
	rows, err := db.QueryContext(ctx, "SELECT DISTINCT sha256, size FROM files WHERE (sha256, size) > (?, ?) ORDER BY sha256, size LIMIT ?",
		last.Sum[:], last.Size, contentsPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		var c Content
		if err := rows.Scan(&raw, &c.Size); err != nil {
			return nil, err
		}
		if c.Sum, err = chat.SumOf(raw); err != nil {
			return nil, err
		}
		page = append(page, c)
	}
	return page, rows.Err()
}

// Content is the content of one or more files.
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
	if err != nil {
		return false, fmt.Errorf("finding a content: %w", err)
	}
	return known, nil
}

// maxNames bounds how many names of one content are listed.
const maxNames = 3

// FileNames returns the names under which a content was posted, according to the
// database at path. If there are many, it returns some of them.
func FileNames(ctx context.Context, path string, sum chat.Sum) (names []string, err error) {
	db, err := beside(path, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT DISTINCT name FROM files WHERE sha256 = ? ORDER BY name LIMIT ?", sum[:], maxNames)
	if err != nil {
		return nil, fmt.Errorf("finding a content: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("finding a content: %w", err)
		}
		names = append(names, text.CleanLine(name, 80))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("finding a content: %w", err)
	}
	return names, nil
}

// Stats describes the size of a database.
type Stats struct {
	Size, Free int64 // size of the file in bytes, and the part of it that is free for reuse
	Counts     []Count
}

// Count is the number of rows of one kind.
type Count struct {
	What string
	N    int64
}

// ReadStats counts the rows of the database at path. The error is [ErrOlder] if the
// schema is not up to date.
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
	s.Counts, err = CountRows(ctx, db)
	return s, err
}

// Queryer reads rows of a database. [sql.DB] and [sql.Tx] do.
type Queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// CountRows counts the rows of a database of either kind.
func CountRows(ctx context.Context, db Queryer) ([]Count, error) {
	var counts []Count
	for _, c := range [...]struct{ what, from string }{
		{"accounts", "users"},
		{"bots", "users WHERE bot <> 0"},
		{"disabled accounts", "users WHERE disabled <> 0"},
		{"keys", "authorized_keys"},
		{"bans", "bans"},
		{"groups", "conversations WHERE kind = 'group'"},
		{"direct conversations", "conversations WHERE kind = 'direct'"},
		{"members", "memberships"},
		{"messages", "messages WHERE change = '' AND deleted_at = 0"},
		{"edited messages", "messages WHERE change = '' AND deleted_at = 0 AND edited_at > 0"},
		{"deleted messages", "messages WHERE deleted_at > 0"},
		{"system lines", "messages WHERE change NOT IN ('', 'expired')"},
		{"files", "files"},
		{"drafts", "drafts"},
		{"receipt times", "marker_moves"},
		{"audit entries", "audit_log"},
	} {
		var n int64
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+c.from).Scan(&n); err != nil {
			return nil, fmt.Errorf("counting %s: %w", c.what, err)
		}
		counts = append(counts, Count{c.what, n})
	}
	return counts, nil
}

// Scrub removes deleted data from a copy of a database: the words of deleted
// messages in its index. Nobody else may be using the copy. It is on disk when
// Scrub returns.
func Scrub(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", sqlite.DSN(path, "mode=rw", "_pragma=secure_delete(1)"))
	if err != nil {
		return fmt.Errorf("opening the copy: %w", err)
	}
	db.SetMaxOpenConns(1)
	indexed, err := firstColumn(ctx, db, "SELECT name FROM sqlite_schema WHERE name = 'message_search'")
	if err == nil && len(indexed) > 0 {
		_, err = db.ExecContext(ctx, sqlite.MergeAll)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("removing deleted words from the copy: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("removing deleted words from the copy: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
