package service_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/live"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/sqlite"
)

var people = []string{"ann", "bob", "cyd", "dan"}

// mortal is a store that can fail all further changes, as if the process had been killed.
type mortal struct {
	*sqlite.Store
	dead atomic.Bool
}

var errDead = errors.New("killed")

func (m *mortal) Update(ctx context.Context, fn func(chat.Tx) error) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.Update(ctx, fn)
}

// machine drives a real service and the model side by side.
type machine struct {
	left map[string]bool // people who left the group and were not removed
	*model
	t        *rapid.T
	path     string
	keys     map[string]string
	store    *mortal
	service  *service.Service
	group    chat.ConversationID
	general  chat.ConversationID
	sessions []*client
	floor    map[string]position // what is on disk for certain
	names    map[chat.UserID]string
}

// client is an open session.
type client struct {
	*service.Session
	name    string
	viewing bool
	viewed  bool     // whether it was viewing when its mailbox was last drained
	told    chat.Seq // the newest message that it got
}

func (m *machine) ctx() context.Context { return context.Background() }

func (m *machine) ok(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) start() {
	store, err := sqlite.Open(m.ctx(), m.path)
	m.ok(err)
	m.store = &mortal{Store: store}
	m.service, err = service.New(m.ctx(), m.store, live.New(), service.Options{Now: time.Now, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
	m.ok(err)
}

func (m *machine) stop() {
	for _, c := range m.sessions {
		c.Close()
	}
	m.sessions, m.here = nil, map[string]int{}
	m.service.Close("Bye.")
	m.ok(m.store.Store.Close())
}

func (m *machine) connect(name string) *client {
	s, err := m.service.Open(m.ctx(), m.keys[name])
	m.ok(err)
	c := &client{Session: s, name: name, told: m.last()}
	m.sessions = append(m.sessions, c)
	m.here[name]++
	m.deliver()
	return c
}

// any draws a session for which fits is true. If there is none, it skips the action.
func (m *machine) any(fits func(*client) bool) *client {
	found := slices.DeleteFunc(slices.Clone(m.sessions), func(c *client) bool { return !fits(c) })
	if len(found) == 0 {
		m.t.Skip("nobody")
	}
	return found[rapid.IntRange(0, len(found)-1).Draw(m.t, "session")]
}

func (m *machine) member(c *client) bool { return m.members[c.name] != nil }

func (m *machine) viewer(c *client) bool { return c.viewing && m.member(c) }

func (m *machine) someone() string { return rapid.SampledFrom(people).Draw(m.t, "name") }

// seq draws a message number, sometimes one that no message has.
func (m *machine) seq() chat.Seq {
	return chat.Seq(rapid.IntRange(-1, len(m.lines)+2).Draw(m.t, "seq"))
}

// did checks that an action succeeded if it was allowed, and was refused if not.
func (m *machine) did(err error, allowed bool) bool {
	m.t.Helper()
	if (err == nil) != allowed || err != nil && !chat.IsRefusal(err) {
		m.t.Fatalf("got %v; allowed: %v", err, allowed)
	}
	return allowed
}

func (m *machine) part(name string) {
	delete(m.members, name)
	delete(m.floor, name)
	for _, c := range m.sessions {
		if c.name == name {
			c.viewing = false
		}
	}
}

// come adds a new member to the model, and then the line about it.
func (m *machine) come(name, by string, role chat.Role) {
	m.admit(name, role)
	m.floor[name] = *m.members[name]
	for _, c := range m.sessions {
		if c.name == name {
			c.told = m.last()
		}
	}
	m.post(by, true)
}

// flushed notes that everything is on disk now.
func (m *machine) flushed() {
	for name, p := range m.members {
		m.floor[name] = *p
	}
}

// eachKeepsToTheModel is checked after every step. It compares what each session was told,
// and what each session that has the group open may see, with the model.
func (m *machine) eachKeepsToTheModel() {
	for _, c := range m.sessions {
		m.events(c)
		if !m.viewer(c) {
			continue
		}
		v, err := c.Receipts().Visit(m.ctx(), m.group)
		m.ok(err)
		p := m.members[c.name]
		if v.Seen != p.seen || v.Unread != m.count(c.name) {
			m.t.Fatalf("%s has seen %d and %d are unread; want %d and %d", c.name, v.Seen, v.Unread, p.seen, m.count(c.name))
		}
		if got, want := comparableReceipts(v.Receipts), m.receipts(c.name); !slices.Equal(got, want) {
			m.t.Fatalf("%s sees\n%+v, want\n%+v", c.name, got, want)
		}
		if v.Receipts.Withheld == m.shares(c.name) {
			m.t.Fatalf("%s shares %v but withheld is %v", c.name, m.shares(c.name), v.Receipts.Withheld)
		}
		for i, l := range m.lines {
			s := chat.Seq(i + 1)
			if got, want := v.Receipts.Tally(m.userID(l.author), s), m.tally(c.name, s); got != want {
				m.t.Fatalf("%s counts %+v for message %d, want %+v", c.name, got, s, want)
			}
		}
	}
}

func (m *machine) userID(name string) chat.UserID {
	for id, n := range m.names {
		if n == name {
			return id
		}
	}
	return 0
}

// events drains a session's mailbox. The session must get every message once while its user
// is a member, and nothing of the group afterwards.
func (m *machine) events(c *client) {
	b := c.Mailbox().Drain()
	if b.Receipts != nil && b.Receipts.Conversation == m.group && !c.viewing && !c.viewed {
		m.t.Fatalf("%s got receipts of what it does not have open", c.name)
	}
	c.viewed = c.viewing
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case chat.MessagePosted:
			if c.told++; ev.Message.Seq != c.told {
				m.t.Fatalf("%s got message %d, want %d", c.name, ev.Message.Seq, c.told)
			}
		case chat.MessageChanged:
			if p := m.members[c.name]; p != nil && ev.Message.Seq <= p.joined {
				m.t.Fatalf("%s is told of message %d, from before it came", c.name, ev.Message.Seq)
			}
		case chat.Removed:
			if m.member(c) {
				m.t.Fatalf("%s is told that it was removed", c.name)
			}
		}
	}
	if m.member(c) && c.told != m.last() {
		m.t.Fatalf("%s got messages up to %d of %d", c.name, c.told, m.last())
	}
}

// stored compares the store with the model. After a crash, the store may be behind the
// model, but must have what was certainly on disk. It may never be ahead.
func (m *machine) stored(crashed bool) {
	members, err := m.store.Members(m.ctx(), m.group)
	m.ok(err)
	if len(members) != len(m.members) {
		m.t.Fatalf("%d members are stored, want %d", len(members), len(m.members))
	}
	for _, s := range members {
		p, low := m.members[s.Name], m.floor[s.Name]
		if !crashed {
			low = *p
		}
		if s.Role != p.role || s.Joined != p.joined || s.ReceiptsOff != p.off || s.AccountReceiptsOff != m.off[s.Name] {
			m.t.Fatalf("%s is stored as %+v, want %+v", s.Name, s, p)
		}
		for _, marker := range []struct {
			name           string
			got, low, high chat.Seq
		}{
			{"delivered", s.Delivered, low.delivered, p.delivered},
			{"read", s.Read, low.read, p.read},
			{"seen", s.Seen, low.seen, p.seen},
			{"read from", s.ReadFrom, low.readFrom, p.readFrom},
		} {
			if marker.got < marker.low || marker.got > marker.high {
				m.t.Fatalf("%s of %s is stored as %d, want %d to %d", marker.name, s.Name, marker.got, marker.low, marker.high)
			}
		}
		p.delivered, p.read, p.seen, p.readFrom = s.Delivered, s.Read, s.Seen, s.ReadFrom
	}
	m.flushed()
}

// template makes a database with the accounts once, because that is slow.
func template(t *testing.T) (path string, prints map[string]string) {
	t.Helper()
	path, prints = filepath.Join(t.TempDir(), "confab.db"), map[string]string{}
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := testkit.Start(t, store, service.Options{})
	for i, name := range people {
		prints[name] = testkit.Enrol(t, s, name, i).Fingerprint()
	}
	ann, err := s.OpenScript(t.Context(), prints[people[0]])
	if err != nil {
		t.Fatal(err)
	}
	meet(t, ann, people[1:]...)
	ann.Close()
	s.Close("Bye.")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return path, prints
}
