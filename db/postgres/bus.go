package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"confab/app/bus"
	"confab/db/rows"
)

// The times of the notifications.
const (
	quiet   = 10 * time.Second // without any for so long, the connection is checked
	patient = 5 * time.Second  // for the database to answer
)

// channel is the name under which servers notify each other.
const channel = "confab"

// notifications is bus.Carrier with NOTIFY. It listens on a connection of its own.
type notifications struct {
	config *pgx.ConnConfig
	db     *sql.DB
}

// Notifications returns a carrier for the servers on this database.
func (s *Store) Notifications() bus.Carrier { return notifications{s.config, s.readDB} }

// Listen implements bus.Carrier.
func (n notifications) Listen(ctx context.Context, ready func(), hear func(text []byte)) error {
	connecting, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	c, err := pgx.ConnectConfig(connecting, n.config.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(connecting)) }()
	if _, err := c.Exec(connecting, "LISTEN "+channel); err != nil {
		return err
	}
	ready()
	for {
		waiting, cancel := context.WithTimeout(ctx, quiet)
		got, err := c.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			hear([]byte(got.Payload))
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

// Send implements bus.Carrier.
func (n notifications) Send(ctx context.Context, text []byte) error {
	_, err := n.db.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, string(text))
	return err
}

// Lock implements chat.Locks.
func (s *Store) Lock(ctx context.Context, name string) (unlock func(), err error) {
	own, err := s.readDB.Conn(ctx)
	if err != nil {
		return nil, rows.Failed("connecting to the database", err)
	}
	const key = "hashtextextended('confab ' || $1, 0)"
	if _, err := own.ExecContext(ctx, "SELECT pg_advisory_lock("+key+")"+noticed, name); err != nil {
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
