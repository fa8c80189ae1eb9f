package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/db/postgres"
	"confab/db/postgres/pgcluster"
	"confab/db/postgres/pgtest"
)

// throughProxy opens an empty store that reaches the database through a proxy. It returns the
// store, the proxy, and the address past it.
func throughProxy(t *testing.T) (s *postgres.Store, p *pgcluster.Proxy, direct string) {
	t.Helper()
	direct = cluster.Database(t)
	p, through := pgtest.Through(t, direct)
	s, err := postgres.Open(t.Context(), through)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, p, direct
}

// committing reports whether a client asks for a commit.
func committing(piece []byte) bool { return bytes.Contains(piece, []byte("commit\x00")) }

// set changes a setting in a transaction, and counts how often that is done.
func set(ctx context.Context, s *postgres.Store, value string) (times int, err error) {
	err = s.Update(ctx, func(tx chat.Tx) error {
		times++
		return tx.SetSetting(ctx, "x", value)
	})
	return times, err
}

// Callers can tell that the database is away, and people read that.
func TestADatabaseThatIsAway(t *testing.T) {
	s, p, _ := throughProxy(t)
	if _, err := set(t.Context(), s, "before"); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	_, writing := set(t.Context(), s, "after")
	_, reading := s.Setting(t.Context(), "x")
	for doing, err := range map[string]error{"writing": writing, "reading": reading} {
		if !errors.Is(err, chat.ErrNoDatabase) || !strings.Contains(chat.UserText(err), "cannot reach its database") {
			t.Errorf("%s: %v, told as %q; want ErrNoDatabase", doing, err, chat.UserText(err))
		}
	}
}

// A commit whose answer is lost is neither reported as a failure nor done twice.
func TestACommitWithoutAnAnswer(t *testing.T) {
	s, p, direct := throughProxy(t)
	if _, err := set(t.Context(), s, "before"); err != nil {
		t.Fatal(err)
	}
	var done atomic.Bool
	p.Watch(func(piece []byte) bool {
		if committing(piece) && done.CompareAndSwap(false, true) {
			p.Down.Set(false) // the answer stays here
			go func() {
				for value(t, direct) != "after" {
				}
				p.Sever()
				p.Down.Set(true)
			}()
		}
		return true
	})
	if times, err := set(t.Context(), s, "after"); err != nil || times != 1 {
		t.Errorf("it was done %d times, %v; want once", times, err)
	}
	if got := value(t, direct); got != "after" || !done.Load() {
		t.Errorf("the setting is %q", got)
	}
}

// A commit that never arrives is done again.
func TestACommitThatIsLost(t *testing.T) {
	s, p, direct := throughProxy(t)
	if _, err := set(t.Context(), s, "before"); err != nil {
		t.Fatal(err)
	}
	var lost atomic.Int32
	p.Watch(func(piece []byte) bool { return !committing(piece) || lost.Add(1) > 2 })
	if times, err := set(t.Context(), s, "after"); err != nil || times != 3 {
		t.Errorf("it was done %d times, %v; want twice for nothing, and once more", times, err)
	}
	if got := value(t, direct); got != "after" {
		t.Errorf("the setting is %q", got)
	}
}

// Two transactions at once do not take the outcome of one for that of the other.
func TestALostCommitBesideAnother(t *testing.T) {
	s, p, direct := throughProxy(t)
	var lost atomic.Int32
	p.Watch(func(piece []byte) bool { return !committing(piece) || lost.Add(1) > 1 })
	var times [2]atomic.Int32
	results := make(chan error, 2)
	for i, name := range []string{"x", "y"} {
		go func() {
			results <- s.Update(t.Context(), func(tx chat.Tx) error {
				times[i].Add(1)
				return tx.SetSetting(t.Context(), name, "done")
			})
		}()
	}
	if err := errors.Join(testkit.Within(t, "the first", results), testkit.Within(t, "the second", results)); err != nil {
		t.Error(err)
	}
	if n := times[0].Load() + times[1].Load(); n != 3 {
		t.Errorf("%d runs, want 3", n)
	}
	y, err := s.Setting(t.Context(), "y")
	if err != nil || value(t, direct) != "done" || y != "done" {
		t.Errorf("the settings are %q and %q, %v", value(t, direct), y, err)
	}
}

// A refusal is the answer also to a transaction that is done again.
func TestALostCommitThatIsRefusedLater(t *testing.T) {
	s, p, direct := throughProxy(t)
	var lost atomic.Int32
	p.Watch(func(piece []byte) bool { return !committing(piece) || lost.Add(1) > 1 })
	times := 0
	err := s.Update(t.Context(), func(tx chat.Tx) error {
		if times++; times > 1 {
			return chat.ErrConflict
		}
		return tx.SetSetting(t.Context(), "x", "after")
	})
	if !errors.Is(err, chat.ErrConflict) || value(t, direct) != "" {
		t.Errorf("%v, and the setting is %q", err, value(t, direct))
	}
}

// value reads the setting past the proxy.
func value(t *testing.T, direct string) (value string) {
	conn, err := pgx.Connect(context.Background(), direct)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer conn.Close(context.Background())
	err = conn.QueryRow(context.Background(), "SELECT value FROM settings WHERE name = 'x'").Scan(&value)
	if err != nil && !strings.Contains(err.Error(), "no rows") {
		t.Error(err)
	}
	return value
}
