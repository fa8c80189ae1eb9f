package postgres_test

import (
	"database/sql"
	"maps"
	"testing"

	"confab/app/chat"
	"confab/db/postgres"
)

// newRoster makes the roster of another server. It counts how often the others are told that there is
// something new for them.
func newRoster(t *testing.T, address string, told *int) *postgres.Roster {
	t.Helper()
	s, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Roster(func() { *told++ })
}

// Each server knows how many connections accounts have to the others, and the others are told when
// that changes.
func TestRosterOfConnections(t *testing.T) {
	address, changes := cluster.Database(t), 0
	begin := func() *postgres.Roster { return newRoster(t, address, &changes) }
	type counts = map[chat.UserID]int
	meets := func(r *postgres.Roster, here chat.Connected, want counts) {
		t.Helper()
		if there, err := r.Meet(t.Context(), here); err != nil || !maps.Equal(there.Connections, want) {
			t.Errorf("the connections elsewhere are %v, %v; want %v", there.Connections, err, want)
		}
	}
	one, two, three := begin(), begin(), begin()
	on := map[chat.UserID]chat.Presence{1: chat.Online, 2: chat.Away}
	meets(one, chat.Connected{Presence: on, Connections: counts{1: 1, 2: 3, 3: 1}}, counts{})
	meets(two, chat.Connected{Presence: on, Connections: counts{1: 2, 2: 1, 4: 5}}, counts{1: 1, 2: 3, 3: 1})
	meets(three, chat.Connected{}, counts{1: 3, 2: 4, 3: 1, 4: 5})
	changes = 0
	meets(one, chat.Connected{Presence: on, Connections: counts{1: 1, 2: 3, 3: 1}}, counts{1: 2, 2: 1, 4: 5})
	if changes != 0 {
		t.Errorf("the others are told %d times although nothing has changed", changes)
	}
	meets(one, chat.Connected{Presence: on, Connections: counts{1: 7, 2: 1}}, counts{1: 2, 2: 1, 4: 5})
	if changes != 1 {
		t.Errorf("the others are told %d times, want once", changes)
	}
	meets(three, chat.Connected{}, counts{1: 9, 2: 2, 4: 5})
	if err := two.Leave(t.Context()); err != nil {
		t.Error(err)
	}
	meets(three, chat.Connected{}, counts{1: 7, 2: 1})
}

// Each server knows who is connected to the others. A server whose lease has ended counts as ended,
// until it renews the lease.
func TestRoster(t *testing.T) {
	address, changes := cluster.Database(t), 0
	begin := func() *postgres.Roster { return newRoster(t, address, &changes) }
	type people = map[chat.UserID]chat.Presence
	told := func(want int) {
		t.Helper()
		if changes != want {
			t.Errorf("the others were told %d times, want %d", changes, want)
		}
		changes = 0
	}
	meets := func(r *postgres.Roster, here, want people) {
		t.Helper()
		there, err := r.Meet(t.Context(), chat.Connected{Presence: here})
		if err != nil || !maps.Equal(there.Presence, want) {
			t.Errorf("%v are connected elsewhere, %v; want %v", there.Presence, err, want)
		}
		for user := range want { // each has one connection to each server at least
			if there.Connections[user] == 0 {
				t.Errorf("%d has no connection elsewhere", user)
			}
		}
	}
	one, two, three := begin(), begin(), begin()
	meets(one, people{1: chat.Online}, people{})
	meets(two, people{2: chat.Away, 1: chat.Away}, people{1: chat.Online})
	meets(three, people{}, people{1: chat.Online, 2: chat.Away})
	told(3)
	meets(one, people{1: chat.Online}, people{1: chat.Away, 2: chat.Away})
	told(0)
	meets(two, people{2: chat.Online}, people{1: chat.Online})
	told(1)
	meets(one, people{1: chat.Online}, people{2: chat.Online})

	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "UPDATE servers SET lease = clock_timestamp() - interval '1 second' WHERE people LIKE '%\"2\"%'"); err != nil {
		t.Fatal(err)
	}
	meets(one, people{1: chat.Online}, people{}) // the second server hangs
	meets(two, people{2: chat.Online}, people{1: chat.Online})
	meets(one, people{1: chat.Online}, people{2: chat.Online}) // it goes on

	changes = 0
	if err := two.Leave(t.Context()); err != nil {
		t.Error(err)
	}
	told(1)
	meets(one, people{1: chat.Online}, people{})
}
