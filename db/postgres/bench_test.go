package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/bus"
	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/postgres"
	"confab/db/postgres/pgcluster"
	"confab/db/postgres/pgtest"
)

// BenchmarkSendOverServers has 64 senders write to one conversation at once, through one, two
// and three servers that share a database and wake each other with NOTIFY, and on SQLite.
// Each message is on disk before the next of its sender. "one each" commits each message alone.
func BenchmarkSendOverServers(b *testing.B) {
	pgtest.Needed(b)
	var server pgcluster.Server // the tests' own does not wait for the disk
	if err := server.Start(b.Context(), "max_connections=200"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.Stop(); err != nil {
			b.Error(err)
		}
	})
	databases := 0
	database := func(b *testing.B) string {
		databases++ // once for each call of a benchmark, of which there are several
		name := fmt.Sprintf("bench_%d", databases)
		if err := server.Create(b.Context(), name, "template0"); err != nil {
			b.Fatal(err)
		}
		return server.Address(name)
	}
	b.Run("SQLite", func(b *testing.B) {
		s := testkit.Open(b, b.TempDir())
		send(b, testkit.Connect(b, s, testkit.Enrol(b, s, "ann", 1)))
	})
	for _, n := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("PostgreSQL/servers=%d", n), func(b *testing.B) {
			address := database(b)
			var sessions []*service.Session
			for i := range n {
				s := shared(b, address)
				key := testkit.Enrol(b, s, fmt.Sprintf("ann-%d", i), i)
				sessions = append(sessions, testkit.Connect(b, s, key))
			}
			send(b, sessions...)
		})
	}
	b.Run("PostgreSQL/one each", func(b *testing.B) {
		store := opened(b, database(b))
		s := testkit.Start(b, store, service.Options{})
		b.Cleanup(func() { s.Close("the benchmark is over") })
		testkit.Enrol(b, s, "ann", 1)
		general := testkit.General(b, testkit.Connect(b, s, testkit.Key(b, 1)))
		testkit.InParallel(b, func() error {
			return store.Update(b.Context(), func(tx chat.Tx) error {
				_, err := tx.InsertMessage(b.Context(), &chat.Message{
					ID: uuid.Must(uuid.NewV7()), Conversation: general, Author: 1, Body: "hello", SentAt: time.Now(),
				})
				return err
			})
		})
	})
}

// opened opens the store of a database for the time of a benchmark.
func opened(b *testing.B, address string) *postgres.Store {
	b.Helper()
	store, err := postgres.Open(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return store
}

// shared starts one of the services of a database.
func shared(b *testing.B, address string) *service.Service {
	b.Helper()
	store := opened(b, address)
	others := bus.New(store.Notifications(), slog.New(slog.DiscardHandler))
	b.Cleanup(others.Close)
	s := testkit.Start(b, store, service.Options{Bus: others, Locks: store})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.TailChanges(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
		s.Close("the benchmark is over")
	})
	return s
}

// send has 64 senders write to #general, through the sessions in turn.
func send(b *testing.B, sessions ...*service.Session) {
	b.Helper()
	general := testkit.General(b, sessions[0])
	var sent atomic.Int64
	testkit.InParallel(b, func() error {
		x := sessions[int(sent.Add(1))%len(sessions)]
		_, err := x.Messages().Send(b.Context(), chat.NewMessage{ID: uuid.Must(uuid.NewV7()), Conversation: general, Body: "hello"})
		return err
	})
}
