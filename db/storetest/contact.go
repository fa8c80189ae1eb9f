package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

func blocks(w *world) {
	ann, bob, cyd := w.user("ann"), w.user("bob"), w.user("cyd")
	at := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.InsertBlock(ctx, ann.ID, cyd.ID, at), tx.InsertBlock(ctx, ann.ID, bob.ID, at), tx.InsertBlock(ctx, ann.ID, bob.ID, w.now()))
	})
	ctx := w.Context()
	got := must(w.Blocks(ctx, ann.ID))(w)
	if names := each(got, func(b chat.Block) string { return b.User.Name }); !slices.Equal(names, []string{"bob", "cyd"}) || !got[1].At.Equal(at) {
		w.Errorf("ann has blocked %v", got)
	}
	for _, c := range []struct {
		one, other chat.User
		want       bool
	}{{ann, bob, true}, {bob, ann, false}, {cyd, bob, false}} {
		if got := must(w.HasBlocked(ctx, c.one.ID, c.other.ID))(w); got != c.want {
			w.Errorf("%s has blocked %s: %v", c.one.Name, c.other.Name, got)
		}
	}
	for _, want := range []bool{true, false} {
		w.update(func(ctx context.Context, tx chat.Tx) error {
			was, err := tx.DeleteBlock(ctx, ann.ID, bob.ID)
			if was != want {
				w.Errorf("there was a block to remove: %v, want %v", was, want)
			}
			return err
		})
	}
	if must(w.HasBlocked(ctx, ann.ID, bob.ID))(w) {
		w.Error("the removed block still holds")
	}
}

// Two users are acquainted if they share a group other than #general, or if both wrote
// in their direct messages.
func acquainted(w *world) {
	ann, bob, cyd, dan := w.user("ann"), w.user("bob"), w.user("cyd"), w.user("dan")
	w.group(chat.GeneralName, ann, bob, cyd, dan)
	w.group("x", ann, bob)
	direct := w.direct(ann, cyd)
	is := func(other chat.User, want bool) {
		w.Helper()
		for _, pair := range [][2]chat.User{{ann, other}, {other, ann}} {
			if got := must(w.Acquainted(w.Context(), pair[0].ID, pair[1].ID))(w); got != want {
				w.Errorf("%s knows %s: %v", pair[0].Name, pair[1].Name, got)
			}
		}
	}
	is(bob, true)
	is(dan, false)
	is(cyd, false)
	w.post(direct, ann, "hello")
	is(cyd, false)
	w.post(direct, cyd, "hello")
	is(cyd, true)
}

func invitations(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	x, y, z := w.group("x", ann), w.group("y", ann), w.group("z", ann)
	long := w.now()
	first, second := w.now(), w.now()
	invite := func(in chat.Conversation, at time.Time, hidden bool) {
		w.Helper()
		w.update(func(ctx context.Context, tx chat.Tx) error {
			return tx.InsertInvitation(ctx, in.ID, bob.ID, ann.ID, at, hidden)
		})
	}
	invite(x, first, false)
	invite(y, second, false)
	invite(z, second, true)
	ctx := w.Context()
	list := func(want ...string) {
		w.Helper()
		got := must(w.Invitations(ctx, bob.ID, long, 10))(w)
		if names := each(got, func(i chat.GroupInvitation) string { return i.Conversation.Name }); !slices.Equal(names, want) {
			w.Errorf("bob is invited to %v, want %v", names, want)
		}
		for _, i := range got {
			if i.From.ID != ann.ID || i.Members != 1 {
				w.Errorf("an invitation is %+v", i)
			}
		}
		if n := must(w.CountInvitationsOf(ctx, bob.ID, long))(w); n != len(want) {
			w.Errorf("bob has %d invitations, want %v", n, want)
		}
		for _, c := range []chat.Conversation{x, y, z} {
			for name, id := range map[string]uuid.UUID{c.Name: uuid.Nil, "": c.UID} {
				i, err := w.InvitationTo(ctx, bob.ID, long, name, id)
				if !slices.Contains(want, c.Name) {
					w.absent("the invitation to #"+c.Name, err)
				} else if err != nil || i.Conversation.ID != c.ID || i.From.ID != ann.ID || i.Members != 1 {
					w.Errorf("the invitation to #%s is %+v, %v", c.Name, i, err)
				}
			}
		}
	}
	list("y", "x")
	if got := must(w.CountInvitations(ctx, bob.ID, ann.ID, long))(w); got != 3 {
		w.Errorf("there are %d invitations, with the hidden one", got)
	}
	if got := must(w.CountInvitations(ctx, bob.ID, ann.ID, first))(w); got != 2 {
		w.Errorf("there are %d later invitations", got)
	}
	if got := userNames(must(w.InvitedTo(ctx, z.ID, long))(w)); !slices.Equal(got, []string{"bob"}) {
		w.Errorf("the people invited to #z are %v, want bob, from whom it is hidden", got)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.HideInvitation(ctx, y.ID, bob.ID) })
	list("x")
	// When bob becomes a member, the invitation and the record that he left both go.
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertDeparture(ctx, x.ID, bob.ID, w.now()) })
	if !must(w.HasLeft(ctx, x.ID, bob.ID))(w) {
		w.Error("the store does not record that bob left")
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.InsertMembership(ctx, chat.Membership{Conversation: x.ID, User: bob.ID, Role: chat.RoleMember, Added: true})
	})
	list()
	if must(w.HasLeft(ctx, x.ID, bob.ID))(w) {
		w.Error("after coming back, bob is still recorded as having left")
	}
	if all, added, err := w.CountConversations(ctx, bob.ID); err != nil || all != 1 || added != 1 {
		w.Errorf("bob is in %d conversations, and was added to %d, %v", all, added, err)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.DeleteInvitationsTo(ctx, y.ID), tx.PruneInvitations(ctx, second))
	})
	if got := must(w.CountInvitations(ctx, bob.ID, ann.ID, long))(w); got != 1 {
		w.Errorf("%d invitations are left, want that to #z", got)
	}
	invite(z, second, false)
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.HideInvitationsFrom(ctx, bob.ID, bob.ID) })
	list("z")
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.HideInvitationsFrom(ctx, bob.ID, ann.ID) })
	list()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.PruneInvitations(ctx, second.Add(time.Second)) })
	if got := must(w.CountInvitations(ctx, bob.ID, ann.ID, long))(w); got != 0 {
		w.Errorf("%d invitations are left", got)
	}
}

// The lists with entries are those of the user alone. Hidden invitations and threads whose
// replies the user has seen do not count.
func outstanding(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in, elsewhere := w.group("x", ann, bob), w.group("y", ann)
	root := w.post(in, ann, "root")
	is := func(want chat.Outstanding) {
		w.Helper()
		if got := must(w.Outstanding(w.Context(), bob.ID))(w); got != want {
			w.Errorf("bob's lists with entries are %+v, want %+v", got, want)
		}
		if got := must(w.Outstanding(w.Context(), ann.ID))(w); got != (chat.Outstanding{}) {
			w.Errorf("ann's lists with entries are %+v, want none", got)
		}
	}
	is(chat.Outstanding{})
	var want chat.Outstanding
	at := w.now()
	for _, step := range []struct {
		do   func(ctx context.Context, tx chat.Tx) error
		then func()
	}{
		{func(ctx context.Context, tx chat.Tx) error {
			return tx.InsertInvitation(ctx, elsewhere.ID, bob.ID, ann.ID, at, true)
		}, func() {}},
		{func(ctx context.Context, tx chat.Tx) error {
			return tx.InsertInvitation(ctx, in.ID, bob.ID, ann.ID, at, false)
		}, func() { want.Invitations = true }},
		{func(ctx context.Context, tx chat.Tx) error { return tx.InsertBlock(ctx, bob.ID, ann.ID, at) }, func() { want.Blocks = true }},
		{func(ctx context.Context, tx chat.Tx) error {
			_, err := tx.InsertLater(ctx, chat.Later{ID: uuid.New(), User: bob.ID, Body: "tea", At: at, Zone: "UTC", MadeAt: at})
			return err
		}, func() { want.Laters = true }},
		{func(ctx context.Context, tx chat.Tx) error {
			return tx.JoinThread(ctx, in.ID, root.Seq, bob.ID, root.Seq)
		}, func() {}},
		{func(ctx context.Context, tx chat.Tx) error {
			return tx.NoteReply(ctx, in.ID, root.Seq, ann.ID, root.Seq+1)
		}, func() { want.Threads = true }},
		{func(ctx context.Context, tx chat.Tx) error {
			_, err := tx.SetThreadSeen(ctx, in.ID, root.Seq, bob.ID, root.Seq+1)
			return err
		}, func() { want.Threads = false }},
	} {
		w.update(step.do)
		step.then()
		is(want)
	}
}
