package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/postgres"
	"confab/keys"
)

// deaf is a bus that loses everything.
type deaf struct{}

func (deaf) Publish(chat.Clock)         {}
func (deaf) News() <-chan chat.Clock    { return nil }
func (deaf) TellPeople()                {}
func (deaf) People() <-chan struct{}    { return nil }
func (deaf) TellTyping(chat.Typing)     {}
func (deaf) Typing() <-chan chat.Typing { return nil }
func (deaf) Stats() chat.BusStats       { return chat.BusStats{} }

// twoServices starts two services on one database, without a bus that works.
func twoServices(t *testing.T, o service.Options) (stores [2]*postgres.Store, services [2]*service.Service) {
	t.Helper()
	return twoServicesOn(t, cluster.Database(t), o)
}

// twoServicesOn is twoServices on a database.
func twoServicesOn(t *testing.T, address string, o service.Options) (stores [2]*postgres.Store, services [2]*service.Service) {
	t.Helper()
	for i := range services {
		store, err := postgres.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		blobs, err := store.Blobs(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o.Bus, o.Locks = deaf{}, store
		o.Files = service.FileOptions{Blobs: blobs, Max: 1 << 20, PerAccount: 1 << 20}
		stores[i], services[i] = store, testkit.Start(t, store, o)
		t.Cleanup(func() {
			services[i].Close("the test is over")
			if err := errors.Join(blobs.Close(), store.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	return stores, services
}

// runs calls a function in a goroutine until the test ends.
func runs(t *testing.T, do func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// One server leads, and the next one when it has ended or has lost its connection.
func TestOneServerLeads(t *testing.T) {
	address := cluster.Database(t)
	open := func() *postgres.Store {
		t.Helper()
		s, err := postgres.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, two := open(), open()
	defer two.Close()
	leads := func(s *postgres.Store, want bool) {
		t.Helper()
		testkit.Eventually(t, fmt.Sprintf("a server leads: %v", want), func() bool {
			got, err := s.Leads(t.Context())
			return err == nil && got == want
		})
	}
	leads(one, true)
	leads(two, false)
	leads(one, true)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	leads(two, true)
	three := open()
	defer three.Close()
	leads(three, false)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	leads(three, true)
	leads(two, false)
}

// Of two servers one deletes what has expired, and each scheduled message is posted once, although
// both look for them at the same time.
func TestJobsOfTwoServers(t *testing.T) {
	var late atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	_, s := twoServices(t, service.Options{Now: now})
	key := testkit.Enrol(t, s[0], "ann", 1)
	ann := testkit.Connect(t, s[0], key)
	general := testkit.General(t, ann)
	testkit.Send(t, ann, general, "old")
	const scheduled = 20
	for i := range scheduled {
		in := chat.Later{ID: testkit.NewID(t), Conversation: general, Body: fmt.Sprint("later ", i), At: now().Add(time.Hour), Zone: "UTC"}
		if i%2 == 1 {
			in.Conversation = 0 // a reminder
		}
		if _, err := ann.Later().Add(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	late.Store(int64(2 * time.Hour))
	var both sync.WaitGroup
	for _, one := range s {
		both.Go(func() {
			if _, err := one.DoDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	page, err := ann.Messages().After(t.Context(), general, 0, 100)
	if err != nil || len(page) != 1+scheduled/2 {
		t.Errorf("there are %d messages, %v", len(page), err)
	}
	list, err := ann.Later().List(t.Context())
	if err != nil || len(list) != scheduled/2 {
		t.Errorf("the list has %d reminders, %v", len(list), err)
	}
	late.Store(int64(48 * time.Hour))
	for _, one := range s {
		one.Accounts().SetLimits(service.Limits{}, service.FileOptions{}, 24*time.Hour)
		runs(t, one.Retain)
	}
	runsOf := func() (all int64, first, second int64) {
		first, second = s[0].Stats().ExpiryRuns, s[1].Stats().ExpiryRuns
		return first + second, first, second
	}
	testkit.Eventually(t, "one of them looks for expired messages", func() bool { all, _, _ := runsOf(); return all > 0 })
	testkit.Eventually(t, "they are deleted", func() bool {
		return s[0].Stats().ExpiredMessages+s[1].Stats().ExpiredMessages == 1+scheduled/2
	})
	if _, first, second := runsOf(); first > 0 && second > 0 {
		t.Errorf("both look for expired messages: %d and %d times", first, second)
	}
}

// The limit of an account on one server counts what it has sent through the other.
func TestThePaceHoldsOverTwoServers(t *testing.T) {
	for name, do := range map[string]func(ctx context.Context, s *service.Session, m *chat.Message, n int) error{
		"message": func(ctx context.Context, s *service.Session, m *chat.Message, n int) error {
			id, err := s.NewID()
			if err != nil {
				return err
			}
			_, err = s.Messages().Send(ctx, chat.NewMessage{ID: id, Conversation: m.Conversation, Body: fmt.Sprint("message ", n)})
			return err
		},
		"edit": func(ctx context.Context, s *service.Session, m *chat.Message, n int) error {
			_, err := s.Messages().Edit(ctx, m.Conversation, m.Seq, fmt.Sprint("edit ", n))
			return err
		},
		"reaction": func(ctx context.Context, s *service.Session, m *chat.Message, n int) error {
			_, err := s.Messages().React(ctx, m.Conversation, m.Seq, "👍", n%2 == 0)
			return err
		},
		"topic": func(ctx context.Context, s *service.Session, m *chat.Message, n int) error {
			return s.Groups().SetTopic(ctx, m.Conversation, fmt.Sprint("topic ", n))
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := twoServices(t, service.Options{})
			key := testkit.Enrol(t, s[0], "ann", 1)
			here := testkit.Connect(t, s[0], key)
			group, err := here.Groups().NewGroup(t.Context(), "ops", true, nil)
			if err != nil {
				t.Fatal(err)
			}
			m := testkit.Send(t, here, group, "hello")
			// A server applies what the others have done before it lets a session in.
			testkit.Connect(t, s[1], key)
			for _, one := range s {
				one.Accounts().SetLimits(service.Limits{Messages: 6}, service.FileOptions{}, 0) // three at once
			}
			for n := range 3 {
				if err := do(t.Context(), here, m, n); err != nil {
					t.Fatal(err)
				}
			}
			if err := do(t.Context(), testkit.Connect(t, s[1], key), m, 3); !errors.Is(err, chat.ErrTooFast) {
				t.Errorf("on the other server, one more gets the answer %v", err)
			}
		})
	}
}

// The files of an account fit into its space even if they arrive through two servers at once.
func TestTheSpaceForFilesHoldsOverTwoServers(t *testing.T) {
	_, s := twoServices(t, service.Options{})
	key := testkit.Enrol(t, s[0], "ann", 1)
	var uploads [2]*service.Upload
	for i := range uploads {
		ann := testkit.Connect(t, s[i], key)
		u, err := ann.Files().Attach(t.Context(), testkit.General(t, ann), fmt.Sprint("file ", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.WriteAt(make([]byte, 600<<10), 0); err != nil { // the space is 1 MiB
			t.Fatal(err)
		}
		uploads[i] = u
	}
	if _, err := uploads[0].Commit(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := uploads[1].Commit(t.Context()); !errors.Is(err, chat.ErrTooLarge) || !chat.IsRefusal(err) {
		t.Errorf("a second file for which there is no room gets the answer %v", err)
	}
}

// ends are what a host does to somebody so that the sessions end.
var ends = []struct {
	name     string
	do, undo func(ctx context.Context, on *service.Service, key keys.Key) error
}{
	{"kick", func(ctx context.Context, on *service.Service, _ keys.Key) error {
		return on.Host().Kick(ctx, "bob", "")
	}, nil},
	{"ban", func(ctx context.Context, on *service.Service, _ keys.Key) error {
		_, err := on.Host().Ban(ctx, "@bob", time.Hour, "")
		return err
	}, func(ctx context.Context, on *service.Service, _ keys.Key) error { return on.Host().Unban(ctx, "@bob") }},
	{"disable", func(ctx context.Context, on *service.Service, _ keys.Key) error {
		return on.Host().SetDisabled(ctx, "bob", true, "")
	}, func(ctx context.Context, on *service.Service, _ keys.Key) error {
		return on.Host().SetDisabled(ctx, "bob", false, "")
	}},
	{"revoke", func(ctx context.Context, on *service.Service, key keys.Key) error {
		_, err := on.Accounts().RevokeKey(ctx, key.Fingerprint())
		return err
	}, nil},
}

// What ends sessions on one server ends them on the other within a second, although every
// notification is lost. A busy machine gets three tries.
func TestSessionsEndOnTheOtherServer(t *testing.T) {
	_, s := twoServices(t, service.Options{})
	testkit.Enrol(t, s[0], "ann", 1)
	runs(t, s[1].TailChanges)
	n := 1
	for _, end := range ends {
		const soon, tries = time.Second, 3
		var took time.Duration
		for try := 0; try < tries && (try == 0 || took > soon); try++ {
			n++
			key := testkit.Key(t, n) // revoked keys cannot come back
			testkit.Add(t, s[0], "bob", key)
			bob := testkit.Connect(t, s[1], key)
			if err := end.do(t.Context(), s[0], key); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			testkit.Within(t, end.name+" ends the session", bob.Mailbox().Ended())
			took = time.Since(began)
			if end.undo != nil {
				if err := end.undo(t.Context(), s[0], key); err != nil {
					t.Fatal(err)
				}
			}
		}
		if took > soon {
			t.Errorf("after %s, the session ends only after %v", end.name, took)
		}
	}
}

// A server that has not heard yet of a ban, a disabled account or a revoked key takes nothing of
// the account all the same.
func TestNothingIsTakenAfterABanElsewhere(t *testing.T) {
	for _, end := range ends[1:] {
		t.Run(end.name, func(t *testing.T) {
			_, s := twoServices(t, service.Options{})
			testkit.Enrol(t, s[0], "ann", 1)
			key := testkit.Enrol(t, s[0], "bob", 2)
			bob := testkit.Connect(t, s[1], key)
			general := testkit.General(t, bob)
			m := testkit.Send(t, bob, general, "before")
			upload, err := bob.Files().Attach(t.Context(), general, "a.txt")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := upload.WriteAt([]byte("x"), 0); err != nil {
				t.Fatal(err)
			}
			if err := end.do(t.Context(), s[0], key); err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			_, sent := bob.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: "after"})
			_, edited := bob.Messages().Edit(ctx, general, m.Seq, "changed")
			_, reacted := bob.Messages().React(ctx, general, m.Seq, "👍", true)
			_, uploaded := upload.Commit(ctx)
			_, deleted := bob.Messages().Delete(ctx, general, m.Seq)
			_, founded := bob.Groups().NewGroup(ctx, "mine", true, nil)
			for doing, err := range map[string]error{"a message": sent, "an edit": edited, "a reaction": reacted, "a file": uploaded, "a deletion": deleted, "a group": founded} {
				if !chat.IsRefusal(err) {
					t.Errorf("%s gets the answer %v", doing, err)
				}
			}
		})
	}
}

// The messages that share a transaction are written by one statement, whatever else the server
// has to look up for each of them. All rows of one statement have the same cmin.
func TestMessagesOfATransactionAreWrittenTogether(t *testing.T) {
	address := cluster.Database(t)
	_, services := twoServicesOn(t, address, service.Options{})
	const senders = 16
	var people [senders]*service.Session
	for i := range people {
		people[i] = testkit.Connect(t, services[0], testkit.Enrol(t, services[0], fmt.Sprintf("user-%d", i), i))
	}
	general := testkit.General(t, people[0])
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	testkit.Eventually(t, "several messages share a transaction", func() bool {
		var all sync.WaitGroup
		for _, p := range people {
			all.Go(func() {
				if _, err := p.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: "hello"}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		var most, statements int
		err := conn.QueryRow(t.Context(), "SELECT max(n), max(statements) FROM (SELECT count(*) AS n, count(DISTINCT cmin::text) AS statements FROM messages WHERE change = '' GROUP BY xmin::text) AS written").Scan(&most, &statements)
		if err != nil || statements > 1 {
			t.Fatalf("a transaction has written its messages with %d statements, %v", statements, err)
		}
		return most > 1
	})
}
