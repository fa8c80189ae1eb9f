package service_test

import (
	"errors"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
	"confab/keys"
)

// script opens a session for a script of the nth member of a crowd.
func script(t *testing.T, s *service.Service, n int) *service.Session {
	t.Helper()
	session, err := s.OpenScript(t.Context(), testkit.Key(t, n).Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

// A script does not make its user online, and delivers nothing, until it follows conversations.
func TestAScriptIsNotThere(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	testkit.Enrol(t, s, "bob", 2)
	id := testkit.General(t, ann)
	m := testkit.Send(t, ann, id, "hello")
	state := func() (chat.Presence, bool) {
		t.Helper()
		people, err1 := ann.Contacts().People(t.Context())
		d, err2 := ann.Receipts().Details(t.Context(), id, m.Seq)
		if err := errors.Join(err1, err2); err != nil || len(people) != 2 || len(d.Members) != 1 {
			t.Fatal(people, d, err)
		}
		return people[1].Presence, d.Members[0].Delivered
	}
	bob := script(t, s, 2)
	if own := testkit.Send(t, bob, id, "from a job"); own.Seq != m.Seq+1 {
		t.Errorf("it posts %+v", own)
	}
	if list, err := bob.Groups().Conversations(t.Context()); err != nil || list[0].Unread != 1 {
		t.Errorf("after it has sent, %+v, %v", list, err)
	}
	if p, delivered := state(); p != chat.Offline || delivered {
		t.Errorf("it makes its user %v, and delivers: %t", p, delivered)
	}
	bob.Receipts().Received(id, m.Seq)
	if p, delivered := state(); p != chat.Offline || !delivered {
		t.Errorf("after it has got it, its user is %v, delivered: %t", p, delivered)
	}
	if err := bob.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, _ := state(); p != chat.Online {
		t.Errorf("after it follows, its user is %v", p)
	}
	testkit.Send(t, ann, id, "live")
	if got := received(bob, 1); got[0].Body != "live" {
		t.Errorf("it gets %v", got)
	}
	bob.Close()
	if p, _ := state(); p != chat.Offline {
		t.Errorf("after its end its user is %v", p)
	}
}

// Scripts end as screens do.
func TestAScriptMustEnd(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	testkit.Enrol(t, s, "ann", 1)
	ann := script(t, s, 1)
	select {
	case <-ann.Mailbox().Ended():
		t.Fatal("it ends at once")
	default:
	}
	s.Close("over")
	<-ann.Mailbox().Ended()
	if b := ann.Mailbox().Drain(); b.Ended != "over" {
		t.Errorf("it ends with %+v", b)
	}
	late := script(t, s, 1)
	<-late.Mailbox().Ended()
	if _, err := s.OpenScript(t.Context(), testkit.Key(t, 5).Fingerprint()); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("an unknown key: %v", err)
	}
}

// A script moves read markers, whether or not a screen has the conversation open. They
// only move forward.
func TestReadUpTo(t *testing.T) {
	for _, watched := range []bool{false, true} {
		s := testkit.Open(t, t.TempDir())
		ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
		bobs := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
		id := testkit.General(t, ann)
		for range 5 {
			testkit.Send(t, ann, id, "hello")
		}
		if watched {
			visit(t, ann, id)
		}
		bob := script(t, s, 2)
		for _, c := range []struct{ to, want chat.Seq }{{2, 2}, {1, 2}, {4, 4}, {99, 5}, {3, 5}, {0, 5}} {
			if err := bob.Receipts().ReadUpTo(t.Context(), id, c.to); err != nil {
				t.Fatal(err)
			}
			list, err := bob.Groups().Conversations(t.Context())
			if err != nil || list[0].Mine.Seen != c.want || list[0].Mine.Read != c.want || list[0].Unread != int(5-c.want) {
				t.Errorf("watched %t: after reading up to %d it is %+v, %v", watched, c.to, list[0], err)
			}
		}
		untilEvent(t, bobs, func(ev chat.SeenMoved) bool { return ev.Seen == 5 })
		if watched {
			untilReceipts(t, ann, "bob has read all", func(r *chat.Receipts) bool { return of(r, "bob").Read == 5 })
		}
		d, err := ann.Receipts().Details(t.Context(), id, 5)
		if err != nil || !d.Members[0].Read || d.Members[0].ReadAt.IsZero() {
			t.Errorf("watched %t: details are %+v, %v", watched, d, err)
		}
		// Receipts that are turned off stay off.
		if err := bobs.Receipts().ShareReceipts(t.Context(), 0, false); err != nil {
			t.Fatal(err)
		}
		last := testkit.Send(t, ann, id, "secretly")
		if err := bob.Receipts().ReadUpTo(t.Context(), id, last.Seq); err != nil {
			t.Fatal(err)
		}
		if list, err := bob.Groups().Conversations(t.Context()); err != nil || list[0].Mine.Read != 0 || list[0].Unread != 0 {
			t.Errorf("watched %t: with receipts off it is %+v, %v", watched, list[0], err)
		}
		if err := bob.Receipts().ReadUpTo(t.Context(), id+100, 1); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("a conversation of others: %v", err)
		}
	}
}

func TestFind(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	ops := group(t, ann, "ops")
	direct, err := ann.Groups().Direct(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	l, err := ann.Groups().Find(t.Context(), "#OPS")
	if err != nil || l.ID != ops {
		t.Fatal(l, err)
	}
	for target, want := range map[string]chat.ConversationID{"ops": ops, " #ops ": ops, l.UID.String(): ops, "@bob": direct, "@BOB": direct} {
		if l, err := ann.Groups().Find(t.Context(), target); err != nil || l.ID != want || l.Title() == "@" {
			t.Errorf("%q is %+v, %v", target, l, err)
		}
	}
	if l, err := bob.Groups().Find(t.Context(), "@ann"); err != nil || l.ID != direct || l.Other.Name != "ann" {
		t.Errorf("to bob it is %+v, %v", l, err)
	}
	for _, target := range []string{"#ops", l.UID.String(), "@bob", "@nobody", "#nothing", testkit.NewID(t).String()} {
		if _, err := bob.Groups().Find(t.Context(), target); !errors.Is(err, chat.ErrNotFound) || !chat.IsRefusal(err) {
			t.Errorf("bob finds %q: %v", target, err)
		}
	}
	for _, target := range []string{"", "#", "#a b", "\x1b"} {
		if _, err := bob.Groups().Find(t.Context(), target); !errors.Is(err, text.ErrInvalid) {
			t.Errorf("%q: %v", target, err)
		}
	}
}

// Receipts leave out bots.
func TestBotsDoNotCount(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	if _, err := s.Accounts().AddBot(t.Context(), "robot", []keys.Key{testkit.Key(t, 3)}); err != nil {
		t.Fatal(err)
	}
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	if u := ann.User(); u.Role != chat.RoleOwner {
		t.Errorf("after a bot the first person is %s", u.Role)
	}
	robot := testkit.Connect(t, s, testkit.Key(t, 3))
	if u := robot.User(); !u.Bot || u.Role != chat.RoleMember {
		t.Errorf("the bot is %+v", u)
	}
	id := testkit.General(t, ann)
	visit(t, ann, id)
	m := testkit.Send(t, ann, id, "hello")
	visit(t, bob, id)
	bob.Receipts().MarkRead(id, m.Seq)
	untilReceipts(t, ann, "all have read it", func(r *chat.Receipts) bool {
		return r.Tally(ann.User().ID, m.Seq) == chat.Tally{Delivered: 1, DeliveredOf: 1, Read: 1, ReadOf: 1}
	})
	if d, err := ann.Receipts().Details(t.Context(), id, m.Seq); err != nil || len(d.Members) != 1 {
		t.Errorf("details are %+v, %v", d, err)
	}
	if own := testkit.Send(t, robot, id, "beep"); !own.AuthorBot {
		t.Errorf("its message is %+v", own)
	}
	if _, err := s.Accounts().AddBot(t.Context(), "bob", []keys.Key{testkit.Key(t, 9)}); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("a person becomes a bot: %v", err)
	}
	if done, err := s.Accounts().AddBot(t.Context(), "robot", []keys.Key{testkit.Key(t, 9)}); err != nil || !done.User.Bot {
		t.Errorf("another key for the bot: %+v, %v", done, err)
	}
}
