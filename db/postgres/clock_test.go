package postgres_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"confab/app/chat"
	"confab/db/postgres"
)

// The time is that of the database, whatever this machine's clock says.
func TestTheTimeIsTheDatabases(t *testing.T) {
	address := cluster.Database(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	// A function that is found before PostgreSQL's stands for another clock.
	ahead := func(by string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), `CREATE OR REPLACE FUNCTION other.clock_timestamp() RETURNS timestamptz
			LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() + interval '`+by+`' $$`); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), "CREATE SCHEMA other"); err != nil {
		t.Fatal(err)
	}
	ahead("1 hour")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", "other,pg_catalog,public")
	u.RawQuery = q.Encode()
	s, err := postgres.Open(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	roster := s.Roster(func() {})
	is := func(want time.Duration) {
		t.Helper()
		if got := time.Until(s.Now()); (got - want).Abs() > time.Minute {
			t.Errorf("the time is %s ahead, want %s", got, want)
		}
	}
	is(time.Hour)
	for _, by := range []time.Duration{-2 * time.Hour, 0} {
		ahead(by.String())
		if _, err := roster.Meet(t.Context(), chat.Connected{}); err != nil {
			t.Fatal(err)
		}
		is(by)
	}
	// A small difference is left alone, so that the time does not jump.
	ahead("500ms")
	if _, err := roster.Meet(t.Context(), chat.Connected{}); err != nil {
		t.Fatal(err)
	}
	if got := time.Until(s.Now()); got > 250*time.Millisecond {
		t.Errorf("the time is %s ahead", got)
	}
}
