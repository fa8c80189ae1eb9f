package postgres

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"

	"confab/db/rows"
)

// clockSlack is how far a machine's clock may differ from the database's. Machines that set their
// clocks by the network (NTP) differ by less.
const clockSlack = time.Second

// clock knows how far the clock of the database is ahead of that of this machine.
type clock struct{ ahead atomic.Int64 } // nanoseconds

// Now returns the time by the clock of the database, to a second, as [Open] and [Roster.Meet] have
// last read it. So a ban ends on all servers at once, although one of their machines may have a
// wrong clock. Several goroutines may call it.
func (s *Store) Now() time.Time { return s.clock.now() }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// read reads the clock of the database. The time does not jump unless it is certainly wrong.
func (c *clock) read(ctx context.Context, db *sql.DB) error {
	var at time.Time
	begun := c.now()
	if err := db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&at); err != nil {
		return rows.Failed("reading the clock of the database", err)
	}
	took := c.now().Sub(begun)
	wrong := at.Sub(begun.Add(took / 2).Round(0))
	if wrong.Abs() > took+clockSlack {
		c.ahead.Add(int64(wrong))
	}
	return nil
}
