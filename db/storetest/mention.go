package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"confab/app/chat"
)

// Mentions are counted per member and conversation, listed with the newest first, and
// marked read without moving a marker.
func mentions(w *world) {
	ann, bob, cyd := w.user("ann"), w.user("bob"), w.user("cyd")
	in, other := w.group("x", ann, bob, cyd), w.group("y", ann, bob)
	ctx := w.Context()
	first, second, third := w.post(in, ann, "one"), w.post(other, ann, "two"), w.post(in, ann, "three")
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(
			tx.InsertMention(ctx, in.ID, bob.ID, first.Seq), tx.InsertMention(ctx, in.ID, bob.ID, first.Seq), // twice is once
			tx.InsertMention(ctx, other.ID, bob.ID, second.Seq),
			tx.InsertBlock(ctx, cyd.ID, ann.ID, w.now()), tx.InsertMentions(ctx, third),
		)
	})
	count := func(c chat.Conversation, u chat.User, seen chat.Seq) int {
		return must(w.CountMentions(ctx, c.ID, u.ID, seen))(w)
	}
	if got := []int{count(in, bob, 0), count(in, bob, 1), count(other, bob, 0), count(in, ann, 0), count(in, cyd, 0)}; !slices.Equal(got, []int{2, 1, 1, 0, 0}) {
		w.Errorf("there are %v mentions: bob's in x, after the first, and in y; ann's, who wrote them; cyd's, who has blocked ann", got)
	}
	listed := func() string {
		text := ""
		for _, m := range must(w.MentionsOf(ctx, bob.ID, 10))(w) {
			text += fmt.Sprintf("%s in %s read %v, ", m.Message.Body, m.Conversation.Title(), m.Read)
		}
		return text
	}
	if got, want := listed(), "three in #x read false, two in #y read false, one in #x read false, "; got != want {
		w.Errorf("the list is %q, want %q", got, want)
	}
	if got := must(w.MentionsOf(ctx, bob.ID, 1))(w); len(got) != 1 || got[0].Message.ID != third.ID {
		w.Errorf("the first of the list is %+v", got)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.ReadMention(ctx, in.ID, bob.ID, third.Seq) })
	if got, want := listed(), "three in #x read true, two in #y read false, one in #x read false, "; got != want || count(in, bob, 0) != 1 {
		w.Errorf("with one marked read the list is %q, want %q", got, want)
	}
	if l := must(w.ListOf(ctx, bob.ID))(w); l[0].ID != in.ID || l[0].Mentions != 1 || l[0].Unread != 2 {
		w.Errorf("with one marked read bob has %+v", l[0])
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UnreadMentions(ctx, in.ID, bob.ID, first.Seq) })
	if count(in, bob, 0) != 2 {
		w.Error("the mention that was marked read is not unread again")
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetSeen(ctx, in.ID, bob.ID, first.Seq) })
	if got, want := listed(), "three in #x read false, two in #y read false, one in #x read true, "; got != want {
		w.Errorf("with one seen the list is %q, want %q", got, want)
	}
	third.GroupMention, third.EditedAt = chat.MentionsHere, w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.EditMessage(ctx, third) })
	if got := must(w.MessageByID(ctx, third.ID))(w); got.GroupMention != chat.MentionsHere || count(in, bob, 0) != 1 {
		w.Errorf("after an edit the message is %+v", got)
	}
	in.MentionAll = chat.MentionByNobody
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UpdateConversation(ctx, in) })
	if got := must(w.Conversation(ctx, in.ID))(w); got.MentionAll != chat.MentionByNobody {
		w.Errorf("the setting is %q", got.MentionAll)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMembership(ctx, in.ID, bob.ID) })
	if got, want := listed(), "two in #y read false, "; got != want {
		w.Errorf("after leaving, the list is %q, want %q", got, want)
	}
}
