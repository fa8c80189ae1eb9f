package service_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// react adds a reaction or takes it back.
func react(t *testing.T, s *service.Session, in chat.ConversationID, seq chat.Seq, emoji string, on bool) error {
	t.Helper()
	_, err := s.Messages().React(t.Context(), in, seq, emoji, on)
	return err
}

// at returns a message as a session reads it.
func at(t *testing.T, s *service.Session, in chat.ConversationID, seq chat.Seq) *chat.Message {
	t.Helper()
	page, err := s.Messages().After(t.Context(), in, seq-1, 1)
	if err != nil || len(page) != 1 {
		t.Fatalf("message %d is %v, %v", seq, page, err)
	}
	return page[0]
}

// reacted returns the events about reactions that wait for a session.
func reacted(s *service.Session) (events []chat.Reacted) {
	for _, ev := range s.Mailbox().Drain().Events {
		if ev, ok := ev.(chat.Reacted); ok {
			events = append(events, ev)
		}
	}
	return events
}

func TestWhoMayReact(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 4, "ann", "bob", "cyd", "eve")
	ann, bob, cyd, eve := x[0], x[1], x[2], x[3]
	in := group(t, ann, "ops", "bob") // lines 1 and 2
	early := testkit.Send(t, ann, in, "before cyd came")
	if err := errors.Join(ann.Groups().AddMembers(t.Context(), in, []string{"cyd"}), second(cyd.Groups().AcceptInvitation(t.Context(), "ops"))); err != nil {
		t.Fatal(err)
	}
	elsewhere := group(t, cyd, "other", "ann")
	m, gone := testkit.Send(t, ann, in, "hello"), testkit.Send(t, ann, in, "gone")
	if err := remove(ann, in, gone.Seq); err != nil {
		t.Fatal(err)
	}
	direct, err := ann.Groups().Direct(t.Context(), "eve")
	if err != nil {
		t.Fatal(err)
	}
	private := testkit.Send(t, ann, direct, "between us")
	if _, err := eve.Contacts().Block(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		do   func() error
		kind error
	}{
		{"a member", func() error { return react(t, bob, in, m.Seq, ":tada:", true) }, nil},
		{"the author", func() error { return react(t, ann, in, m.Seq, "tada", true) }, nil},
		{"again", func() error { return react(t, bob, in, m.Seq, "🎉", true) }, nil},
		{"to an early message", func() error { return react(t, bob, in, early.Seq, ":tada:", true) }, nil},
		{"a stranger", func() error { return react(t, eve, in, m.Seq, ":tada:", true) }, chat.ErrNotFound},
		{"a stranger takes back", func() error { return react(t, eve, in, m.Seq, ":tada:", false) }, chat.ErrNotFound},
		{"to what came before", func() error { return react(t, cyd, in, early.Seq, ":tada:", true) }, chat.ErrNotFound},
		{"by its number elsewhere", func() error { return react(t, cyd, elsewhere, m.Seq+10, ":tada:", true) }, chat.ErrNotFound},
		{"to none", func() error { return react(t, bob, in, 99, ":tada:", true) }, chat.ErrNotFound},
		{"to a system line", func() error { return react(t, bob, in, 2, ":tada:", true) }, chat.ErrNotAllowed},
		{"to a deleted message", func() error { return react(t, bob, in, gone.Seq, ":tada:", true) }, chat.ErrNotAllowed},
		{"with no emoji", func() error { return react(t, bob, in, m.Seq, ":no such thing:", true) }, text.ErrInvalid},
		{"with a text", func() error { return react(t, bob, in, m.Seq, "hello\x1b[2J", true) }, text.ErrInvalid},
		{"with nothing", func() error { return react(t, bob, in, m.Seq, "", true) }, text.ErrInvalid},
		{"to somebody who has blocked you", func() error { return react(t, ann, direct, private.Seq, ":tada:", true) }, chat.ErrNotAllowed},
		{"to somebody whom you have blocked", func() error { return react(t, eve, direct, private.Seq, ":tada:", true) }, chat.ErrNotAllowed},
	} {
		if err := c.do(); !errors.Is(err, c.kind) || c.kind != nil && !chat.IsRefusal(err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.kind)
		}
	}
	want := []chat.Reaction{{Emoji: "🎉", Users: []chat.UserID{bob.User().ID, ann.User().ID}}}
	if got := at(t, bob, in, m.Seq).ReactionKinds(); !reflect.DeepEqual(got, want) {
		t.Errorf("the reactions are %v, want %v", got, want)
	}
	if _, err := s.Host().DeleteUser(t.Context(), "eve", false); err != nil {
		t.Fatal(err)
	}
	if err := react(t, ann, direct, private.Seq, ":tada:", true); !errors.Is(err, chat.ErrNotAllowed) {
		t.Errorf("a reaction for a deleted account: %v", err)
	}
}

// A message has at most 20 different reactions. Others can join in these. When one is taken
// back, there is room for another.
func TestKindsOfReactionsAreLimited(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	in := testkit.General(t, x[0])
	m := testkit.Send(t, x[0], in, "hello")
	names := text.EmojiNames("c", 200)
	kinds := make(map[string]bool)
	for _, name := range names {
		emoji, err := chat.ParseReaction(name)
		if err != nil {
			t.Fatal(err)
		}
		err = react(t, x[0], in, m.Seq, name, true)
		if len(kinds) < chat.MaxReactionKinds || kinds[emoji] {
			if kinds[emoji] = true; err != nil {
				t.Fatal(err)
			}
		} else if !errors.Is(err, chat.ErrTooLarge) || !chat.IsRefusal(err) {
			t.Fatalf("kind %d: %v", len(kinds)+1, err)
		} else {
			break
		}
	}
	got := at(t, x[1], in, m.Seq).ReactionKinds()
	if len(got) != chat.MaxReactionKinds {
		t.Fatalf("there are %d kinds", len(got))
	}
	if err := errors.Join(react(t, x[1], in, m.Seq, got[7].Emoji, true), react(t, x[0], in, m.Seq, got[0].Emoji, false)); err != nil {
		t.Error(err)
	}
	if err := react(t, x[1], in, m.Seq, names[len(names)-1], true); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// Everybody who may see the message is told of a reaction at once. It makes nothing unread,
// and moves no markers.
func TestAReactionIsToldToThoseWhoMaySeeIt(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, cyd := x[0], x[1], x[2]
	in := group(t, ann, "ops", "bob")
	m := testkit.Send(t, ann, in, "hello")
	if err := errors.Join(ann.Groups().AddMembers(t.Context(), in, []string{"cyd"}), second(cyd.Groups().AcceptInvitation(t.Context(), "ops"))); err != nil {
		t.Fatal(err)
	}
	for _, s := range x {
		s.Mailbox().Drain()
	}
	before := visit(t, ann, in)
	if err := errors.Join(react(t, bob, in, m.Seq, ":tada:", true), react(t, bob, in, m.Seq, ":tada:", true), react(t, bob, in, m.Seq, ":tada:", false)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*service.Session{ann, bob} {
		got := reacted(s)
		if len(got) != 2 || got[0].Name != "bob" || got[0].Emoji != "🎉" || !got[0].On || !got[0].Message.Reactions.Has("🎉", bob.User().ID) ||
			got[1].On || len(got[1].Message.ReactionKinds()) != 0 || !got[1].Message.Newer(got[0].Message) || got[0].Message.Newer(got[1].Message) {
			t.Errorf("%s is told %+v", s.User().Name, got)
		}
	}
	if got := reacted(cyd); len(got) != 0 {
		t.Errorf("cyd, who may not see the message, is told %+v", got)
	}
	after := visit(t, ann, in)
	if after.Seen != before.Seen || after.Unread != before.Unread || !reflect.DeepEqual(after.Receipts.Members, before.Receipts.Members) {
		t.Errorf("markers were %+v and are %+v", before.Receipts, after.Receipts)
	}
}

// A deletion, a purge and the end of an account delete reactions, also on open screens.
func TestReactionsAreDeletedWithWhatTheyAreOf(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "eve")
	ann, bob, eve := x[0], x[1], x[2]
	in := testkit.General(t, ann)
	m, deleted, purged := testkit.Send(t, ann, in, "stays"), testkit.Send(t, ann, in, "goes"), testkit.Send(t, eve, in, "goes with eve")
	for _, o := range []*chat.Message{m, deleted, purged} {
		for _, s := range x {
			if err := react(t, s, in, o.Seq, ":+1:", true); err != nil {
				t.Fatal(err)
			}
		}
	}
	visit(t, bob, in)
	before := at(t, bob, in, m.Seq) // is kept in memory for all
	if err := remove(ann, in, deleted.Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Host().DeleteUser(t.Context(), "eve", true); err != nil {
		t.Fatal(err)
	}
	after := at(t, bob, in, m.Seq)
	want := []chat.Reaction{{Emoji: "👍", Users: []chat.UserID{ann.User().ID, bob.User().ID}}}
	if !reflect.DeepEqual(after.ReactionKinds(), want) || !after.Newer(before) {
		t.Errorf("without eve there are %v, want %v", after.ReactionKinds(), want)
	}
	for _, o := range []*chat.Message{deleted, purged} {
		if got := at(t, bob, in, o.Seq); !got.Deleted() || len(got.ReactionKinds()) != 0 {
			t.Errorf("message %d is %+v", o.Seq, got)
		}
	}
}

func TestReactionsAreWritten(t *testing.T) {
	for raw, want := range map[string]string{":tada:": "🎉", "tada": "🎉", " :Tada: ": "🎉", "🎉": "🎉", "+1": "👍", ":heart:": "❤️", "❤": "❤️", "❤️": "❤️"} {
		if got, err := chat.ParseReaction(raw); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", raw, got, err, want)
		}
	}
	if got := chat.ReactionName("👍"); !slices.Contains([]string{":+1:", ":thumbsup:"}, got) {
		t.Errorf("👍 is %s", got)
	}
	if got := fmt.Sprint(chat.ReactionName("x")); got != "x" {
		t.Errorf("x is %s", got)
	}
}
