package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"confab/app/chat"
	"confab/db/postgres"
)

// Source is a database to copy from, as it is at one moment.
type Source struct {
	db   *sql.DB
	from *database
}

func openSource(db *sql.DB, from *database, err error) (*Source, error) {
	if err != nil {
		return nil, err
	}
	return &Source{db, from}, nil
}

// begin begins the transaction in which a database is read or filled. It closes the database if
// that fails.
func begin(ctx context.Context, db *sql.DB, options *sql.TxOptions, k kind) (*sql.DB, *database, error) {
	failed := func(err error) (*sql.DB, *database, error) {
		return nil, nil, errors.Join(fmt.Errorf("opening the database: %w", err), db.Close())
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return failed(err)
	}
	tx, err := conn.BeginTx(ctx, options)
	if err != nil {
		return failed(errors.Join(err, conn.Close()))
	}
	return db, &database{conn, tx, k}, nil
}

// readCounters reads pairs of a table and its last number.
func readCounters(found *sql.Rows, err error) (map[string]int64, error) {
	if err != nil {
		return nil, err
	}
	defer found.Close()
	last := make(map[string]int64)
	for found.Next() {
		var name string
		var n int64
		if err := found.Scan(&name, &n); err != nil {
			return nil, err
		}
		last[name] = n
	}
	return last, found.Err()
}

// Close ends the reading, and lets others write again.
func (s *Source) Close() error {
	s.from.close()
	return s.db.Close()
}

// Setting returns a setting of the server, or "".
func (s *Source) Setting(ctx context.Context, name string) (value string, err error) {
	rows, err := s.from.tx.QueryContext(ctx, "SELECT name, value FROM settings")
	if err != nil {
		return "", fmt.Errorf("reading a setting: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var has, is string
		if err := rows.Scan(&has, &is); err != nil {
			return "", fmt.Errorf("reading a setting: %w", err)
		}
		if has == name {
			value = is
		}
	}
	return value, rows.Err()
}

// Contents says what has become of the contents of files.
type Contents struct {
	Copied int
	Bytes  int64
	Lost   []chat.Sum // they are missing or damaged
}

// Opener opens contents of files, as chat.Blobs does.
type Opener interface {
	Open(sum chat.Sum) (chat.Content, error)
}

// Contents copies the contents that the database names, and reads them back. Those that are
// there already are only read. If from is nil, the database itself has them, as PostgreSQL does.
func (s *Source) Contents(ctx context.Context, from Opener, to chat.Blobs) (c Contents, err error) {
	if from == nil {
		from = inDatabase{ctx, s.from.tx}
	}
	sums, err := s.sums(ctx)
	if err != nil {
		return c, fmt.Errorf("listing the files: %w", err)
	}
	for _, sum := range sums {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		n, err := copyContent(from, to, sum)
		switch {
		case errors.Is(err, errLost):
			c.Lost = append(c.Lost, sum)
		case err != nil:
			return c, err
		default:
			c.Copied, c.Bytes = c.Copied+1, c.Bytes+n
		}
	}
	return c, nil
}

// CheckContents looks for the contents that a PostgreSQL database names. If deep, it reads them
// all, and those that do not match their hashes count as lost. If in is nil, the database itself
// has them.
func (s *Source) CheckContents(ctx context.Context, in Opener, deep bool) (c Contents, err error) {
	sums, err := s.sums(ctx)
	if err != nil {
		return c, fmt.Errorf("listing the files: %w", err)
	}
	if in == nil {
		in = inDatabase{ctx, s.from.tx}
	}
	look := func(sum chat.Sum) error {
		content, err := in.Open(sum)
		if err == nil {
			err = content.Close()
		}
		return err
	}
	if deep {
		look = func(sum chat.Sum) error {
			_, err := check(in, sum)
			return err
		}
	}
	for _, sum := range sums {
		switch err := look(sum); {
		case errors.Is(err, chat.ErrUnreachable):
			return c, err
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, errChanged), errors.Is(err, io.ErrUnexpectedEOF):
			c.Lost = append(c.Lost, sum)
		case err != nil:
			return c, err
		default:
			c.Copied++
		}
	}
	return c, nil
}

// inDatabase opens contents as a transaction in PostgreSQL sees them, so none of those that it
// names can disappear meanwhile.
type inDatabase struct {
	ctx context.Context
	tx  *sql.Tx
}

// Open implements [Opener].
func (d inDatabase) Open(sum chat.Sum) (chat.Content, error) {
	return postgres.OpenContent(d.ctx, d.tx, sum)
}

// sums returns the hashes of all contents that the database names.
func (s *Source) sums(ctx context.Context) ([]chat.Sum, error) {
	found, err := s.from.tx.QueryContext(ctx, "SELECT DISTINCT sha256 FROM files ORDER BY sha256")
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var sums []chat.Sum
	for found.Next() {
		var raw []byte
		if err := found.Scan(&raw); err != nil {
			return nil, err
		}
		sum, err := chat.SumOf(raw)
		if err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	return sums, found.Err()
}

// errLost says that a content is missing or damaged where it should be copied from.
var errLost = errors.New("the content is missing or damaged")

// copyContent copies a content and reads it back. It returns its size.
func copyContent(from Opener, to chat.Blobs, sum chat.Sum) (int64, error) {
	if n, err := check(to, sum); err == nil {
		return n, nil
	}
	content, err := from.Open(sum)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, errLost
	}
	if err != nil {
		return 0, fmt.Errorf("reading the content %s: %w", sum, err)
	}
	defer content.Close()
	blob, err := to.Create()
	if err != nil {
		return 0, fmt.Errorf("writing the content %s: %w", sum, err)
	}
	defer func() { _ = blob.Discard() }() // does nothing to a content that is kept
	if _, err := io.Copy(io.NewOffsetWriter(blob, 0), io.NewSectionReader(content, 0, 1<<62)); err != nil {
		return 0, fmt.Errorf("copying the content %s: %w", sum, err)
	}
	got, _, err := blob.Seal()
	if err != nil {
		return 0, fmt.Errorf("writing the content %s: %w", sum, err)
	}
	if got != sum {
		return 0, errLost
	}
	if err := to.Keep(blob, sum); err != nil {
		return 0, fmt.Errorf("writing the content %s: %w", sum, err)
	}
	n, err := check(to, sum)
	if err != nil {
		return 0, fmt.Errorf("reading the content %s back: %w", sum, err)
	}
	return n, nil
}

// errChanged says that a content is damaged.
var errChanged = errors.New("it does not match its hash")

// check reads a content, and returns its size and an error if it does not match its hash.
func check(in Opener, sum chat.Sum) (int64, error) {
	content, err := in.Open(sum)
	if err != nil {
		return 0, err
	}
	defer content.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, io.NewSectionReader(content, 0, 1<<62))
	if err == nil && chat.Sum(hash.Sum(nil)) != sum {
		err = errChanged
	}
	return n, err
}
