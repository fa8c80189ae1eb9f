package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"confab/app/chat"
	"confab/db/rows"
)

// The times of a bus. A server also looks into the database without news, so these only bound
// how long news may take.
const (
	quiet   = 10 * time.Second // without news for so long, the connection is checked
	patient = 5 * time.Second  // for the database to answer
	again   = time.Second      // after a failure
)

// channel is the name under which servers notify each other.
const channel = "confab"

// Bus is chat.Bus with NOTIFY. A goroutine listens on a connection of its own, and another one
// publishes. Several goroutines may call its methods.
type Bus struct {
	config *pgx.ConnConfig
	db     *sql.DB
	log    *slog.Logger
	own    string // begins all that this server publishes
	news   chan struct{}
	met    chan struct{}    // see [Roster.Met]
	heard  chan chat.Typing // see [Roster.Heard]
	due    chan struct{}    // holds one token while newest is to be published
	newest atomic.Pointer[chat.Clock]
	stop   context.CancelFunc
	ended  chan struct{} // receives when one of the goroutines has ended
}

var _ chat.Bus = (*Bus)(nil)

// Bus connects the server to the others on the same database. The caller must call Close before
// that of the store.
func (s *Store) Bus(log *slog.Logger) *Bus {
	ctx, stop := context.WithCancel(context.Background())
	b := &Bus{
		config: s.config, db: s.readDB, log: log, own: uuid.NewString() + " ", stop: stop, ended: make(chan struct{}, 2),
		news: make(chan struct{}, 1), met: make(chan struct{}, 1), heard: make(chan chat.Typing, 16), due: make(chan struct{}, 1),
	}
	go b.run(ctx, "listening for other servers", b.listen)
	go b.run(ctx, "telling other servers", b.publish)
	return b
}

// Close ends the bus.
func (b *Bus) Close() {
	b.stop()
	<-b.ended
	<-b.ended
}

// Publish implements chat.Bus.
func (b *Bus) Publish(now chat.Clock) {
	b.newest.Store(&now)
	wake(b.due)
}

// News implements chat.Bus.
func (b *Bus) News() <-chan struct{} { return b.news }

func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run does something until the bus is closed, and begins again after a failure. It logs the
// first of several failures.
func (b *Bus) run(ctx context.Context, doing string, do func(context.Context, func()) error) {
	defer func() { b.ended <- struct{}{} }()
	failing := false
	works := func() {
		if failing {
			b.log.Info("the database answers again", "doing", doing)
		}
		failing = false
	}
	for ctx.Err() == nil {
		err := do(ctx, works)
		if ctx.Err() == nil && !failing {
			b.log.Error(doing, "err", err)
			failing = true
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// listen waits for the notifications of other servers. It says that there is news after it has
// begun to listen, because there may have been some before.
func (b *Bus) listen(ctx context.Context, works func()) error {
	connecting, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	c, err := pgx.ConnectConfig(connecting, b.config.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(connecting)) }()
	if _, err := c.Exec(connecting, "LISTEN "+channel+"; LISTEN "+rosterChannel+"; LISTEN "+typingChannel); err != nil {
		return err
	}
	works()
	wake(b.news)
	for {
		waiting, cancel := context.WithTimeout(ctx, quiet)
		n, err := c.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			switch {
			case strings.HasPrefix(n.Payload, b.own):
			case n.Channel == typingChannel:
				_, said, _ := strings.Cut(n.Payload, " ")
				b.hear(said)
			case n.Channel == rosterChannel:
				wake(b.met)
			default:
				wake(b.news)
			}
		case pgconn.Timeout(err) && ctx.Err() == nil:
			checking, cancel := context.WithTimeout(ctx, patient)
			err := c.Ping(checking)
			cancel()
			if err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// publish sends notifications.
func (b *Bus) publish(ctx context.Context, works func()) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.due:
		}
		now := b.newest.Load()
		sending, cancel := context.WithTimeout(ctx, patient)
		_, err := b.db.ExecContext(sending, "SELECT pg_notify($1, $2)", channel, fmt.Sprint(b.own, now.Messages, " ", now.Changes))
		cancel()
		if err != nil {
			return err // the others look by themselves
		}
		works()
	}
}

// Lock implements chat.Locks.
func (s *Store) Lock(ctx context.Context, name string) (unlock func(), err error) {
	own, err := s.readDB.Conn(ctx)
	if err != nil {
		return nil, rows.Failed("connecting to the database", err)
	}
	const key = "hashtextextended('confab ' || $1, 0)"
	if _, err := own.ExecContext(ctx, "SELECT pg_advisory_lock("+key+")", name); err != nil {
		end(own)
		return nil, rows.Failed("waiting for another server", err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), patient)
		defer cancel()
		if _, err := own.ExecContext(ctx, "SELECT pg_advisory_unlock("+key+")", name); err != nil {
			end(own)
			return
		}
		_ = own.Close() // back to the other readers
	}, nil
}

// end ends a connection to the database, and its locks with it.
func end(c *sql.Conn) { _ = c.Raw(func(any) error { return driver.ErrBadConn }) }
