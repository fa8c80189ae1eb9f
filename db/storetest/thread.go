package storetest

import (
	"context"
	"errors"
	"slices"

	"confab/app/chat"
)

// Pages of a conversation leave out thread-only replies, and pages of a thread have the
// root and its replies. The root counts the replies.
func threadPages(w *world) {
	ann := w.user("ann")
	in := w.group("x", ann)
	root := w.post(in, ann, "root")
	reply := func(threadOnly bool) *chat.Message {
		return w.insert(&chat.Message{Conversation: in.ID, Author: ann.ID, Body: "reply", Thread: root.Seq, ThreadOnly: threadOnly})
	}
	first := reply(true)
	between := w.post(in, ann, "between")
	second := reply(false)
	third := reply(true)
	ctx := w.Context()
	for _, c := range []struct {
		root, from chat.Seq
		limit      int
		want       []chat.Seq
	}{
		{0, 0, 10, []chat.Seq{root.Seq, between.Seq, second.Seq}},
		{0, root.Seq, 1, []chat.Seq{between.Seq}},
		{root.Seq, 0, 10, []chat.Seq{root.Seq, first.Seq, second.Seq, third.Seq}},
		{root.Seq, 0, 2, []chat.Seq{root.Seq, first.Seq}},
		{root.Seq, first.Seq, 10, []chat.Seq{second.Seq, third.Seq}},
		{between.Seq, 0, 10, []chat.Seq{between.Seq}},
	} {
		if got := numbersOf(must(w.PageAfter(ctx, in.ID, c.root, c.from, c.limit))(w)); !slices.Equal(got, c.want) {
			w.Errorf("%d messages of %d after %d are %v, want %v", c.limit, c.root, c.from, got, c.want)
		}
	}
	for _, c := range []struct {
		root, floor, before chat.Seq
		limit               int
		want                []chat.Seq
	}{
		{0, 0, 100, 2, []chat.Seq{between.Seq, second.Seq}},
		{root.Seq, 0, 100, 10, []chat.Seq{root.Seq, first.Seq, second.Seq, third.Seq}},
		{root.Seq, 0, third.Seq, 2, []chat.Seq{first.Seq, second.Seq}},
		{root.Seq, 0, first.Seq, 2, []chat.Seq{root.Seq}},
		{root.Seq, root.Seq, 100, 10, []chat.Seq{first.Seq, second.Seq, third.Seq}},
	} {
		if got := numbersOf(must(w.PageBefore(ctx, in.ID, c.root, c.floor, c.before, c.limit))(w)); !slices.Equal(got, c.want) {
			w.Errorf("%d messages of %d before %d are %v, want %v", c.limit, c.root, c.before, got, c.want)
		}
	}
	state := func() *chat.Message { w.Helper(); return must(w.MessageByID(ctx, root.ID))(w) }
	was := state()
	if was.Replies != 3 || !was.LastReplyAt.Equal(third.SentAt) {
		w.Errorf("the root is %+v", was)
	}
	third.DeletedAt = w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMessage(ctx, third) })
	if is := state(); is.Replies != 2 || !is.LastReplyAt.Equal(second.SentAt) || !is.Newer(was) || was.Newer(is) {
		w.Errorf("after the deletion the root is %+v", is)
	}
	if got := must(w.MessageByID(ctx, first.ID))(w); got.Thread != root.Seq || !got.ThreadOnly {
		w.Errorf("the first reply is %+v", got)
	}
	eve := w.user("eve")
	if n := must(w.Unread(ctx, in.ID, eve.ID, 0))(w); n != 3 { // without the thread-only reply
		w.Errorf("%d messages are unread, want 3", n)
	}
}

func numbersOf(page []*chat.Message) (seqs []chat.Seq) {
	for _, m := range page {
		seqs = append(seqs, m.Seq)
	}
	return seqs
}

// Each follower of a thread has a position in it, which only moves forward.
func threadFollowers(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	root := w.post(in, ann, "root")
	ctx := w.Context()
	if _, err := w.ThreadFollower(ctx, in.ID, root.Seq, ann.ID); !errors.Is(err, chat.ErrNotFound) {
		w.Errorf("before there is a thread: %v", err)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(
			tx.JoinThread(ctx, in.ID, root.Seq, ann.ID, root.Seq),
			tx.SetFollowing(ctx, in.ID, root.Seq, bob.ID, true, root.Seq),
		)
	})
	reply := w.insert(&chat.Message{Conversation: in.ID, Author: bob.ID, Body: "reply", Thread: root.Seq, ThreadOnly: true})
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.NoteReply(ctx, in.ID, root.Seq, bob.ID, reply.Seq)
	})
	unread := func(user chat.User) (n int) {
		w.Helper()
		for _, f := range must(w.ThreadsOf(ctx, user.ID, false, 10))(w) {
			n += must(w.UnreadReplies(ctx, f.Conversation, f.Root, user.ID, f.Seen))(w)
		}
		return n
	}
	if a, b := unread(ann), unread(bob); a != 1 || b != 0 {
		w.Errorf("%d are unread to ann and %d to bob, want 1 and 0", a, b)
	}
	if got := must(w.ThreadFollowers(ctx, in.ID, root.Seq))(w); len(got) != 2 {
		w.Errorf("the followers are %v", got)
	}
	see := func(to chat.Seq) (moved bool) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) (err error) {
			moved, err = tx.SetThreadSeen(ctx, in.ID, root.Seq, ann.ID, to)
			return err
		})
		return moved
	}
	if !see(reply.Seq) || see(reply.Seq) || see(root.Seq) || unread(ann) != 0 {
		w.Errorf("%d are unread after reading", unread(ann))
	}
	if got := must(w.ThreadsOf(ctx, ann.ID, true, 10))(w); len(got) != 1 || got[0].Seen != reply.Seq || got[0].Latest != reply.Seq {
		w.Errorf("ann follows %+v", got)
	}
	// A reply of somebody else makes nobody follow a thread.
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(
			tx.SetFollowing(ctx, in.ID, root.Seq, ann.ID, false, reply.Seq),
			tx.JoinThread(ctx, in.ID, root.Seq, ann.ID, 0),
		)
	})
	if f := must(w.ThreadFollower(ctx, in.ID, root.Seq, ann.ID))(w); f.Following || len(must(w.ThreadsOf(ctx, ann.ID, true, 10))(w)) != 0 {
		w.Errorf("ann is %+v", f)
	}
	// Members who leave follow nothing of the conversation.
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMembership(ctx, in.ID, bob.ID) })
	if got := must(w.ThreadsOf(ctx, bob.ID, true, 10))(w); len(got) != 0 {
		w.Errorf("after leaving, bob follows %+v", got)
	}
	// Nobody follows a thread whose root has expired.
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.SetFollowing(ctx, in.ID, root.Seq, ann.ID, true, reply.Seq)
	})
	w.update(func(ctx context.Context, tx chat.Tx) error {
		_, err := tx.Expire(ctx, chat.Expiring{Conversation: in.ID, Before: reply.SentAt}, 10)
		return err
	})
	if got := must(w.ThreadsOf(ctx, ann.ID, true, 10))(w); len(got) != 0 {
		w.Errorf("ann follows %+v, which has expired", got)
	}
}
