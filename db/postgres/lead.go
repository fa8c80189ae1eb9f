package postgres

import (
	"context"
	"database/sql"
	"sync"

	"confab/db/rows"
)

// leader is the number of the lock of the server that does the work which one does for all.
const leader = servers + 1

// lead is the connection that has the lock, if this server has it.
type lead struct {
	mu  sync.Mutex
	own *sql.Conn // nil if another server leads
}

// Leads implements chat.Locks. The lock is that of a connection, so another server gets it when
// this one ends, or loses the connection.
func (s *Store) Leads(ctx context.Context) (bool, error) {
	s.lead.mu.Lock()
	defer s.lead.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	if own := s.lead.own; own != nil {
		if _, err := own.ExecContext(ctx, "SELECT 1"); err == nil {
			return true, nil
		}
		end(own)
		s.lead.own = nil
	}
	own, err := s.readDB.Conn(ctx)
	if err != nil {
		return false, rows.Failed("connecting to the database", err)
	}
	var got bool
	if err := own.QueryRowContext(ctx, tryToLead, leader).Scan(&got); err != nil {
		end(own)
		return false, rows.Failed("asking which server leads", err)
	}
	if !got {
		return false, own.Close() // back to the other readers
	}
	s.lead.own = own
	return true, nil
}

// tryToLead takes the lock if nobody has it.
const tryToLead = "SELECT pg_try_advisory_lock($1)" + noticed

// noticed ends queries that take a lock. If the machine of the server loses its power, PostgreSQL
// notices that within twelve seconds. Otherwise it would keep the lock for hours.
const noticed = ` FROM (SELECT set_config('tcp_keepalives_idle', '6', false),
	set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)) AS noticed`
