package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"confab/app/bus"
	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/postgres"
)

// mangled is a carrier that does something to what arrives.
type mangled struct {
	bus.Carrier
	pass func(text []byte, hear func([]byte))
}

func (m mangled) Listen(ctx context.Context, ready func(), hear func([]byte)) error {
	return m.Carrier.Listen(ctx, ready, func(text []byte) { m.pass(text, hear) })
}

// wrongs are what a bus may do.
var wrongs = map[string]func() func(text []byte, hear func([]byte)){
	"nothing": func() func([]byte, func([]byte)) {
		return func(text []byte, hear func([]byte)) { hear(text) }
	},
	"drop every third": func() func([]byte, func([]byte)) {
		n := 0
		return func(text []byte, hear func([]byte)) {
			if n++; n%3 != 0 {
				hear(text)
			}
		}
	},
	"drop everything": func() func([]byte, func([]byte)) {
		return func([]byte, func([]byte)) {}
	},
	"deliver twice": func() func([]byte, func([]byte)) {
		return func(text []byte, hear func([]byte)) { hear(text); hear(text) }
	},
	"deliver reversed": func() func([]byte, func([]byte)) {
		var waiting [][]byte
		return func(text []byte, hear func([]byte)) {
			if waiting = append(waiting, slices.Clone(text)); len(waiting) < 4 {
				return
			}
			for _, text := range slices.Backward(waiting) {
				hear(text)
			}
			waiting = nil
		}
	},
}

const (
	nodes = 3
	each  = 60 // messages of each
)

// Three servers write at once. Whatever the bus does, everybody gets all messages in the order of
// their numbers, each once: the database is the log.
func TestTheBusOnlyWakes(t *testing.T) {
	w := overNATS(t)
	for name, wrong := range wrongs {
		t.Run(name, func(t *testing.T) { writeAtOnce(t, w, wrong) })
	}
}

func writeAtOnce(t *testing.T, w way, wrong func() func([]byte, func([]byte))) {
	address := cluster.Empty(t)
	var people []*person
	for i := range nodes {
		n := serve(t, address, mangled{w.carrier(t), wrong()})
		people = append(people, &person{Session: testkit.Connect(t, n, testkit.Enrol(t, n, fmt.Sprint("person", i), i+1))})
	}
	general := testkit.General(t, people[0].Session)
	reading, stop := context.WithCancel(t.Context())
	var readers, writers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	for _, p := range people {
		readers.Go(func() { p.read(reading) })
	}
	for _, p := range people {
		writers.Go(func() {
			for n := range each {
				testkit.Send(t, p.Session, general, fmt.Sprint("message ", n))
			}
		})
	}
	writers.Wait()
	for i, p := range people {
		wrong, complete := false, false
		testkit.Soon(func() bool { wrong, complete = p.has(); return wrong || complete })
		if wrong || !complete {
			t.Errorf("person %d has got the numbers %v", i, p.numbers())
		}
	}
}

// serve starts a server.
func serve(t *testing.T, address string, c bus.Carrier) *service.Service {
	t.Helper()
	store, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	b := bus.New(c, slog.New(slog.DiscardHandler))
	s := testkit.Start(t, store, service.Options{Bus: b, Roster: store.Roster(b.TellPeople), Locks: store})
	ctx, stop := context.WithCancel(t.Context())
	var tail sync.WaitGroup
	tail.Go(func() { _ = s.TailChanges(ctx) })
	t.Cleanup(func() {
		stop()
		tail.Wait()
		s.Close("the test is over")
		b.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// person has a session and notes the numbers of the messages that it gets.
type person struct {
	*service.Session
	mu  sync.Mutex
	got []chat.Seq
}

// read takes what arrives until ctx ends. Each mailbox has room for everything.
func (p *person) read(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.Mailbox().Wake():
		}
		p.mu.Lock()
		for _, e := range p.Mailbox().Drain().Events {
			if posted, ok := e.(chat.MessagePosted); ok {
				p.got = append(p.got, posted.Message.Seq)
			}
		}
		p.mu.Unlock()
	}
}

func (p *person) numbers() []chat.Seq {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// has reports whether a person has missed a message or got one twice, or has got all.
func (p *person) has() (wrong, all bool) {
	got := p.numbers()
	for i, n := range got {
		wrong = wrong || n != got[0]+chat.Seq(i)
	}
	return wrong, len(got) == nodes*each
}
