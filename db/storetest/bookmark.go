package storetest

import (
	"context"
	"errors"
	"slices"

	"confab/app/chat"
)

// Pinned and saved messages are listed with the latest first, as far as they may be seen.
// They go with the message.
func bookmarks(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in, other := w.group("x", ann, bob), w.group("y", ann)
	first, second, third := w.post(in, ann, "first"), w.post(in, bob, "second"), w.post(other, ann, "third")
	at := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(
			tx.InsertPin(ctx, second, ann.ID, at), tx.InsertPin(ctx, first, bob.ID, w.now()), tx.InsertPin(ctx, first, ann.ID, w.now()),
			tx.InsertSaved(ctx, first, ann.ID, at), tx.InsertSaved(ctx, third, ann.ID, w.now()), tx.InsertSaved(ctx, first, ann.ID, w.now()),
			tx.InsertSaved(ctx, second, bob.ID, at),
		)
	})
	ctx := w.Context()
	pinned := func(floor chat.Seq) []string {
		return each(must(w.Pins(ctx, in.ID, floor))(w), func(p chat.Pin) string { return p.Message.Body + " by " + p.By })
	}
	saved := func(u chat.User) []string {
		return each(must(w.Saved(ctx, u.ID))(w), func(s chat.Saved) string { return s.Message.Body })
	}
	same := func(what string, got []string, want ...string) {
		w.Helper()
		if !slices.Equal(got, want) {
			w.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	same("pinned", pinned(0), "first by bob", "second by ann")
	same("pinned above a floor", pinned(1), "second by ann")
	same("saved by ann", saved(ann), "third", "first")
	same("saved by bob", saved(bob), "second")
	if got := must(w.Pins(ctx, in.ID, 0))(w)[1].At; !got.Equal(at) {
		w.Errorf("the second was pinned at %v, want %v", got, at)
	}
	for seq, want := range map[chat.Seq]bool{1: true, 2: true, 3: false} {
		if got := must(w.Pinned(ctx, in.ID, seq))(w); got != want {
			w.Errorf("number %d is pinned: %v", seq, got)
		}
		if got := must(w.IsSaved(ctx, in.ID, seq, ann.ID))(w); got != (seq == 1) {
			w.Errorf("ann has saved number %d: %v", seq, got)
		}
	}
	// Members see what they have saved while they are members, and above their floors.
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMembership(ctx, other.ID, ann.ID) })
	same("saved after leaving", saved(ann), "first")
	w.join(other, ann, chat.RoleMember, 1)
	same("saved after joining later", saved(ann), "first")

	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.DeletePin(ctx, second), tx.DeleteSaved(ctx, second, bob.ID))
	})
	same("pinned after one was unpinned", pinned(0), "first by bob")
	same("saved after one was removed", saved(bob))
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.InsertPin(ctx, second, ann.ID, at), tx.InsertSaved(ctx, second, bob.ID, at))
	})
	first.DeletedAt = w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMessage(ctx, first) })
	same("pinned after a deletion", pinned(0), "second by ann")
	same("saved after a deletion", saved(ann))
	w.update(func(ctx context.Context, tx chat.Tx) error {
		_, err := tx.Expire(ctx, chat.Expiring{Conversation: in.ID, Before: w.now()}, 100)
		return err
	})
	same("pinned after messages expired", pinned(0))
	same("saved after messages expired", saved(bob))
}
