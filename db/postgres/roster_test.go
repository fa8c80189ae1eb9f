package postgres_test

import (
	"database/sql"
	"maps"
	"testing"

	"confab/app/chat"
	"confab/db/postgres"
)

// Each server knows who is connected to the others. A server whose lease has ended counts as ended,
// until it renews the lease.
func TestRoster(t *testing.T) {
	address := cluster.Database(t)
	changes := 0
	begin := func() *postgres.Roster {
		s, err := postgres.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s.Roster(func() { changes++ })
	}
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
		if there, err := r.Meet(t.Context(), here); err != nil || !maps.Equal(there, want) {
			t.Errorf("%v are connected elsewhere, %v; want %v", there, err, want)
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
