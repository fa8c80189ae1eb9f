package transfer

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// table is a table that both kinds of database have.
type table struct {
	name    string
	columns []column // in the order of their names
}

// column is a column of a table.
type column struct {
	name string
	kind string // integer, text or blob
	key  int    // its place in the primary key, from 1, or 0
}

// derived are the tables that a copy does not have. PostgreSQL has the contents of files, which
// [Source.Contents] copies, and a clock, which is set after the copy.
var derived = []string{"sqlite_%", "goose_%", "message_search%", "commit_clock", "commits", "contents", "content_parts", "servers"}

// first are the tables to which others refer.
var first = []string{"users", "conversations", "messages"}

// database is one of the two databases, in a transaction.
type database struct {
	conn *sql.Conn
	tx   *sql.Tx
	kind kind
}

// kind is what is different between the kinds of database.
type kind interface {
	// tables is a query for the columns of all tables: table, column, type, place in the key.
	tables() string
	// order returns a column for ORDER BY that sorts texts by their bytes.
	order(c column) string
	// insert adds rows to a table.
	insert(ctx context.Context, d *database, t table, rows iter.Seq2[[]any, error]) error
	// counters returns the highest number that each table with numbers of its own has given.
	counters(ctx context.Context, d *database) (map[string]int64, error)
	// finish sets these numbers, and does what else there is to do after all rows are there.
	finish(ctx context.Context, d *database, last map[string]int64) error
}

// tables returns the tables, in an order in which they can be filled.
func (d *database) tables(ctx context.Context) ([]table, error) {
	found, err := d.tx.QueryContext(ctx, d.kind.tables())
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	defer found.Close()
	var all []table
	for found.Next() {
		var name string
		var c column
		if err := found.Scan(&name, &c.name, &c.kind, &c.key); err != nil {
			return nil, fmt.Errorf("reading the schema: %w", err)
		}
		if slices.ContainsFunc(derived, func(d string) bool { return matches(name, d) }) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, table{name: name})
		}
		last := &all[len(all)-1]
		last.columns = append(last.columns, c)
	}
	slices.SortStableFunc(all, func(a, b table) int { return cmp.Compare(rank(a), rank(b)) })
	return all, found.Err()
}

func matches(name, pattern string) bool {
	prefix, open := strings.CutSuffix(pattern, "%")
	return name == prefix || open && strings.HasPrefix(name, prefix)
}

// rank returns the place of a table among those to which others refer. The others come last.
func rank(t table) int {
	if i := slices.Index(first, t.name); i >= 0 {
		return i
	}
	return len(first)
}

// errVersion says that two databases have not the same tables.
var errVersion = errors.New("the database is from another version of confab: start the server once with this version, or use that one")

// same returns an error if two databases have not the same tables and columns. The type of a
// column may have another name.
func same(a, b []table) error {
	if len(a) != len(b) {
		return fmt.Errorf("%w (%d and %d tables)", errVersion, len(a), len(b))
	}
	for i, t := range a {
		if t.name != b[i].name || !slices.Equal(t.columns, b[i].columns) {
			return fmt.Errorf("%w (the tables %s and %s)", errVersion, t.name, b[i].name)
		}
	}
	return nil
}

// rows yields the rows of a table in the order of its key. A row is valid until the next.
func (d *database) rows(ctx context.Context, t table) iter.Seq2[[]any, error] {
	var names, order []string
	keys := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.key == 0 })
	slices.SortFunc(keys, func(a, b column) int { return a.key - b.key })
	for _, c := range keys {
		order = append(order, d.kind.order(c))
	}
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + t.name + " ORDER BY " + strings.Join(order, ", ")
	return func(yield func([]any, error) bool) {
		found, err := d.tx.QueryContext(ctx, query)
		if err != nil {
			yield(nil, err)
			return
		}
		defer found.Close()
		row, into := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		for found.Next() {
			if err := found.Scan(into...); err != nil {
				yield(nil, err)
				return
			}
			for i, value := range row {
				if b, ok := value.([]byte); ok && b == nil {
					row[i] = []byte{} // a driver may write nil as NULL
				}
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := found.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// checkEmpty returns [ErrNotEmpty] if a table has rows.
func (d *database) checkEmpty(ctx context.Context, tables []table) error {
	for _, t := range tables {
		var has bool
		if err := d.tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+t.name+")").Scan(&has); err != nil {
			return fmt.Errorf("looking into the table %s: %w", t.name, err)
		}
		if has {
			return fmt.Errorf("%w: the table %s has rows", ErrNotEmpty, t.name)
		}
	}
	return nil
}

// counters returns the highest number that each table with numbers of its own has given, even
// if the row has been deleted since.
func (d *database) counters(ctx context.Context, tables []table) (map[string]int64, error) {
	last, err := d.kind.counters(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if key := t.number(); key != "" {
			var highest int64
			if err := d.tx.QueryRowContext(ctx, "SELECT coalesce(max("+key+"), 0) FROM "+t.name).Scan(&highest); err != nil {
				return nil, err
			}
			last[t.name] = max(last[t.name], highest)
		}
	}
	return last, nil
}

// number returns the column of a table that numbers its rows, or "".
func (t table) number() string {
	name := ""
	for _, c := range t.columns {
		switch {
		case c.key > 0 && (name != "" || c.kind != "integer"):
			return ""
		case c.key > 0:
			name = c.name
		}
	}
	return name
}

// close ends the transaction, which does nothing if it was committed.
func (d *database) close() {
	_ = d.tx.Rollback()
	_ = d.conn.Close()
}
