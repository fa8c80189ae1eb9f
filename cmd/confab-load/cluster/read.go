package cluster

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"confab/cmd/confab-load/clients"
)

// read reads what a database has, at one moment.
func read(ctx context.Context, address string) (s *stored, err error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("reading the database: %w", err)
	}
	defer conn.Close(ctx)
	s = &stored{last: map[int64]int64{}}
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, part := range []func(context.Context, pgx.Tx) error{s.readMessages, s.readCounters, s.readMarkers} {
			if err := part(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the database: %w", err)
	}
	s.index()
	return s, nil
}

func (s *stored) readMessages(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT row_id, conversation_id, seq, messages.id, users.name, body
		FROM messages JOIN users ON users.id = author_id ORDER BY row_id`)
	if err != nil {
		return err
	}
	var m message
	var id []byte
	var body string
	_, err = pgx.ForEachRow(rows, []any{&m.position, &m.conversation, &m.seq, &id, &m.author, &body}, func() error {
		uid, err := uuid.FromBytes(id)
		m.id = uid.String()
		m.said, _, m.written = clients.ReadSaid(body)
		s.messages = append(s.messages, m)
		return err
	})
	return err
}

func (s *stored) readCounters(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, "SELECT id, last_seq FROM conversations")
	if err != nil {
		return err
	}
	var conversation, last int64
	_, err = pgx.ForEachRow(rows, []any{&conversation, &last}, func() error {
		s.last[conversation] = last
		return nil
	})
	return err
}

func (s *stored) readMarkers(ctx context.Context, tx pgx.Tx) (err error) {
	s.markers, err = readMarkers(ctx, tx)
	return err
}

// readMarkers reads where all members are. No member shares the reads of who turned
// that off, so those reads must stay 0.
func readMarkers(ctx context.Context, from interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}) (map[reader]marker, error) {
	rows, err := from.Query(ctx, `SELECT conversation_id, users.name, delivered, read, seen
		FROM memberships JOIN users ON users.id = user_id`)
	if err != nil {
		return nil, err
	}
	all := map[reader]marker{}
	var r reader
	var m marker
	_, err = pgx.ForEachRow(rows, []any{&r.conversation, &r.name, &m.delivered, &m.read, &m.seen}, func() error {
		all[r] = m
		return nil
	})
	return all, err
}

// markerReader is readMarkers with a connection that it keeps, since a new one costs the database
// as much as hundreds of queries.
type markerReader struct {
	conn    *pgx.Conn
	address string
}

func (r *markerReader) read(ctx context.Context, address string) (map[reader]marker, error) {
	if r.conn == nil || r.conn.IsClosed() || r.address != address {
		r.close()
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return nil, err
		}
		r.conn, r.address = conn, address
	}
	return readMarkers(ctx, r.conn)
}

func (r *markerReader) close() {
	if r.conn != nil {
		_ = r.conn.Close(context.Background()) // it may be broken
		r.conn = nil
	}
}

// banPosition returns the position of the newest message before the newest ban.
func banPosition(ctx context.Context, address string) (int64, error) {
	return number(ctx, address, "SELECT after_message FROM changes WHERE kind = 'ban-added' ORDER BY position DESC LIMIT 1")
}

// newestPosition returns the position of the newest message.
func newestPosition(ctx context.Context, address string) (int64, error) {
	return number(ctx, address, "SELECT messages FROM commit_clock")
}

func number(ctx context.Context, address, query string) (n int64, err error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, query).Scan(&n)
	return n, err
}
