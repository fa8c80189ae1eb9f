// Package rows is the part of a store that does not depend on the database: it asks the
// queries of package query, and converts their rows into the types of package chat. Each file
// is about one noun, as in package chat.
//
// sqlc generates the Go code of the queries from db/sqlite/queries. Package postgres has a
// query of the same name, parameters and columns for each of them, and runs its own text in
// its place.
package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// Index is the search index, as a transaction changes it.
type Index interface {
	// Reindex replaces the words of a message.
	Reindex(ctx context.Context, m *chat.Message) error
	// Unindex removes the words of the message at a position.
	Unindex(ctx context.Context, position int64) error
}

// Reader is chat.Reader. The file of each noun has its part.
type Reader struct {
	accountReader
	auditReader
	banReader
	bookmarkReader
	changeReader
	codeReader
	contactReader
	conversationReader
	fileReader
	hookReader
	keyReader
	laterReader
	markerReader
	memberReader
	mentionReader
	messageReader
	preferenceReader
	reactionReader
	requestReader
	retentionReader
	settingReader
	threadReader
}

// NewReader returns a reader on the connection of q.
func NewReader(q *query.Queries) Reader {
	return Reader{
		accountReader{q},
		auditReader{q},
		banReader{q},
		bookmarkReader{q},
		changeReader{q},
		codeReader{q},
		contactReader{q},
		conversationReader{q},
		fileReader{q},
		hookReader{q},
		keyReader{q},
		laterReader{q},
		markerReader{q},
		memberReader{q},
		mentionReader{q},
		messageReader{q},
		preferenceReader{q},
		reactionReader{q},
		requestReader{q},
		retentionReader{q},
		settingReader{q},
		threadReader{q},
	}
}

// Tx is chat.Tx, a transaction in progress, without InsertMessage: each store numbers messages
// in its own way. Each part has the reader of its noun.
type Tx struct {
	accountTx
	auditTx
	banTx
	bookmarkTx
	changeTx
	codeTx
	contactTx
	conversationTx
	draftTx
	fileTx
	hookTx
	keyTx
	laterTx
	markerTx
	memberTx
	mentionTx
	messageTx
	preferenceTx
	reactionTx
	requestTx
	retentionTx
	settingTx
	threadTx
}

// NewTx returns the transaction of q. What it edits and deletes, it tells the index.
func NewTx(q *query.Queries, x Index) Tx {
	r := NewReader(q)
	return Tx{
		accountTx{r.accountReader},
		auditTx{r.auditReader},
		banTx{r.banReader},
		bookmarkTx{r.bookmarkReader},
		changeTx{r.changeReader},
		codeTx{r.codeReader},
		contactTx{r.contactReader},
		conversationTx{r.conversationReader},
		draftTx{q},
		fileTx{r.fileReader},
		hookTx{r.hookReader},
		keyTx{r.keyReader},
		laterTx{r.laterReader},
		markerTx{r.markerReader},
		memberTx{r.memberReader},
		mentionTx{r.mentionReader},
		messageTx{r.messageReader, x},
		preferenceTx{r.preferenceReader},
		reactionTx{r.reactionReader},
		requestTx{r.requestReader},
		retentionTx{r.retentionReader, x},
		settingTx{r.settingReader},
		threadTx{r.threadReader},
	}
}

// Failed adds context to an error of the driver, and wraps the chat error that
// callers check for.
func Failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", doing, chat.ErrNotFound)
	case isFull(err):
		return fmt.Errorf("%s: %w: %w", doing, chat.ErrFull, err)
	case isAway(err):
		return fmt.Errorf("%s: %w: %w", doing, chat.ErrNoDatabase, err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// isFull reports whether an error says that the disk is full. In SQLite, the space may be
// missing for pages of the database, or for the index of the WAL.
func isFull(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == diskFull
}

// isAway reports whether an error says that PostgreSQL cannot be reached, or is stopping or starting.
func isAway(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(e.Code, operatorIntervention)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok || pgconn.SafeToRetry(err) { // the latter of a connection that is closed
		return true
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

// operatorIntervention begins the codes of PostgreSQL's errors when it is shut down, or not up yet.
const operatorIntervention = "57P"

// diskFull is the code of PostgreSQL's error disk_full
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const diskFull = "53100"
