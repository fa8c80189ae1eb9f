package service_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

func TestADirectConversationIsOneForBoth(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ids := make([]chat.ConversationID, 20)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			id, err := x[i%2].Groups().Direct(t.Context(), []string{"@Bob", "ann"}[i%2])
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	all.Wait()
	if slices.Sort(ids); ids[0] != ids[len(ids)-1] || ids[0] == 0 {
		t.Fatalf("there are several: %v", ids)
	}
	testkit.Send(t, x[0], ids[0], "hello")
	if got := received(x[1], 1); got[0].Body != "hello" {
		t.Errorf("bob got %+v", got[0])
	}
	list, err := x[1].Groups().Conversations(t.Context())
	if err != nil || list[0].Title() != "@ann" || list[0].Unread != 1 || list[0].Presence != chat.Online {
		t.Errorf("bob's list begins with %+v, %v", list[0], err)
	}
	for _, name := range []string{"nobody", ""} {
		if _, err := x[0].Groups().Direct(t.Context(), name); !chat.IsRefusal(err) {
			t.Errorf("a direct conversation with %q: %v", name, err)
		}
	}
}

func TestThereIsAlwaysAnOwner(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in := group(t, ann, "ops", "bob")
	for what, err := range map[string]error{
		"to leave":            ann.Groups().Leave(t.Context(), in),
		"to be a member":      ann.Groups().SetRole(t.Context(), in, "ann", chat.RoleMember),
		"to remove itself":    ann.Groups().RemoveMember(t.Context(), in, "ann"),
		"an admin of no kind": ann.Groups().SetRole(t.Context(), in, "bob", "king"),
		"to be demoted":       bob.Groups().SetRole(t.Context(), in, "ann", chat.RoleMember),
	} {
		if !chat.IsRefusal(err) {
			t.Errorf("%s: %v, want a refusal", what, err)
		}
	}
	if err := ann.Groups().SetRole(t.Context(), in, "bob", chat.RoleOwner); err != nil {
		t.Fatal(err)
	}
	if err := ann.Groups().Leave(t.Context(), in); err != nil {
		t.Errorf("with another owner: %v", err)
	}
	if err := bob.Groups().Leave(t.Context(), in); err != nil {
		t.Errorf("the last member: %v", err)
	}
}

func TestAnAdminRemovesMembersOnly(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob", "cyd")
	in := group(t, x[0], "ops", "bob", "cyd")
	if err := x[0].Groups().SetRole(t.Context(), in, "bob", chat.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if err := x[1].Groups().RemoveMember(t.Context(), in, "ann"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("an admin removes an owner: %v", err)
	}
	if err := x[1].Groups().RemoveMember(t.Context(), in, "cyd"); err != nil {
		t.Errorf("an admin removes a member: %v", err)
	}
}

// When a member sends a message and is removed at the same time, the message is posted
// before the removal or refused. After the removal, the member gets no more events.
func TestASendThatRacesARemovalIsPostedOrRefused(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob, other := x[0], x[1], again(t, s, 1)
	in := group(t, ann, "ops", "bob")
	for range 20 {
		visit(t, bob, in)
		var sent *chat.Message
		var refused error
		var both sync.WaitGroup
		both.Go(func() {
			sent, refused = bob.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: in, Body: "wait", Read: true})
		})
		both.Go(func() {
			if err := ann.Groups().RemoveMember(t.Context(), in, "bob"); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		if refused != nil && !errors.Is(refused, chat.ErrNotAllowed) {
			t.Fatalf("refused with %v", refused)
		}
		page, err := ann.Messages().Before(t.Context(), in, 1<<62, 2)
		if err != nil || len(page) != 2 || (page[0].Body == "wait") != (refused == nil) || page[1].Notice != chat.NoticeRemoved {
			t.Fatalf("posted %+v, refused %v; the last are %+v, %v", sent, refused, page, err)
		}
		for _, b := range []*service.Session{bob, other} {
			untilEvent(t, b, func(e chat.Removed) bool { return e.Conversation == in })
			testkit.Send(t, ann, in, "are they gone?")
			if got := b.Mailbox().Drain(); len(got.Events) > 0 {
				t.Fatalf("a removed member is told %+v", got.Events)
			}
			if _, err := b.Receipts().Visit(t.Context(), in); !errors.Is(err, chat.ErrNotFound) {
				t.Fatalf("a removed member visits: %v", err)
			}
		}
		meet(t, ann, "bob")
		if err := ann.Groups().AddMembers(t.Context(), in, []string{"@bob", "bob"}); err != nil {
			t.Fatal(err)
		}
		for _, b := range []*service.Session{bob, other} {
			untilEvent(t, b, func(e chat.MessagePosted) bool {
				return e.Message.Notice == chat.NoticeAdded && e.Message.Body == "bob"
			})
		}
	}
}

func TestNewMembersSeeHistoryOnlyIfTheGroupSaysSo(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	in := group(t, x[0], "ops")
	secret := testkit.Send(t, x[0], in, "before bob")
	meet(t, x[0], "bob")
	if err := x[0].Groups().AddMembers(t.Context(), in, []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	sees := func() []chat.Seq {
		before, err1 := x[1].Messages().Before(t.Context(), in, 1<<62, 100)
		after, err2 := x[1].Messages().After(t.Context(), in, 0, 100)
		if err := errors.Join(err1, err2); err != nil || len(before) != len(after) {
			t.Fatalf("%d before the end and %d after the beginning, %v", len(before), len(after), err)
		}
		var seqs []chat.Seq
		for _, m := range after {
			seqs = append(seqs, m.Seq)
		}
		return seqs
	}
	if got := sees(); !slices.Equal(got, []chat.Seq{3}) {
		t.Errorf("a new member sees %v, want that it was added", got)
	}
	if _, err := x[1].Receipts().Details(t.Context(), in, secret.Seq); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("details of what it may not see: %v", err)
	}
	if err := x[0].Groups().Configure(t.Context(), in, chat.SettingHistory, true); err != nil {
		t.Fatal(err)
	}
	if got := sees(); !slices.Equal(got, []chat.Seq{1, 2, 3, 4}) {
		t.Errorf("with open history it sees %v", got)
	}
	if n, err := x[1].Receipts().Unread(t.Context(), in); n != 0 || err != nil {
		t.Errorf("and %d are unread, %v; want none", n, err)
	}
}

func TestChangesAreLinesInTheConversation(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob", "cyd")
	ann, bob, ctx := x[0], x[1], t.Context()
	meet(t, ann, "cyd")
	in, err := ann.Groups().NewGroup(ctx, "ops", true, []string{"cyd"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bob.Groups().Join(ctx, "#ops")
	steps := []error{
		err, ann.Groups().SetTopic(ctx, in, "what we do\x1b[2J"), ann.Groups().Rename(ctx, in, "devops"), ann.Groups().SetRole(ctx, in, "bob", chat.RoleAdmin),
		ann.Groups().Configure(ctx, in, chat.SettingMembersAdd, true), bob.Groups().RemoveMember(ctx, in, "cyd"), bob.Groups().Leave(ctx, in), ann.Groups().SetTopic(ctx, in, ""),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ann made this group", "ann added cyd", "bob joined", "ann set the topic: what we do", "ann renamed this group to #devops",
		"ann made bob an admin", "ann changed the settings: members-add is on", "bob removed cyd", "bob left", "ann removed the topic",
	}
	lines, err := ann.Messages().After(ctx, in, 0, 100)
	var got []string
	for _, l := range lines {
		got = append(got, l.Text())
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("lines are %q, %v; want %q", got, err, want)
	}
	if n, err := ann.Receipts().Unread(ctx, in); n != 0 || err != nil {
		t.Errorf("%d lines are unread, %v", n, err)
	}
	public, err := bob.Groups().PublicGroups(ctx)
	if err != nil || len(public) != 2 || fmt.Sprint(public[0]) != "{devops  1}" {
		t.Errorf("public groups are %v, %v", public, err)
	}
}

// A group closes when its last member leaves, whether it is public or not. Then nobody can
// join it, become its owner or read its messages, and its name is free.
func TestAGroupClosesWithItsLastMember(t *testing.T) {
	for _, public := range []bool{false, true} {
		for what, last := range map[string]func(*service.Service, *service.Session, chat.ConversationID) error{
			"leaves": func(_ *service.Service, bob *service.Session, id chat.ConversationID) error {
				return bob.Groups().Leave(t.Context(), id)
			},
			"is deleted": func(s *service.Service, _ *service.Session, _ chat.ConversationID) error {
				return second(s.Host().DeleteUser(t.Context(), "bob", false))
			},
		} {
			t.Run(fmt.Sprintf("%s, public %v", what, public), func(t *testing.T) {
				s := testkit.Open(t, t.TempDir())
				x := crowd(t, s, 3, "ann", "bob", "eve")
				bob, eve, ctx := x[1], x[2], t.Context()
				old, err := bob.Groups().NewGroup(ctx, "ops", public, nil)
				if err != nil {
					t.Fatal(err)
				}
				testkit.Send(t, bob, old, "what only we know")
				if err := last(s, bob, old); err != nil {
					t.Fatal(err)
				}
				if _, err := eve.Groups().Join(ctx, "#ops"); !errors.Is(err, chat.ErrNotFound) {
					t.Errorf("somebody else joins it: %v", err)
				}
				if list, err := eve.Groups().PublicGroups(ctx); err != nil || len(list) != 1 {
					t.Errorf("public groups are %v, %v; want #general", list, err)
				}
				id, err := eve.Groups().NewGroup(ctx, "ops", public, nil)
				if err != nil || id == old {
					t.Fatalf("a new group of that name is %d, %v", id, err)
				}
				if err := eve.Groups().Configure(ctx, id, chat.SettingHistory, true); err != nil {
					t.Fatal(err)
				}
				if past, err := eve.Messages().After(ctx, id, 0, 10); err != nil || len(past) != 2 || !past[0].System() {
					t.Errorf("it begins with %+v, %v", past, err)
				}
				if _, err := eve.Messages().After(ctx, old, 0, 10); !errors.Is(err, chat.ErrNotFound) {
					t.Errorf("the old one is read: %v", err)
				}
			})
		}
	}
}

// Joining a group makes nobody its owner.
func TestJoiningGivesNoOwnership(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	id, err := x[0].Groups().NewGroup(t.Context(), "ops", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x[1].Groups().Join(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	if err := x[1].Groups().Configure(t.Context(), id, chat.SettingHistory, true); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a member opens its past: %v", err)
	}
}

// A change that names the same person many times looks them up once. A change that names
// very many people is refused before any lookup.
func TestNamesOfAChangeAreBounded(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	many := make([]string, 60_000)
	for i := range many {
		many[i] = fmt.Sprintf("somebody%d", i)
	}
	in := group(t, x[0], "ops")
	for what, change := range map[string]func([]string) error{
		"add": func(names []string) error { return x[0].Groups().AddMembers(t.Context(), in, names) },
		"new": func(names []string) error {
			_, err := x[0].Groups().NewGroup(t.Context(), "dev", false, names)
			return err
		},
	} {
		if err := change(many); !errors.Is(err, chat.ErrTooLarge) {
			t.Errorf("%s of %d names: %v", what, len(many), err)
		}
		if err := change(slices.Repeat([]string{"@bob", "bob"}, 30_000)); err != nil {
			t.Errorf("%s of one name again and again: %v", what, err)
		}
	}
}

// A group to which somebody else has added the user is new, on all screens, until the user
// opens it or marks it as read. That moves no marker.
func TestAGroupIsNewUntilItIsOpened(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob", "cyd")
	ann, bob, phone := x[0], x[1], again(t, s, 1)
	for opened, open := range map[string]func(chat.ConversationID) error{
		"visited":  func(id chat.ConversationID) error { visit(t, bob, id); return nil },
		"read":     func(id chat.ConversationID) error { return bob.Receipts().ReadUpTo(t.Context(), id, 0) },
		"read-all": func(chat.ConversationID) error { return bob.Receipts().ReadAll(t.Context()) },
	} {
		in := group(t, ann, opened, "bob")
		was := listedAs(t, bob, in)
		if !was.New() || was.AddedBy != "ann" || was.Unread != 0 || !listedAs(t, phone, in).New() || listedAs(t, ann, in).New() {
			t.Errorf("before it is %s, bob has %+v", opened, was)
		}
		phone.Mailbox().Drain()
		if err := open(in); err != nil {
			t.Fatal(err)
		}
		is := listedAs(t, phone, in)
		// Deliveries are written after a while, whether or not the group is opened.
		is.Mine.Delivered, was.Mine.Delivered = 0, 0
		if opened == "visited" && is.Mine.Markers != was.Mine.Markers {
			t.Errorf("opening it has moved %+v to %+v", was.Mine.Markers, is.Mine.Markers)
		}
		if is.New() || is.AddedBy != "" || !slices.Contains(phone.Mailbox().Drain().Events, chat.Event(chat.ListChanged{})) {
			t.Errorf("after it is %s, it is %+v, or the other screen is not told", opened, is)
		}
	}
	// A group that a user has joined is not new to them.
	public, err := ann.Groups().NewGroup(t.Context(), "public", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Groups().Join(t.Context(), "public"); err != nil || listedAs(t, bob, public).New() {
		t.Errorf("a group that bob has joined is new: %v", err)
	}
	if err := bob.Groups().Leave(t.Context(), public); err != nil {
		t.Fatal(err)
	}
	if err := ann.Groups().AddMembers(t.Context(), public, []string{"bob"}); err != nil { // it invites bob, who had left
		t.Fatal(err)
	}
	if _, err := bob.Groups().AcceptInvitation(t.Context(), "public"); err != nil || listedAs(t, bob, public).New() {
		t.Errorf("a group to which bob was invited is new: %v", err)
	}
	// Removed and added again, bob finds it new again.
	if err := errors.Join(ann.Groups().RemoveMember(t.Context(), public, "bob"), ann.Groups().AddMembers(t.Context(), public, []string{"bob"})); err != nil || !listedAs(t, bob, public).New() {
		t.Errorf("added again it is not new: %v", err)
	}
}

// listedAs returns a conversation in the list of a session's user.
func listedAs(t *testing.T, s *service.Session, id chat.ConversationID) chat.ConversationSummary {
	t.Helper()
	list, err := s.Groups().Conversations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(l chat.ConversationSummary) bool { return l.ID == id })
	if i < 0 {
		t.Fatalf("%s is not in %d", s.User().Name, id)
	}
	return list[i]
}
