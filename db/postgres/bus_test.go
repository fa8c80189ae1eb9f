package postgres_test

import (
	"errors"
	"log/slog"
	"testing"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/db/postgres"
)

// Servers share a database, but a process that replaces everything has it alone. One that was
// killed does not keep the next one away.
func TestServersShareADatabase(t *testing.T) {
	address := cluster.Database(t)
	begin := func() *postgres.Store {
		t.Helper()
		s, err := postgres.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, two, alone := begin(), begin(), begin()
	defer two.Close()
	if err := errors.Join(one.Join(t.Context()), two.Join(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := alone.Claim(t.Context()); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("beside servers, a command gets %v", err)
	}
	if err := errors.Join(one.Close(), two.Close(), alone.Close()); err != nil {
		t.Error(err)
	}
	alone, two = begin(), begin()
	defer alone.Close()
	if err := alone.Claim(t.Context()); err != nil {
		t.Error(err)
	}
	if err := two.Join(t.Context()); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("beside a command, a server gets %v", err)
	}
}

// A bus tells the others that there is news, and not the server itself. Nothing is lost by a
// broken connection, because there may be news after it.
func TestBus(t *testing.T) {
	address := cluster.Database(t)
	begin := func() *postgres.Bus {
		s, err := postgres.Open(t.Context(), address+"&application_name=bus")
		if err != nil {
			t.Fatal(err)
		}
		b := s.Bus(slog.New(slog.DiscardHandler))
		t.Cleanup(func() { b.Close(); _ = s.Close() })
		return b
	}
	one, two := begin(), begin()
	hears := func(why string, b *postgres.Bus) {
		t.Helper()
		testkit.Within(t, "news "+why, b.News())
	}
	hears("after the start", one)
	hears("after the start", two)
	one.Publish(chat.Clock{Messages: 1})
	hears("from the other", two)
	exec(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bus' AND query LIKE 'LISTEN%'")
	hears("after a break", one)
	hears("after a break", two)
	two.Publish(chat.Clock{Messages: 2})
	hears("from the other after a break", one)
	select {
	case <-two.News():
		t.Error("a server hears its own news")
	default:
	}
}

// While one has a lock, others wait.
func TestLock(t *testing.T) {
	s := open(t)
	unlock, err := s.Lock(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		unlock, err := s.Lock(t.Context(), "x")
		if err == nil {
			unlock()
		}
		got <- err
	}()
	other, err := s.Lock(t.Context(), "y")
	if err != nil {
		t.Fatal(err)
	}
	other()
	select {
	case err := <-got:
		t.Errorf("a lock is taken twice: %v", err)
	default:
	}
	unlock()
	if err := <-got; err != nil {
		t.Error(err)
	}
}
