// Package transfer copies everything that a server keeps from a database of one kind to an
// empty one of the other kind, and compares both row by row before it commits. Both have the
// same tables with the same columns. Only the index of searches is made anew, because each kind
// has its own.
package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"iter"
)

// ErrNotEmpty says that the database to copy to has a server already.
var ErrNotEmpty = errors.New("the database is not empty")

// Report says what was copied.
type Report struct {
	Tables int
	Rows   int64
	// Sum is the SHA-256 of all rows in their order. It is the same for the same rows in both
	// kinds of database.
	Sum [sha256.Size]byte
}

// to copies a source to a database in a transaction, which it commits when both have the same
// rows. The database has the current schema.
func (s *Source) to(ctx context.Context, to *database) (Report, error) {
	tables, err := s.from.tables(ctx)
	if err != nil {
		return Report{}, err
	}
	have, err := to.tables(ctx)
	if err != nil {
		return Report{}, err
	}
	if err := same(tables, have); err != nil {
		return Report{}, err
	}
	if err := to.checkEmpty(ctx, tables); err != nil {
		return Report{}, err
	}
	for _, t := range tables {
		if err := to.kind.insert(ctx, to, t, s.from.rows(ctx, t)); err != nil {
			return Report{}, fmt.Errorf("copying the table %s: %w", t.name, err)
		}
	}
	last, err := s.from.counters(ctx, tables)
	if err != nil {
		return Report{}, fmt.Errorf("reading the last numbers: %w", err)
	}
	if err := to.kind.finish(ctx, to, last); err != nil {
		return Report{}, err
	}
	r := Report{Tables: len(tables)}
	sum := sha256.New()
	for _, t := range tables {
		n, err := compare(ctx, t, s.from, to, sum)
		if err != nil {
			return Report{}, fmt.Errorf("comparing the table %s: %w", t.name, err)
		}
		r.Rows += n
	}
	sum.Sum(r.Sum[:0])
	if err := to.tx.Commit(); err != nil {
		return Report{}, fmt.Errorf("committing the copy: %w", err)
	}
	return r, nil
}

// compare reads a table in both databases and returns an error at the first difference. It
// returns the number of rows, and adds all of them to a hash.
func compare(ctx context.Context, t table, from, to *database, sum hash.Hash) (n int64, err error) {
	writeValue(sum, t.name)
	next, stop := iter.Pull2(to.rows(ctx, t))
	defer stop()
	for row, err := range from.rows(ctx, t) {
		if err != nil {
			return n, err
		}
		copied, err, more := next()
		switch {
		case err != nil:
			return n, err
		case !more:
			return n, fmt.Errorf("the copy ends after %d rows", n)
		}
		for i, value := range row {
			if !equal(value, copied[i]) {
				return n, fmt.Errorf("row %d has another value in the column %s", n+1, t.columns[i].name)
			}
			writeValue(sum, value)
		}
		n++
	}
	if _, err, more := next(); more {
		return n, errors.Join(err, fmt.Errorf("the copy has more than %d rows", n))
	}
	return n, nil
}

// equal compares two values of a column.
func equal(a, b any) bool {
	if bytesA, ok := a.([]byte); ok {
		bytesB, ok := b.([]byte)
		return ok && bytes.Equal(bytesA, bytesB)
	}
	return a == b
}

// writeValue adds a value to a hash: its type, its length and its bytes.
func writeValue(sum hash.Hash, value any) {
	var text []byte
	kind := byte('n')
	switch v := value.(type) {
	case int64:
		kind, text = 'i', binary.BigEndian.AppendUint64(nil, uint64(v))
	case string:
		kind, text = 't', []byte(v)
	case []byte:
		kind, text = 'b', v
	}
	sum.Write([]byte{kind})
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
	sum.Write(text)
}
