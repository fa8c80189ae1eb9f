package service_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/live"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/sqlite"
	"confab/keys"
)

// Whatever changes one process makes, the sessions of another process that reads the record
// end up in the same state as those of the first one.
func TestTheRecordDoesAsTheChangesThemselves(t *testing.T) {
	made := t.TempDir()
	fewer(t, "20")
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(made, "")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := &twins{t: r, ctx: t.Context(), path: filepath.Join(dir, "confab.db")}
		defer w.close()
		w.begin(t)
		r.Repeat(w.actions())
	})
}

// twins are two processes with the same sessions. All changes are made in the first.
type twins struct {
	t         *rapid.T
	ctx       context.Context
	path      string
	services  [2]*service.Service
	stores    [2]*sqlite.Store
	keys      []keys.Key
	sessions  map[int][2]*service.Session // the open sessions, by key
	group     chat.ConversationID
	guests    int
	strangers []keys.Key
}

func (w *twins) ok(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

func (w *twins) begin(t *testing.T) {
	w.sessions = map[int][2]*service.Session{}
	for i := range w.services {
		var err error
		w.stores[i], err = sqlite.Open(w.ctx, w.path)
		w.ok(err)
		w.services[i], err = service.New(w.ctx, w.stores[i], live.New(), service.Options{Now: time.Now, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
		w.ok(err)
	}
	for i, name := range people {
		w.keys = append(w.keys, testkit.Key(t, i))
		_, err := w.services[0].Accounts().AddKeys(w.ctx, name, w.keys[i:])
		w.ok(err)
	}
	for i := range 20 {
		w.strangers = append(w.strangers, testkit.Key(t, 1000+i))
	}
	owner, err := w.services[0].Open(w.ctx, w.keys[0].Fingerprint())
	w.ok(err)
	w.group, err = owner.Groups().NewGroup(w.ctx, "ops", true, nil)
	w.ok(err)
	var all []*service.Session
	for _, k := range w.keys {
		s, err := w.services[0].Open(w.ctx, k.Fingerprint())
		w.ok(err)
		_, err = s.Groups().Join(w.ctx, "ops")
		w.ok(err)
		all = append(all, s)
	}
	for i := range 4 {
		_, err := owner.Messages().Send(w.ctx, chat.NewMessage{ID: uuid.Must(uuid.NewV7()), Conversation: w.group, Body: fmt.Sprint(i)})
		w.ok(err)
	}
	for _, s := range all { // all have read it, so there are receipts to withdraw
		w.ok(s.Receipts().ReadUpTo(w.ctx, w.group, 8))
		s.Close()
	}
	owner.Close()
	w.ok(w.services[1].CatchUp(w.ctx))
	for i := range w.keys {
		w.connect(i)
	}
}

func (w *twins) close() {
	for i, s := range w.services {
		if s != nil {
			s.Close("Bye.")
		}
		if w.stores[i] != nil {
			w.ok(w.stores[i].Close())
		}
	}
}

// connect opens a session in both processes. Both must allow or both must refuse it.
func (w *twins) connect(i int) {
	var pair [2]*service.Session
	var refused [2]string
	for n, service := range w.services {
		s, err := service.OpenAs(w.ctx, chat.Login{Key: w.keys[i].Fingerprint(), From: netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", i+1))})
		refused[n] = chat.UserText(err)
		if err != nil && !chat.IsRefusal(err) && !errors.Is(err, chat.ErrNotFound) {
			w.t.Fatal(err)
		}
		if pair[n] = s; err != nil {
			continue
		}
		if _, err := s.Receipts().Visit(w.ctx, w.group); err != nil && !chat.IsRefusal(err) {
			w.t.Fatal(err)
		}
	}
	if refused[0] != refused[1] {
		w.t.Fatalf("one refuses with %q, the other with %q", refused[0], refused[1])
	}
	if pair[0] == nil {
		return
	}
	w.ok(w.services[1].CatchUp(w.ctx)) // the visit in the first may have opened the group
	for _, s := range pair {
		s.Mailbox().Drain()
	}
	w.sessions[i] = pair
}

// any returns a session of the first process.
func (w *twins) any() *service.Session {
	var open []int
	for i := range w.keys {
		if _, is := w.sessions[i]; is {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		w.t.Skip("nobody is there")
	}
	return w.sessions[rapid.SampledFrom(open).Draw(w.t, "who")][0]
}

func (w *twins) name() string { return rapid.SampledFrom(people).Draw(w.t, "name") }

func (w *twins) seq() chat.Seq { return chat.Seq(rapid.IntRange(1, 20).Draw(w.t, "message")) }

// own returns a message that the session's user wrote, if there is one.
func (w *twins) own(s *service.Session) chat.Seq {
	page, err := s.Messages().Before(w.ctx, w.group, 1<<40, 100)
	if chat.IsRefusal(err) {
		w.t.Skip("no member")
	}
	w.ok(err)
	var own []chat.Seq
	for _, m := range page {
		if m.AuthorName == s.User().Name && m.Counts() {
			own = append(own, m.Seq)
		}
	}
	if len(own) == 0 {
		w.t.Skip("has written nothing")
	}
	return rapid.SampledFrom(own).Draw(w.t, "message")
}

func (w *twins) edit() error {
	s := w.any()
	_, err := s.Messages().Edit(w.ctx, w.group, w.own(s), rapid.StringMatching("[a-z]{3}").Draw(w.t, "text"))
	return err
}

func (w *twins) react() error {
	emoji := rapid.SampledFrom([]string{":tada:", ":+1:"}).Draw(w.t, "emoji")
	_, err := w.any().Messages().React(w.ctx, w.group, w.seq(), emoji, w.on())
	return err
}

func (w *twins) on() bool { return rapid.Bool().Draw(w.t, "on") }

// target returns the target of a ban, which is never ann.
func (w *twins) target() string {
	i := rapid.IntRange(1, len(people)-1).Draw(w.t, "target")
	return rapid.SampledFrom([]string{"@" + people[i], w.keys[i].Fingerprint(), fmt.Sprintf("192.0.2.%d", i+1)}).Draw(w.t, "of it")
}

func (w *twins) actions() map[string]func(*rapid.T) {
	acts := map[string]func() error{
		"send": func() error {
			_, err := w.any().Messages().Send(w.ctx, chat.NewMessage{ID: uuid.Must(uuid.NewV7()), Conversation: w.group, Body: "hello"})
			return err
		},
		"edit": w.edit, "edit again": w.edit,
		"react": w.react, "react again": w.react,
		"delete": func() error {
			s := w.any()
			seq := w.own(s)
			_, err := s.Messages().Delete(w.ctx, w.group, seq)
			return err
		},
		"add":      func() error { return w.any().Groups().AddMembers(w.ctx, w.group, []string{w.name()}) },
		"remove":   func() error { return w.any().Groups().RemoveMember(w.ctx, w.group, w.name()) },
		"join":     func() error { _, err := w.any().Groups().Join(w.ctx, "ops"); return err },
		"leave":    func() error { return w.any().Groups().Leave(w.ctx, w.group) },
		"role":     func() error { return w.any().Groups().SetRole(w.ctx, w.group, w.name(), chat.RoleAdmin) },
		"topic":    func() error { return w.any().Groups().SetTopic(w.ctx, w.group, "topic") },
		"history":  func() error { return w.any().Groups().Configure(w.ctx, w.group, chat.SettingHistory, w.on()) },
		"pin":      func() error { return w.any().Groups().KeepAtTop(w.ctx, w.group, w.on()) },
		"unread":   func() error { return w.any().Receipts().MarkUnread(w.ctx, w.group, w.seq()) },
		"share":    func() error { return w.any().Receipts().ShareReceipts(w.ctx, w.group, w.on()) },
		"shareAll": func() error { return w.any().Receipts().ShareReceipts(w.ctx, 0, w.on()) },
		"direct":   func() error { _, err := w.any().Groups().Direct(w.ctx, w.name()); return err },
		"show": func() error {
			return w.any().Account().SetDisplayName(w.ctx, rapid.StringMatching("[A-Z]{3}").Draw(w.t, "name"))
		},
		"status": func() error {
			return w.any().Account().SetStatus(w.ctx, chat.Status{Text: rapid.SampledFrom([]string{"", "at lunch", "ill"}).Draw(w.t, "status")})
		},
		"handle": func() error {
			return w.any().Account().SetHandle(w.ctx, rapid.StringMatching("[f-h][a-z]{5}").Draw(w.t, "name"))
		},
		"kick":    func() error { return w.services[0].Host().Kick(w.ctx, w.name(), "off topic") },
		"ban":     func() error { _, err := w.services[0].Host().Ban(w.ctx, w.target(), 0, "spam"); return err },
		"unban":   func() error { return w.services[0].Host().Unban(w.ctx, w.target()) },
		"disable": func() error { return w.services[0].Host().SetDisabled(w.ctx, w.name(), w.on(), "") },
		"remove account": func() error {
			_, err := w.services[0].Host().DeleteUser(w.ctx, rapid.SampledFrom(people[3:]).Draw(w.t, "name"), w.on())
			return err
		},
		"block":   func() error { _, err := w.any().Contacts().Block(w.ctx, w.name()); return err },
		"unblock": func() error { _, err := w.any().Contacts().Unblock(w.ctx, w.name()); return err },
		"server role": func() error {
			return w.services[0].Host().SetRole(w.ctx, w.name(), rapid.SampledFrom([]chat.Role{chat.RoleAdmin, chat.RoleMember}).Draw(w.t, "role"))
		},
		"ask": w.ask,
		"answer": func() error {
			s := w.any()
			waiting, err := s.Admission().JoinRequests(w.ctx)
			if err != nil || len(waiting) == 0 {
				return err
			}
			_, err = s.Admission().AnswerRequest(w.ctx, waiting[0].ID, w.on())
			return err
		},
	}
	with := map[string]func(*rapid.T){"": w.same}
	for name, do := range acts {
		with[name] = func(t *rapid.T) {
			w.t = t
			if err := do(); err != nil && !chat.IsRefusal(err) {
				t.Fatal(err)
			}
		}
	}
	return with
}

// ask makes a request to join for a new stranger.
func (w *twins) ask() error {
	w.guests++
	name := fmt.Sprintf("guest%c", 'a'+w.guests%20)
	v := w.services[0].Joining().Visit(w.strangers[w.guests%len(w.strangers)], netip.MustParseAddr("203.0.113.1"), nil)
	defer v.Close()
	return v.Ask(w.ctx, name, "hello")
}

// same compares the sessions of both processes.
func (w *twins) same(t *rapid.T) {
	w.t = t
	w.ok(w.services[1].CatchUp(w.ctx))
	for i, pair := range w.sessions {
		var told [2][]string
		var ended [2]string
		for n, s := range pair {
			b := s.Mailbox().Drain()
			ended[n] = b.Ended
			if b.Resync {
				t.Fatal("it has missed something")
			}
			for _, ev := range b.Events {
				told[n] = append(told[n], words(ev)...)
			}
		}
		if ended[0] != ended[1] || !reflect.DeepEqual(told[0], told[1]) {
			t.Fatalf("%s is told\n%q, the end %q; in the other process\n%q, the end %q", people[i], told[0], ended[0], told[1], ended[1])
		}
		if ended[0] != "" {
			pair[0].Close()
			pair[1].Close()
			delete(w.sessions, i)
			continue
		}
		for user := range chat.UserID(len(people) + 1) {
			if pair[0].Contacts().HasBlocked(user) != pair[1].Contacts().HasBlocked(user) {
				t.Fatalf("%s has blocked %d in one of the processes", people[i], user)
			}
		}
		if a, b := pair[0].User().Name, pair[1].User().Name; a != b {
			t.Fatalf("%s is %s in the other process", a, b)
		}
		w.sameVisit(pair)
	}
	for i := range w.keys {
		if _, is := w.sessions[i]; !is {
			w.connect(i)
		}
	}
}

func (w *twins) sameVisit(pair [2]*service.Session) {
	var visits [2]chat.Visit
	var refused [2]string
	for n, s := range pair {
		v, err := s.Receipts().Visit(w.ctx, w.group)
		if err != nil && !chat.IsRefusal(err) {
			w.t.Fatal(err)
		}
		refused[n], visits[n] = chat.UserText(err), v
		if v.Receipts == nil {
			continue
		}
		members := append([]chat.MemberReceipt(nil), v.Receipts.Members...)
		for i := range members { // each process moves these by itself
			members[i].Delivered, members[i].ReadAt = 0, time.Time{}
		}
		visits[n].Receipts = &chat.Receipts{Members: members, Withheld: v.Receipts.Withheld, Named: v.Receipts.Named}
	}
	if refused[0] != refused[1] || !reflect.DeepEqual(visits[0], visits[1]) {
		w.t.Fatalf("%s finds %q %+v %+v; in the other process %q %+v %+v", pair[0].User().Name,
			refused[0], visits[0], visits[0].Receipts, refused[1], visits[1], visits[1].Receipts)
	}
}

// words formats the part of an event that is the same in both processes. Posted messages
// are not recorded, and each process has its own typing and presence.
func words(ev chat.Event) []string {
	switch ev := ev.(type) {
	case chat.MessagePosted, chat.PresenceChanged, chat.Typing:
		return nil
	case chat.MessageChanged:
		m := ev.Message
		return []string{fmt.Sprintf("message %d is %q, edited %d, deleted %t, %v", m.Seq, m.Body, m.EditedAt.UnixMilli(), m.Deleted(), m.ReactionKinds())}
	case chat.Reacted:
		kinds := ev.Message.ReactionKinds()
		ev.Message = nil
		return []string{fmt.Sprintf("%+v, and there are %v", ev, kinds)}
	case chat.StatusSet:
		return []string{fmt.Sprintf("status of %d is %q", ev.User, ev.Status.Text)}
	case chat.UserDeleted:
		return []string{fmt.Sprintf("deleted %d %t %d", ev.User, ev.Purged, ev.At.UnixMilli())}
	default:
		return []string{fmt.Sprintf("%T%+v", ev, ev)}
	}
}
