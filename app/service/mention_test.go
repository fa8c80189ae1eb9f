package service_test

import (
	"strings"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

func TestMentionsOfAGroup(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd", "dan")
	ann, bob, cyd, ctx := x[0], x[1], x[2], t.Context()
	in := group(t, ann, "ops", "bob", "cyd", "dan")
	dan := func() int { return dansMentions(t, s, in) }
	post := func(by *service.Session, body string, mentions chat.GroupMention, ofCyd, ofDan int) {
		t.Helper()
		before, dans, own := summaryOf(t, cyd, in).Mentions, dan(), summaryOf(t, by, in).Mentions
		m := testkit.Send(t, by, in, body)
		if m.GroupMention != mentions {
			t.Errorf("%q mentions %q, want %q", body, m.GroupMention, mentions)
		}
		if got := summaryOf(t, cyd, in).Mentions - before; got != ofCyd {
			t.Errorf("%q mentions cyd %d times, want %d", body, got, ofCyd)
		}
		if got := dan() - dans; got != ofDan {
			t.Errorf("%q mentions dan, who is not connected, %d times, want %d", body, got, ofDan)
		}
		if summaryOf(t, by, in).Mentions != own {
			t.Errorf("%q mentions its author", body)
		}
	}
	post(ann, "hello @all", chat.MentionsAll, 1, 1)
	post(ann, "hello @here", chat.MentionsHere, 1, 0)
	post(ann, "hello @all, @here and @dan", chat.MentionsAll, 1, 1)
	post(ann, "hello @here and @dan", chat.MentionsHere, 1, 1)
	post(ann, "write `@all` for all", chat.MentionsNobody, 0, 0)
	// Members may not use it, but the message is posted.
	post(bob, "hello @all", chat.MentionsNobody, 0, 0)
	m := testkit.Send(t, bob, in, "hello @here")
	if why := chat.WhyNotMentioned(m, summaryOf(t, bob, in)); !strings.HasSuffix(why, "Only owners and admins can use @all and @here in #ops.") {
		t.Errorf("bob is told %q", why)
	}
	if _, err := ann.Messages().Edit(ctx, in, m.Seq, "for you"); err == nil {
		t.Error("ann edits a message of bob's")
	}
	if err := bob.Groups().SetMentionAll(ctx, in, chat.MentionByEveryone); !chat.IsRefusal(err) {
		t.Errorf("bob, a member, changes the setting: %v", err)
	}
	if err := ann.Groups().SetMentionAll(ctx, in, chat.MentionByEveryone); err != nil {
		t.Fatal(err)
	}
	post(bob, "hello @all", chat.MentionsAll, 1, 1)
	// Edits change whom a message mentions.
	m = testkit.Send(t, bob, in, "hello")
	before := summaryOf(t, cyd, in).Mentions
	for body, want := range map[string]int{"hello @cyd": 1, "hello @here": 1, "hello": 0} {
		if _, err := bob.Messages().Edit(ctx, in, m.Seq, body); err != nil {
			t.Fatal(err)
		}
		if got := summaryOf(t, cyd, in).Mentions - before; got != want {
			t.Errorf("edited to %q it mentions cyd %d times, want %d", body, got, want)
		}
	}
	// People who have blocked the author are not mentioned.
	if _, err := cyd.Contacts().Block(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	post(bob, "hello @all, @here and @cyd", chat.MentionsAll, 0, 1)
	if err := ann.Groups().SetMentionAll(ctx, in, chat.MentionByNobody); err != nil {
		t.Fatal(err)
	}
	post(ann, "hello @all", chat.MentionsNobody, 0, 0)
}

// dansMentions counts the mentions of the fourth member of a crowd, and connects that
// member only for a moment.
func dansMentions(t *testing.T, s *service.Service, in chat.ConversationID) int {
	t.Helper()
	dan, err := s.OpenScript(t.Context(), testkit.Key(t, 4).Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	defer dan.Close()
	return summaryOf(t, dan, in).Mentions
}

func TestAMentionIsMarkedReadAlone(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "cyd")
	ann, bob, ctx := x[0], x[1], t.Context()
	in := group(t, ann, "ops", "bob")
	other := again(t, s, 1)
	testkit.Send(t, ann, in, "before")
	m := testkit.Send(t, ann, in, "one for @bob's eyes")
	testkit.Send(t, ann, in, "two, @bob")
	list, err := bob.Messages().Mentions(ctx)
	if err != nil || len(list) != 2 || list[1].Message.ID != m.ID || list[1].Read || list[1].Conversation.Title() != "#ops" {
		t.Fatalf("bob's mentions are %+v, %v", list, err)
	}
	if err := bob.Messages().ReadMention(ctx, in, m.Seq); err != nil {
		t.Fatal(err)
	}
	untilEvent(t, other, func(chat.ListChanged) bool { return true })
	if l := summaryOf(t, bob, in); l.Mentions != 1 || l.Unread != 3 {
		t.Errorf("with one marked read %d mentions and %d messages are unread", l.Mentions, l.Unread)
	}
	if unread, mentions, err := other.Receipts().UnreadMentions(ctx, in); unread != 3 || mentions != 1 || err != nil {
		t.Errorf("counted again %d are unread, with %d mentions, %v", unread, mentions, err)
	}
	if d, err := ann.Receipts().Details(ctx, in, m.Seq); err != nil || len(d.Members) != 1 || !d.Members[0].ReadAt.IsZero() {
		t.Errorf("ann sees of it %+v, %v", d, err)
	}
	if list, err := bob.Messages().Mentions(ctx); err != nil || !list[1].Read || list[0].Read {
		t.Errorf("bob's mentions are %+v, %v", list, err)
	}
	if err := x[2].Messages().ReadMention(ctx, in, m.Seq); !chat.IsRefusal(err) {
		t.Errorf("somebody who is not a member marks it read: %v", err)
	}
	if err := bob.Receipts().MarkUnread(ctx, in, m.Seq); err != nil {
		t.Fatal(err)
	}
	if l := summaryOf(t, bob, in); l.Mentions != 2 {
		t.Errorf("marked unread, there are %d mentions", l.Mentions)
	}
}
