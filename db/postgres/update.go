package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"confab/app/chat"
	"confab/db/rows"
)

// If the connection breaks during a commit, nobody has said whether it was done. So each
// transaction writes its number into a row of its process. The next one, which waits until the
// first has ended, reads it there. Then the first was committed, or is done again.

const (
	// repeatFor is for how long a process tries to find out whether a transaction was
	// committed. The sessions of a server that does not reach the database end before.
	repeatFor = 15 * time.Second
	// repeatEvery is the pause between two tries.
	repeatEvery = 100 * time.Millisecond
)

// The transactions of all processes run one after the other: rules such as the last owner of
// a group look at rows that another transaction may be changing. With the lock, they read
// what the ones before have committed.
const (
	waitForOthers = "SELECT pg_advisory_xact_lock($1)"
	transactions  = 0x636f6e666162 // "confab"

	newestCommit = "SELECT coalesce((SELECT number FROM commits WHERE writer = $1), 0)"
	// begin is waitForOthers and the number of the transaction in one statement. PostgreSQL
	// undoes a transaction that its process leaves alone for so long, because all others wait.
	begin = `WITH turn AS MATERIALIZED (SELECT set_config('idle_in_transaction_session_timeout', '10s', true), pg_advisory_xact_lock($1))
		INSERT INTO commits (writer, number, at) SELECT $2, $3, clock_timestamp() FROM turn
		ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at`
	forgetCommits = "DELETE FROM commits WHERE at < clock_timestamp() - interval '1 day'"
)

// commits numbers the transactions of a process.
type commits struct {
	turn   chan struct{} // holds a token while a transaction is under way
	writer uuid.UUID
	number int64 // of the newest transaction
	doubt  int64 // the one whose outcome is unknown, or 0
}

func newCommits() commits { return commits{turn: make(chan struct{}, 1), writer: uuid.New()} }

// Update implements chat.Store. It runs fn again if the connection breaks during the commit and
// nothing was committed, and if fn adds a message that is there already.
func (s *Store) Update(ctx context.Context, fn func(chat.Tx) error) error {
	select {
	case s.commits.turn <- struct{}{}:
		defer func() { <-s.commits.turn }()
	case <-ctx.Done():
		return rows.Failed("waiting for another transaction", ctx.Err())
	}
	s.commits.doubt = 0
	careful := false
	try := func() error {
		err := s.transact(ctx, fn, careful)
		if errors.Is(err, errPosted) && !careful {
			careful = true
			err = s.transact(ctx, fn, careful)
		}
		return err
	}
	err := try()
	for until := time.Now().Add(repeatFor); s.commits.doubt != 0 && time.Now().Before(until); {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", err, ctx.Err())
		case <-time.After(repeatEvery):
		}
		if again := try(); again == nil || s.commits.doubt == 0 {
			return again
		}
	}
	return err
}

// transact runs fn in a transaction, unless the transaction in doubt was committed. With care, it
// looks whether a message is there before it adds it.
func (s *Store) transact(ctx context.Context, fn func(chat.Tx) error, careful bool) error {
	t, done, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	c := &s.commits
	if c.doubt != 0 {
		// The transaction in doubt has ended when this one gets the lock.
		if _, err := t.ExecContext(ctx, waitForOthers, transactions); err != nil {
			return rows.Failed("waiting for another transaction", err)
		}
		var newest int64
		if err := t.QueryRowContext(ctx, newestCommit, c.writer).Scan(&newest); err != nil {
			return rows.Failed("looking for a transaction", err)
		}
		committed := newest == c.doubt
		if c.doubt = 0; committed {
			return nil
		}
	}
	c.number++
	if _, err := t.ExecContext(ctx, begin, transactions, c.writer, c.number); err != nil {
		return rows.Failed("waiting for another transaction", err)
	}
	if c.number == 1 {
		if _, err := t.ExecContext(ctx, forgetCommits); err != nil {
			return rows.Failed("forgetting old transactions", err)
		}
	}
	x := newTx(t, s.texts, careful)
	if err := errors.Join(fn(x), x.post.broken); err != nil {
		return err
	}
	if err := x.post.flush(ctx); err != nil {
		return err
	}
	if err = t.Commit(); isUnknown(err) {
		c.doubt = c.number
	}
	return rows.Failed("committing", err)
}

// begin begins a transaction. The caller must call done, which does nothing to a committed one.
func (s *Store) begin(ctx context.Context) (t *sql.Tx, done func(), err error) {
	connecting, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	conn, err := s.writeDB.Conn(connecting)
	if err != nil {
		return nil, nil, rows.Failed("connecting to the database", err)
	}
	t, err = conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, nil, rows.Failed("beginning a transaction", errors.Join(err, conn.Close()))
	}
	return t, func() { _, _ = t.Rollback(), conn.Close() }, nil
}

// isUnknown reports whether a transaction may have been committed although its commit has failed.
// If PostgreSQL ends the connection, it may have committed before.
func isUnknown(err error) bool {
	if err == nil || errors.Is(err, pgx.ErrTxCommitRollback) || errors.Is(err, sql.ErrTxDone) {
		return false
	}
	said, is := errors.AsType[*pgconn.PgError](err)
	return !is || said.SeverityUnlocalized != "ERROR"
}
