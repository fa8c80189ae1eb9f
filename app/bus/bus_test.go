package bus_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"confab/app/bus"
	"confab/app/bus/natsbus"
	"confab/app/bus/natsbus/natstest"
	"confab/app/chat"
	"confab/app/testkit"
	"confab/db/postgres"
	"confab/db/postgres/pgtest"
)

// cluster has a database for each test.
var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// way is a way between servers.
type way struct {
	carrier func(t *testing.T) bus.Carrier
	say     func(t *testing.T, text string) // as somebody else who may write there
	cut     func(t *testing.T)              // breaks the connections of all servers
}

// ways are all ways between servers.
var ways = map[string]func(t *testing.T) way{
	"NOTIFY": overNotify,
	"NATS":   overNATS,
}

func overNotify(t *testing.T) way {
	address := cluster.Empty(t)
	run := func(t *testing.T, statement string, args ...any) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	return way{
		carrier: func(t *testing.T) bus.Carrier {
			s, err := postgres.Open(t.Context(), address+"&application_name=bus")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s.Notifications()
		},
		say: func(t *testing.T, text string) { run(t, "SELECT pg_notify('confab', $1)", text) },
		cut: func(t *testing.T) {
			run(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bus' AND query LIKE 'LISTEN%'")
		},
	}
}

func overNATS(t *testing.T) way {
	s := natstest.New(nil)
	start := func(t *testing.T) {
		t.Helper()
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	start(t)
	t.Cleanup(s.Stop)
	return way{
		carrier: func(*testing.T) bus.Carrier {
			return natsbus.New(natsbus.Options{Address: "nats://" + s.Addr()}, func(context.Context) (string, error) { return "id", nil })
		},
		say: func(t *testing.T, text string) {
			c, err := nats.Connect("nats://" + s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Publish("confab.id", []byte(text)); err != nil {
				t.Fatal(err)
			}
		},
		cut: func(t *testing.T) { s.Stop(); start(t) },
	}
}

// onEachWay runs a test with each carrier.
func onEachWay(t *testing.T, test func(t *testing.T, w way)) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { test(t, way(t)) })
	}
}

// begin starts a bus, which has heard that there may be news.
func begin(t *testing.T, w way) (*bus.Bus, *testkit.Log) {
	t.Helper()
	log := new(testkit.Log)
	b := bus.New(w.carrier(t), slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(b.Close)
	hears(t, b, chat.Clock{})
	testkit.Within(t, "a look at who is connected", b.People())
	return b, log
}

// hears waits for news.
func hears(t *testing.T, b *bus.Bus, want chat.Clock) {
	t.Helper()
	if got := testkit.Within(t, "news", b.News()); got != want {
		t.Errorf("the database should be at %+v, want %+v", got, want)
	}
}

// A bus tells the others what is new, and not the server itself. Nothing is lost by a broken
// connection, because there may be news after it.
func TestABusTellsTheOthers(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		one, logOne := begin(t, w)
		two, _ := begin(t, w)
		one.Publish(chat.Clock{Messages: 1})
		hears(t, two, chat.Clock{Messages: 1})
		two.TellPeople()
		testkit.Within(t, "people", one.People())
		two.TellTyping(chat.Typing{Conversation: 3, User: 2, Name: "bob", Sent: "45 %"})
		if got := testkit.Within(t, "somebody who types", one.Typing()); got != (chat.Typing{Conversation: 3, User: 2}) {
			t.Errorf("%+v is typing", got)
		}
		w.cut(t)
		hears(t, one, chat.Clock{})
		hears(t, two, chat.Clock{})
		two.Publish(chat.Clock{Messages: 2, Changes: 5})
		hears(t, one, chat.Clock{Messages: 2, Changes: 5})
		if got := logOne.String(); strings.Count(got, "level=ERROR") != 1 || strings.Count(got, "works again") != 1 {
			t.Errorf("the log has %s", got)
		}
		select {
		case <-two.News():
			t.Error("a server hears its own news")
		default:
		}
		if s := one.Stats(); s != (chat.BusStats{}) {
			t.Errorf("the bus is %+v", s)
		}
	})
}

// A server that stops first sends what it still has to say.
func TestABusSaysItsLastWords(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		one, _ := begin(t, w)
		two := bus.New(w.carrier(t), slog.New(slog.DiscardHandler))
		hears(t, two, chat.Clock{})
		two.Publish(chat.Clock{Messages: 7})
		two.TellPeople()
		two.Close()
		hears(t, one, chat.Clock{Messages: 7})
		testkit.Within(t, "people", one.People())
		if !two.Stats().Away {
			t.Error("a bus that is closed hears something")
		}
	})
}

// Others may be able to write where the servers do. Nonsense wakes nobody, and is counted.
func TestNonsenseIsRefused(t *testing.T) {
	onEachWay(t, func(t *testing.T, w way) {
		one, log := begin(t, w)
		nonsense := []string{
			"", "news", "null[", `"text"`, `[]`, `{"clock":7}`, `{"from":"nobody"}`, `{"clock":{"Messages":-1}}`, `{"clock":{}}`, `{"clock":{"Messages":1e400}}`,
			`{"typing":{"user":"bob"}}`, `{"typing":{"conversation":99999999999999999999}}`, "\xff\x1b]0;x\a"[1:], `{"clock":{"Messages":9},"x":"` + strings.Repeat("x", 4000) + `"}`,
		}
		for _, text := range nonsense {
			w.say(t, text)
		}
		testkit.Eventually(t, "what is counted", func() bool { return one.Stats().Refused == int64(len(nonsense)) })
		w.say(t, `{"clock":{"Messages":3},"unknown":1}`)
		hears(t, one, chat.Clock{Messages: 3})
		select {
		case <-one.People():
			t.Error("nonsense says that somebody has come")
		case got := <-one.Typing():
			t.Errorf("nonsense says that %+v is typing", got)
		default:
		}
		if n := strings.Count(log.String(), "not from a server"); n != 1 {
			t.Errorf("the log has that %d times:\n%s", n, log)
		}
	})
}

// News that waits is joined: the furthest clock, or that nobody knows.
func TestNewsIsJoined(t *testing.T) {
	w := overNATS(t)
	one, _ := begin(t, w)
	two, _ := begin(t, w)
	one.Publish(chat.Clock{Messages: 5, Changes: 1})
	testkit.Eventually(t, "news", func() bool { return len(two.News()) == 1 })
	one.Publish(chat.Clock{Messages: 4, Changes: 2})
	one.TellPeople()
	testkit.Within(t, "people", two.People()) // were said after the clock, or before it
	one.TellTyping(chat.Typing{User: 1})
	testkit.Within(t, "typing", two.Typing())
	testkit.Eventually(t, "both", func() bool { return len(two.News()) == 1 })
	got := <-two.News()
	if got.Messages != 5 {
		t.Errorf("the news is %+v", got)
	}
	two.Publish(chat.Clock{Messages: 9})
	testkit.Eventually(t, "news", func() bool { return len(one.News()) == 1 })
	w.cut(t)
	testkit.Eventually(t, "the zero clock", func() bool {
		select {
		case now := <-one.News():
			return now == chat.Clock{}
		default:
			return false
		}
	})
}
