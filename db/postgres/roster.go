package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/rows"
)

// Roster is chat.Roster in the table servers, where each server has one row. Only one goroutine
// may call its methods.
type Roster struct {
	db      *sql.DB
	clock   *clock
	changed func()
	id      uuid.UUID // a new one after each start
	version int64     // of the presences in here, 0 before the first time
	here    chat.Connected
	others  map[uuid.UUID]otherServer
}

type otherServer struct {
	version int64
	people  map[chat.UserID]chat.Presence
	// connections is how many connections accounts have, but for those that have a screen and no
	// other connection. These are the most by far, and change with the presences.
	connections map[chat.UserID]int
}

var _ chat.Roster = (*Roster)(nil)

// Roster makes the server known to the others on the same database. It calls changed when it has
// something new for them.
func (s *Store) Roster(changed func()) *Roster {
	return &Roster{db: s.readDB, clock: &s.clock, changed: changed, id: uuid.New()}
}

// leaseEnd is when a lease ends that is renewed now, by the clock of the database.
var leaseEnd = fmt.Sprintf("clock_timestamp() + interval '%d seconds'", chat.RosterLease/time.Second)

// Meet implements chat.Roster.
func (r *Roster) Meet(ctx context.Context, here chat.Connected) (there chat.Connected, err error) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	if err := r.clock.read(ctx, r.db); err != nil {
		return there, err
	}
	here.Connections = maps.Clone(here.Connections)
	maps.DeleteFunc(here.Connections, func(user chat.UserID, n int) bool { return n == 1 && here.Presence[user] != chat.Offline })
	if err := r.tell(ctx, here); err != nil {
		return there, rows.Failed("saying who is connected", err)
	}
	if err := r.look(ctx); err != nil {
		return there, rows.Failed("reading who is connected elsewhere", err)
	}
	there = chat.Connected{Presence: make(map[chat.UserID]chat.Presence), Connections: make(map[chat.UserID]int)}
	for _, other := range r.others {
		for user, p := range other.people {
			there.Presence[user] = max(there.Presence[user], p)
			there.Connections[user] += max(1, other.connections[user])
		}
		for user, n := range other.connections {
			if other.people[user] == chat.Offline {
				there.Connections[user] += n
			}
		}
	}
	return there, nil
}

// tell renews the lease, and writes who is connected here if that has changed. The other servers
// may have deleted the row, if this one did not renew its lease in time.
func (r *Roster) tell(ctx context.Context, here chat.Connected) error {
	connections, err := json.Marshal(here.Connections)
	if err != nil {
		return err
	}
	same := maps.Equal(r.here.Connections, here.Connections)
	if r.version > 0 && maps.Equal(r.here.Presence, here.Presence) {
		result, err := r.db.ExecContext(ctx, "UPDATE servers SET lease = "+leaseEnd+", connections = $2 WHERE id = $1", r.id, string(connections))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			if r.here.Connections = here.Connections; !same {
				r.changed()
			}
			return err
		}
	}
	people, err := json.Marshal(here.Presence)
	if err != nil {
		return err
	}
	if _, err := r.db.ExecContext(ctx, `INSERT INTO servers (id, lease, version, people, connections) VALUES ($1, `+leaseEnd+`, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET lease = excluded.lease, version = excluded.version, people = excluded.people, connections = excluded.connections`,
		r.id, r.version+1, string(people), string(connections)); err != nil {
		return err
	}
	r.changed()
	r.version++
	r.here = here
	return nil
}

// look reads who is connected to servers whose lease has not ended. It deletes the others.
func (r *Roster) look(ctx context.Context) error {
	known := make(map[uuid.UUID]int64, len(r.others))
	for id, o := range r.others {
		known[id] = o.version
	}
	versions, err := json.Marshal(known)
	if err != nil {
		return err
	}
	found, err := r.db.QueryContext(ctx, `WITH ended AS (DELETE FROM servers WHERE lease < clock_timestamp())
		SELECT id, version, CASE WHEN CAST(CAST($2 AS JSONB) ->> CAST(id AS TEXT) AS BIGINT) = version THEN '' ELSE people END, connections
		FROM servers WHERE id <> $1 AND lease >= clock_timestamp()`, r.id, string(versions))
	if err != nil {
		return err
	}
	defer found.Close()
	others := make(map[uuid.UUID]otherServer)
	for found.Next() {
		var id uuid.UUID
		var o otherServer
		var people, connections string
		if err := found.Scan(&id, &o.version, &people, &connections); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(connections), &o.connections); err != nil {
			return err
		}
		if o.people = r.others[id].people; people != "" {
			o.people = nil
			if err := json.Unmarshal([]byte(people), &o.people); err != nil {
				return err
			}
		}
		others[id] = o
	}
	if err := found.Err(); err != nil {
		return err
	}
	r.others = others
	return nil
}

// Leave implements chat.Roster.
func (r *Roster) Leave(ctx context.Context) error {
	_, err := r.db.ExecContext(ctx, "DELETE FROM servers WHERE id = $1", r.id)
	r.changed()
	return rows.Failed("leaving the other servers", err)
}
