package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"confab/db/postgres/query"
	sqlitequery "confab/db/sqlite/query"
)

// The queries of both databases have the same names, parameters and columns (a test compares
// the code that sqlc generates from them). So package rows is written once, on the generated
// code for SQLite, and a connection replaces the text of each query by PostgreSQL's.

// connection runs the queries of package rows on a PostgreSQL database.
type connection struct {
	db    sqlitequery.DBTX
	texts texts
	// before is called before each query with its name and arguments, unless it is nil. The
	// query does not run if it returns an error.
	before func(ctx context.Context, name string, args []any) error
}

// statement is a query for PostgreSQL.
type statement struct{ name, text string }

// texts finds a query by its text for SQLite.
type texts map[string]statement

// newTexts pairs the queries of both databases.
func newTexts(ctx context.Context) (texts, error) {
	var from, to recorder
	if _, err := sqlitequery.Prepare(ctx, &from); err != nil {
		return nil, err
	}
	if _, err := query.Prepare(ctx, &to); err != nil {
		return nil, err
	}
	byName := make(map[string]string, len(to.texts))
	for _, text := range to.texts {
		byName[nameOf(text)] = text
	}
	pairs := make(texts, len(from.texts))
	for _, text := range from.texts {
		name := nameOf(text)
		if other, found := byName[name]; found {
			pairs[text] = statement{name, other}
		}
	}
	return pairs, nil
}

// nameOf returns the name of a query, which sqlc puts before its text: -- name: Pins :many.
func nameOf(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	name, _, _ := strings.Cut(strings.TrimPrefix(line, "-- name: "), " ")
	return name
}

// recorder collects the texts of queries that are to be prepared, and prepares none.
type recorder struct {
	sqlitequery.DBTX
	texts []string
}

// PrepareContext implements query.DBTX.
func (r *recorder) PrepareContext(_ context.Context, text string) (*sql.Stmt, error) {
	r.texts = append(r.texts, text)
	return nil, nil
}

// replace returns PostgreSQL's text of a query.
func (c *connection) replace(ctx context.Context, text string, args []any) (string, error) {
	s, found := c.texts[text]
	if !found {
		return "", fmt.Errorf("there is no query %s for PostgreSQL", nameOf(text))
	}
	if c.before != nil {
		if err := c.before(ctx, s.name, args); err != nil {
			return "", err
		}
	}
	return s.text, nil
}

// ExecContext implements query.DBTX.
func (c *connection) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	text, err := c.replace(ctx, text, args)
	if err != nil {
		return nil, err
	}
	return c.db.ExecContext(ctx, text, args...)
}

// PrepareContext implements query.DBTX. The driver prepares queries when they are first used.
func (c *connection) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, fmt.Errorf("queries are not prepared by hand")
}

// QueryContext implements query.DBTX.
func (c *connection) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	text, err := c.replace(ctx, text, args)
	if err != nil {
		return nil, err
	}
	return c.db.QueryContext(ctx, text, args...)
}

// QueryRowContext implements query.DBTX. A row cannot be made with an error. So if the query
// must not run, its context has ended, and the transaction fails with the error that it has
// kept.
func (c *connection) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	text, err := c.replace(ctx, text, args)
	if err != nil {
		ended, cancel := context.WithCancelCause(ctx)
		cancel(err)
		ctx = ended
	}
	return c.db.QueryRowContext(ctx, text, args...)
}
