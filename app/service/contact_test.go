package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// member reports whether somebody is in a group, as its owner sees it.
func member(t *testing.T, s *service.Session, in chat.ConversationID, name string) bool {
	t.Helper()
	members, err := s.Groups().Members(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(members, func(m chat.Member) bool { return m.Name == name })
}

// invitedTo returns the groups to which a session's user has invitations.
func invitedTo(t *testing.T, s *service.Session) string {
	t.Helper()
	list, _, err := s.Groups().Invitations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, in := range list {
		names = append(names, in.Conversation.Name+" from "+in.From.Name)
	}
	return strings.Join(names, ", ")
}

// People who share only #general are invited. People who share another group, or have
// written to each other, are added.
func TestStrangersAreAskedBeforeTheyAreInAGroup(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd", "dan")
	ann, bob, cyd, ctx := x[0], x[1], x[2], t.Context()
	ops := group(t, ann, "ops")
	add := func(name string) {
		t.Helper()
		if err := ann.Groups().AddMembers(ctx, ops, []string{name}); err != nil {
			t.Fatal(err)
		}
	}
	direct, err := ann.Groups().Direct(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, direct, "hello")
	add("bob") // bob has not answered
	if member(t, ann, ops, "bob") || invitedTo(t, bob) != "ops from ann" {
		t.Fatalf("bob is a member: %v; invitations: %q", member(t, ann, ops, "bob"), invitedTo(t, bob))
	}
	untilEvent(t, bob, func(chat.InvitationsChanged) bool { return true })
	if _, err := bob.Messages().After(ctx, ops, 0, 10); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("bob reads the group before he accepts: %v", err)
	}
	if err := ann.Groups().AddMembers(ctx, ops, []string{"bob"}); !errors.Is(err, chat.ErrConflict) {
		t.Errorf("inviting twice: %v", err)
	}
	if id, err := bob.Groups().AcceptInvitation(ctx, "#ops"); err != nil || id != ops || !member(t, ann, ops, "bob") || invitedTo(t, bob) != "" {
		t.Errorf("accepted: %d, %v; invitations: %q", id, err, invitedTo(t, bob))
	}
	if _, err := bob.Groups().AcceptInvitation(ctx, "#ops"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("accepted twice: %v", err)
	}
	// They share a group now.
	two, err := ann.Groups().NewGroup(ctx, "two", false, []string{"bob", "cyd"})
	if err != nil || !member(t, ann, two, "bob") || member(t, ann, two, "cyd") || invitedTo(t, cyd) != "two from ann" {
		t.Errorf("a new group: %v, cyd has %q", err, invitedTo(t, cyd))
	}
	// Both have written in their direct conversation.
	with, err := cyd.Groups().Direct(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, cyd, with, "what is two?")
	testkit.Send(t, ann, with, "a group")
	add("cyd")
	if !member(t, ann, ops, "cyd") {
		t.Error("cyd is invited although both have written")
	}
	lines, err := ann.Messages().After(ctx, ops, 0, 10)
	var said []string
	for _, l := range lines {
		said = append(said, l.Text())
	}
	if want := []string{"ann made this group", "ann invited bob", "bob joined", "ann added cyd"}; err != nil || !slices.Equal(said, want) {
		t.Errorf("the group says %q, %v; want %q", said, err, want)
	}
}

// A user who has left a group is invited to it and not added. After the user has declined,
// nobody can invite them again. To others it looks as if they had not answered.
func TestWhoeverLeftOrDeclinedIsNotAdded(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd, ctx := x[0], x[1], x[2], t.Context()
	meet(t, ann, "cyd")
	ops := group(t, ann, "ops", "bob")
	if err := bob.Groups().Leave(ctx, ops); err != nil {
		t.Fatal(err)
	}
	if err := ann.Groups().AddMembers(ctx, ops, []string{"bob", "cyd"}); err != nil {
		t.Fatal(err)
	}
	if member(t, ann, ops, "bob") || !member(t, ann, ops, "cyd") {
		t.Error("bob left and is in it again")
	}
	if _, err := bob.Groups().DeclineInvitation(ctx, "ops"); err != nil || invitedTo(t, bob) != "" {
		t.Errorf("declined: %v, %q", err, invitedTo(t, bob))
	}
	for _, who := range []*service.Session{ann, cyd} {
		if list, err := who.Groups().Invited(ctx, ops); err != nil || len(list) != 1 || list[0].Name != "bob" {
			t.Errorf("invited are %v, %v", list, err)
		}
	}
	if err := ann.Groups().AddMembers(ctx, ops, []string{"bob"}); !errors.Is(err, chat.ErrConflict) || invitedTo(t, bob) != "" {
		t.Errorf("invited again: %v, %q", err, invitedTo(t, bob))
	}
}

// Others cannot keep an account from starting its own conversations, and each can send it
// only a limited number of invitations.
func TestAdditionsByOthersDoNotUseUpOnesLimit(t *testing.T) {
	s := openLimited(t, service.Limits{Conversations: 4})
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	testkit.Enrol(t, s, "cyd", 3)
	ctx := t.Context()
	meet(t, ann, "bob")
	for i := range 12 { // ann leaves her groups to bob, and makes others
		id, err := ann.Groups().NewGroup(ctx, fmt.Sprintf("g%d", i), false, []string{"bob"})
		if err != nil {
			t.Fatalf("group %d: %v", i, err)
		}
		if !member(t, ann, id, "bob") {
			if i != 3 {
				t.Errorf("bob was added to %d groups, want 3 and the one before", i)
			}
			break
		}
		if err := errors.Join(ann.Groups().SetRole(ctx, id, "bob", chat.RoleOwner), ann.Groups().Leave(ctx, id)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := bob.Groups().NewGroup(ctx, "mine", false, nil); err != nil {
		t.Errorf("bob makes a group: %v", err)
	}
	if _, err := bob.Groups().Direct(ctx, "cyd"); err != nil {
		t.Errorf("bob writes to somebody: %v", err)
	}
}

func TestOnePersonSendsTenInvitationsToAnother(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	for i := range 11 {
		_, err := x[0].Groups().NewGroup(t.Context(), fmt.Sprintf("g%d", i), false, []string{"bob"})
		if (err == nil) != (i < 10) || err != nil && !errors.Is(err, chat.ErrTooLarge) {
			t.Errorf("group %d: %v", i, err)
		}
	}
	if n := strings.Count(invitedTo(t, x[1]), "from ann"); n != 10 {
		t.Errorf("%d invitations", n)
	}
}

// Many new invitations hide no older one: the user can answer each of them by name.
func TestOlderInvitationsCanBeAnswered(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	names := []string{"bob"}
	for i := range 11 {
		names = append(names, fmt.Sprintf("sender%02d", i))
	}
	x := crowd(t, s, len(names), names...)
	for i, sender := range x[1:] {
		for j := range 10 {
			if _, err := sender.Groups().NewGroup(t.Context(), fmt.Sprintf("g%d-%d", i, j), false, []string{"bob"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	listed := func(want, wantOlder int) {
		t.Helper()
		if list, older, err := x[0].Groups().Invitations(t.Context()); err != nil || len(list) != want || older != wantOlder {
			t.Errorf("%d are listed and %d older ones, %v; want %d and %d", len(list), older, err, want, wantOlder)
		}
	}
	listed(100, 10)
	if id, err := x[0].Groups().AcceptInvitation(t.Context(), "#g0-0"); err != nil || !member(t, x[0], id, "bob") {
		t.Errorf("bob cannot accept the oldest invitation: %v", err)
	}
	if in, err := x[0].Groups().DeclineInvitation(t.Context(), "g0-1"); err != nil || in.From.Name != "sender00" {
		t.Errorf("bob cannot decline an old invitation: %v, %v", in, err)
	}
	if _, err := x[0].Groups().DeclineInvitation(t.Context(), "g0-1"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("bob declines the invitation twice: %v", err)
	}
	listed(100, 8)
}

// A blocked account cannot send direct messages to its blocker, add the blocker to groups,
// or mention them. It is not told why. Groups that both are in stay as they are.
func TestABlock(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "eve")
	ann, eve, ctx := x[0], x[1], t.Context()
	ops := group(t, eve, "ops", "ann")
	direct, err := eve.Groups().Direct(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	before := testkit.Send(t, eve, direct, "hello")
	if _, err := eve.Groups().NewGroup(ctx, "pending", false, nil); err != nil {
		t.Fatal(err)
	}
	if u, err := ann.Contacts().Block(ctx, "@Eve"); err != nil || u.Name != "eve" || !ann.Contacts().HasBlocked(eve.User().ID) || eve.Contacts().HasBlocked(ann.User().ID) {
		t.Fatalf("blocked %v, %v", u, err)
	}
	_, err = eve.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: direct, Body: "psst"})
	if want := "Your message to @ann could not be delivered."; chat.UserText(err) != want || !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a direct message gets the answer %v, want %q", err, want)
	}
	if err := edit(eve, direct, before.Seq, "psst"); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("an edit of one: %v", err)
	}
	if _, err := ann.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: direct, Body: "no"}); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("ann writes to whom she blocked: %v", err)
	}
	testkit.Send(t, eve, ops, "hello @ann")
	if l := summaryOf(t, ann, ops); l.Mentioned() || l.Unread != 1 {
		t.Errorf("in a common group: mentioned %v, %d unread; want false and 1", l.Mentioned(), l.Unread)
	}
	// Eve gets the same answer as for somebody who is invited.
	trap, err := eve.Groups().NewGroup(ctx, "trap", false, []string{"ann"})
	if err != nil || member(t, eve, trap, "ann") || invitedTo(t, ann) != "" {
		t.Errorf("a new group: %v; ann has %q", err, invitedTo(t, ann))
	}
	if list, err := eve.Groups().Invited(ctx, trap); err != nil || len(list) != 1 {
		t.Errorf("eve sees invited %v, %v", list, err)
	}
	if _, err := ann.Groups().AcceptInvitation(ctx, "trap"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("an invitation that is hidden is accepted: %v", err)
	}
	again := testkit.Connect(t, s, testkit.Key(t, 1))
	if !again.Contacts().HasBlocked(eve.User().ID) {
		t.Error("another session does not know of the block")
	}
	if list, err := ann.Contacts().Blocked(ctx); err != nil || len(list) != 1 || list[0].User.Name != "eve" {
		t.Errorf("blocked are %v, %v", list, err)
	}
	if _, err := ann.Contacts().Unblock(ctx, "eve"); err != nil || ann.Contacts().HasBlocked(eve.User().ID) || again.Contacts().HasBlocked(eve.User().ID) {
		t.Errorf("unblocked: %v", err)
	}
	if _, err := ann.Contacts().Unblock(ctx, "eve"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("unblocked twice: %v", err)
	}
	testkit.Send(t, eve, direct, "sorry")
	if _, err := ann.Contacts().Block(ctx, "ann"); !errors.Is(err, text.ErrInvalid) {
		t.Errorf("ann blocks herself: %v", err)
	}
}
