package postgres_test

import (
	"database/sql"
	"errors"
	"log/slog"
	"maps"
	"testing"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/db/postgres"
)

// Each server knows who is connected to the others. A server whose lease has ended counts as ended,
// until it renews the lease.
func TestRoster(t *testing.T) {
	address := cluster.Database(t)
	begin := func() *postgres.Roster {
		s, err := postgres.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		b := s.Bus(slog.New(slog.DiscardHandler))
		t.Cleanup(func() { b.Close(); _ = s.Close() })
		return s.Roster(b)
	}
	type people = map[chat.UserID]chat.Presence
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
	meets(one, people{1: chat.Online}, people{1: chat.Away, 2: chat.Away})
	meets(two, people{2: chat.Online}, people{1: chat.Online})
	if !testkit.Soon(func() bool { return len(one.Met()) > 0 }) {
		t.Error("the first server does not hear that somebody has come")
	}
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

	said := chat.Typing{Conversation: 3, User: 2, Name: "bob"}
	heard := func() (got chat.Typing) {
		select {
		case got = <-one.Heard():
		default:
			err = errors.Join(err, two.Say(t.Context(), said))
		}
		return got
	}
	if !testkit.Soon(func() bool { return heard() == said }) || err != nil {
		t.Errorf("the first server does not hear who is typing: %v", err)
	}

	if err := two.Leave(t.Context()); err != nil {
		t.Error(err)
	}
	meets(one, people{1: chat.Online}, people{})
}
