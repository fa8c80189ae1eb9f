package storetest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Reminders and scheduled messages wait in the order of their times, and stay in their
// account's list when they are due. Erasing the account deletes them.
func laters(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	ctx, made := w.Context(), w.now()
	add := func(u chat.User, to chat.ConversationID, body string, after time.Duration) (l chat.Later) {
		w.Helper()
		l = chat.Later{ID: uuid.New(), User: u.ID, Conversation: to, Body: body, At: made.Add(after), Zone: "Europe/Zurich", MadeAt: made}
		w.update(func(ctx context.Context, tx chat.Tx) (err error) {
			l.Number, err = tx.InsertLater(ctx, l)
			return err
		})
		return l
	}
	next := func() time.Duration {
		w.Helper()
		at := must(w.NextLater(ctx))(w)
		if at.IsZero() {
			return -1
		}
		return at.Sub(made)
	}
	until := func(after time.Duration, limit int) int {
		w.Helper()
		return len(must(w.LatersUntil(ctx, made.Add(after), limit))(w))
	}
	_, err := w.Later(ctx, uuid.New())
	w.absent("an unknown id", err)
	if n := next(); n != -1 {
		w.Errorf("at first, something waits for %v", n)
	}
	second := add(ann, in.ID, "second", 2*time.Hour)
	first := add(ann, 0, "first", time.Hour)
	other := add(bob, 0, "of bob", 3*time.Hour)
	if first.Number != 2 || second.Number != 1 || other.Number != 1 {
		w.Errorf("the numbers are %d, %d and %d", first.Number, second.Number, other.Number)
	}
	same := func(got, want chat.Later) {
		w.Helper()
		if !got.At.Equal(want.At) || !got.MadeAt.Equal(want.MadeAt) {
			w.Errorf("there is %+v, want %+v", got, want)
		}
		got.At, got.MadeAt = want.At, want.MadeAt
		if got != want {
			w.Errorf("there is %+v, want %+v", got, want)
		}
	}
	same(must(w.Later(ctx, second.ID))(w), second)
	if list := must(w.Laters(ctx, ann.ID))(w); len(list) != 2 || list[0].Body != "first" || !list[0].Reminder() || list[1].Reminder() {
		w.Errorf("ann has %+v", list)
	}
	if next() != time.Hour || until(time.Hour-time.Millisecond, 9) != 0 || until(time.Hour, 9) != 1 || until(9*time.Hour, 2) != 2 {
		w.Errorf("the next is after %v", next())
	}
	due := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetLaterDue(ctx, first.ID, due, "Because.") })
	if l := must(w.Later(ctx, first.ID))(w); !l.Due() || !l.DueAt.Equal(due) || l.Refused != "Because." {
		w.Errorf("what is due is %+v", l)
	}
	if next() != 2*time.Hour || until(9*time.Hour, 9) != 2 {
		w.Errorf("what is due still waits: the next is after %v", next())
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteLater(ctx, second.ID) })
	_, err = w.Later(ctx, second.ID)
	w.absent("what was deleted", err)
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.EraseUser(ctx, bob.ID) })
	if n := next(); n != -1 {
		w.Errorf("of an erased account, something waits for %v", n)
	}
	if list := must(w.Laters(ctx, ann.ID))(w); len(list) != 1 {
		w.Errorf("ann has %+v", list)
	}
}
