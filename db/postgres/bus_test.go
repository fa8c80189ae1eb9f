package postgres_test

import (
	"errors"
	"testing"

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
