package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/postgres"
	"confab/db/postgres/pgtest"
	"confab/db/schema"
	"confab/db/storetest"
)

// cluster has a database for each test, a copy of one with the schema.
var cluster = pgtest.Cluster{Prepare: func(ctx context.Context, address string) error {
	s, err := postgres.Open(ctx, address)
	if err != nil {
		return err
	}
	return s.Close()
}}

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// open opens an empty store for the time of a test.
func open(t *testing.T) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), cluster.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Package storetest is the contract of every such store.
func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store { return open(t) })
}

func TestContractOfContents(t *testing.T) {
	storetest.RunBlobs(t, func(t *testing.T) chat.Blobs {
		b, err := open(t).Blobs(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		return b
	})
}

// Contents are read across the borders of their rows.
func TestContentOfSeveralRows(t *testing.T) {
	b, err := open(t).Blobs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	want := make([]byte, 5<<19)
	for i := range want {
		want[i] = byte(i >> 9)
	}
	c, err := b.Open(storetest.Keep(t, b, string(want)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][2]int{{0, len(want)}, {1<<20 - 3, 1<<20 + 5}, {1 << 20, 2 << 20}, {2<<20 + 7, len(want)}} {
		got := make([]byte, part[1]-part[0])
		if n, err := c.ReadAt(got, int64(part[0])); err != nil || !bytes.Equal(got, want[part[0]:part[1]]) {
			t.Errorf("reading the bytes from %d to %d gave %d bytes, %v", part[0], part[1], n, err)
		}
	}
	if n, err := c.ReadAt(make([]byte, 10), int64(len(want)-4)); n != 4 || err != io.EOF {
		t.Errorf("reading past the end gave %d bytes, %v", n, err)
	}
}

// Servers that start at the same time upgrade the schema one after the other.
func TestServersStartTogether(t *testing.T) {
	address := cluster.Empty(t)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			s, err := postgres.Open(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestADatabaseOfALaterVersionIsLeftAlone(t *testing.T) {
	address := cluster.Database(t)
	exec(t, address, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	if s, err := postgres.Open(t.Context(), address); !errors.Is(err, schema.ErrNewer) {
		t.Errorf("opening it gave %v, %v; want ErrNewer", s, err)
	}
}

// A message that is shown as sent must not be lost when the database's machine fails.
func TestADatabaseThatDoesNotWaitForItsDiskIsRefused(t *testing.T) {
	address := cluster.Database(t)
	exec(t, address, "ALTER DATABASE "+strings.TrimPrefix(must(url.Parse(address)).Path, "/")+" SET synchronous_commit = off")
	if _, err := postgres.Open(t.Context(), address); err == nil || !strings.Contains(err.Error(), "synchronous_commit is off") {
		t.Errorf("opening it gave %v", err)
	}
}

// The password is in no error.
func TestErrorsHaveNoPassword(t *testing.T) {
	for _, address := range []string{
		"postgres://bob:secret@127.0.0.1:1/chat?connect_timeout=1", "postgres://bob:secret@[bad/chat", "host=127.0.0.1 port=x password=secret",
	} {
		_, err := postgres.Open(t.Context(), address)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// The audit log is only added to.
func TestTheAuditLogStays(t *testing.T) {
	address := cluster.Database(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, statement := range []string{"DELETE FROM audit_log", "UPDATE audit_log SET actor = ''", "TRUNCATE audit_log"} {
		if _, err := conn.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "only added to") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// Two processes with the same database take turns, so numbers and positions have no gaps, and
// nobody sees a position before the ones below it.
func TestTwoProcessesTakeTurns(t *testing.T) {
	address := cluster.Database(t)
	var stores []*postgres.Store
	for range 2 {
		s, err := postgres.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		stores = append(stores, s)
	}
	ctx := t.Context()
	author := chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleMember, CreatedAt: time.UnixMilli(1)}
	in := chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "x", Public: true, CreatedAt: time.UnixMilli(1)}
	if err := stores[0].Update(ctx, func(tx chat.Tx) (err error) {
		if author, err = tx.InsertUser(ctx, author); err != nil {
			return err
		}
		in, err = tx.InsertConversation(ctx, in)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	const each, batch = 20, 3
	var all sync.WaitGroup
	for _, s := range stores {
		all.Go(func() {
			for i := range each {
				err := s.Update(ctx, func(tx chat.Tx) error {
					for range batch {
						m := &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: author.ID, Body: "hello", SentAt: time.UnixMilli(1)}
						if _, err := tx.InsertMessage(ctx, m); err != nil {
							return err
						}
					}
					if _, err := tx.AppendChange(ctx, chat.RecordedChange{At: time.UnixMilli(1), Kind: "x", Body: []byte("{}")}, 0); err != nil {
						return err
					}
					if i%4 == 0 {
						return chat.ErrConflict // the transaction must not use anything up
					}
					return nil
				})
				if err != nil && !errors.Is(err, chat.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	const posted = 2 * each * 3 / 4 * batch
	page, err := stores[0].MessagesAfter(ctx, in.ID, 0, 2*posted)
	if err != nil || len(page) != posted {
		t.Fatalf("there are %d messages, want %d; %v", len(page), posted, err)
	}
	for i, m := range page {
		if m.Seq != chat.Seq(i+1) || m.Position != int64(i+1) {
			t.Fatalf("message %d has the number %d and the position %d", i+1, m.Seq, m.Position)
		}
	}
	if last, err := stores[1].Clock(ctx); err != nil || last.Messages != posted || last.Changes != posted/batch {
		t.Errorf("the clock is %+v, want %d changes; %v", last, posted/batch, err)
	}
}

// Phrases are found in messages with more words than a tsvector has places for.
func TestPhrasesInLongMessages(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	bodies := []string{
		strings.Repeat("a ", 300) + "b", // more places of one word than fit
		strings.Repeat("a ", 300) + "c b",
		strings.Repeat("漢字", 2500) + "終", // more words
	}
	if err := s.Update(ctx, func(tx chat.Tx) error {
		author, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleMember, CreatedAt: time.UnixMilli(1)})
		if err != nil {
			return err
		}
		in, err := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "x", Public: true, CreatedAt: time.UnixMilli(1)})
		if err != nil {
			return err
		}
		if err := tx.InsertMembership(ctx, chat.Membership{Conversation: in.ID, User: author.ID, Role: chat.RoleOwner}); err != nil {
			return err
		}
		for _, body := range bodies {
			if _, err := tx.InsertMessage(ctx, &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: author.ID, Body: body, SentAt: time.UnixMilli(1)}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for want, phrase := range [][]string{{"a", "b"}, {"c", "b"}, {"字", "終"}} {
		found, err := s.Search(ctx, chat.Lookup{User: 1, Phrases: []text.Phrase{{Terms: phrase}}, Limit: 9})
		if err != nil || len(found) != 1 || found[0].Body != bodies[want] {
			t.Errorf("%q finds %d messages, %v", phrase, len(found), err)
		}
	}
}

// exec runs a statement beside the stores.
func exec(t *testing.T, address, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), statement)
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
