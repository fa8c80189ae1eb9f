package service_test

import (
	"context"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// seenStore calls a function just before a position moves back.
type seenStore struct {
	chat.Store
	before func()
}

type seenTx struct {
	chat.Tx
	before func()
}

func (s *seenStore) Update(ctx context.Context, fn func(chat.Tx) error) error {
	return s.Store.Update(ctx, func(tx chat.Tx) error { return fn(seenTx{tx, s.before}) })
}

func (t seenTx) SetSeen(ctx context.Context, c chat.ConversationID, u chat.UserID, seen chat.Seq) error {
	if t.before != nil {
		t.before()
	}
	return t.Tx.SetSeen(ctx, c, u, seen)
}

// Marking messages unread is not undone by earlier read markers that are not written yet,
// and does not move the position further back than asked for.
func TestMarkingUnreadHoldsAgainstReadsThatWait(t *testing.T) {
	t.Parallel()
	real := testkit.OpenStore(t, t.TempDir())
	store := &seenStore{Store: real}
	s := testkit.Serve(t, real, store, service.Options{})
	x := crowd(t, s, 2, "ann", "bob")
	ann, bob := x[0], x[1]
	in := group(t, ann, "ops", "bob")
	var last *chat.Message
	for range 5 {
		last = testkit.Send(t, ann, in, "hello")
	}
	visit(t, bob, in)
	unread := func(when string, want int) {
		t.Helper()
		if n, err := bob.Receipts().Unread(t.Context(), in); n != want || err != nil {
			t.Errorf("%s: %d are unread, %v; want %d", when, n, err, want)
		}
	}
	bob.Receipts().MarkRead(in, last.Seq) // waits to be written
	if err := bob.Receipts().MarkUnread(t.Context(), in, last.Seq-1); err != nil {
		t.Fatal(err)
	}
	unread("a read that waited", 2)
	store.before = func() { bob.Receipts().MarkRead(in, last.Seq) } // this happens between the two
	if err := bob.Receipts().MarkUnread(t.Context(), in, last.Seq-2); err != nil {
		t.Fatal(err)
	}
	store.before = nil
	unread("a read that came meanwhile", 3)
}
