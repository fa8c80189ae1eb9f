package postgres_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/postgres"
)

// While a database has few messages, PostgreSQL would rather read all of them than use an index,
// and a connection keeps to that when there are many. So our connections never do.
func TestAYoungDatabaseIsNotReadAsAWhole(t *testing.T) {
	address := cluster.Database(t)
	first, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	s := testkit.Start(t, first, service.Options{})
	key := testkit.Enrol(t, s, "ann", 1)
	ann := testkit.Connect(t, s, key)
	general := testkit.General(t, ann)
	testkit.Send(t, ann, general, "the only message")
	s.Close("the test goes on without")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	number := func(query string) (n int64) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if _, err := conn.Exec(t.Context(), "VACUUM (ANALYZE)"); err != nil { // now it knows that there are few
		t.Fatal(err)
	}
	const connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	const scans = "SELECT coalesce(sum(seq_scan), 0)::bigint FROM pg_stat_user_tables WHERE relname IN ('messages', 'memberships', 'changes', 'users', 'keys', 'files')"
	read := func(by *postgres.Store) {
		t.Helper()
		_, err1 := by.MessagesAtPositions(t.Context(), 0, 1, 10)
		_, err2 := by.MessagesBefore(t.Context(), general, 0, 10, 10)
		_, err3 := by.MessagesAfter(t.Context(), general, 0, 10)
		_, err4 := by.Membership(t.Context(), general, 1)
		_, err5 := by.UserByKey(t.Context(), key.Fingerprint())
		_, err6 := by.ChangesAfter(t.Context(), 0, 10)
		_, err7 := by.MessageByID(t.Context(), uuid.New())
		if errors.Is(err7, chat.ErrNotFound) {
			err7 = nil
		}
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
			t.Fatal(err)
		}
	}
	alone := func() bool { return number(connections) == 1 }
	testkit.Eventually(t, "the connections of the service are closed", alone)
	before := number(scans)
	store, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		read(store)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the connections are closed, so they have counted", alone)
	if after := number(scans); after != before {
		t.Errorf("tables were read as a whole %d times", after-before)
	}
}
