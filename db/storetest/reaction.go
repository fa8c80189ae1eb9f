package storetest

import (
	"context"
	"errors"
	"reflect"

	"confab/app/chat"
)

// react adds a reaction, or takes it back, and checks whether that changes anything.
func (w *world) react(m *chat.Message, emoji string, u chat.User, on, changes bool) {
	w.Helper()
	at := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) (err error) {
		changed := false
		if on {
			changed, err = tx.InsertReaction(ctx, m, emoji, u.ID, at)
		} else {
			changed, err = tx.DeleteReaction(ctx, m, emoji, u.ID)
		}
		if changed != changes {
			w.Errorf("%s of %s: %v: it changes something: %v", emoji, u.Name, on, changed)
		}
		return err
	})
}

// reactionsTo returns the reactions to a message, by each way to read it.
func (w *world) reactionsTo(m *chat.Message) *chat.Reactions {
	w.Helper()
	ctx := w.Context()
	got := must(w.MessageByID(ctx, m.ID))(w).Reactions
	for how, other := range map[string]*chat.Message{
		"before": must(w.MessagesBefore(ctx, m.Conversation, 0, m.Seq+1, 1))(w)[0],
		"after":  must(w.MessagesAfter(ctx, m.Conversation, m.Seq-1, 1))(w)[0],
	} {
		if !reflect.DeepEqual(other.Reactions, got) {
			w.Errorf("%s: the reactions are %+v, by id %+v", how, other.Reactions, got)
		}
	}
	return got
}

// A message has each emoji once, in the order in which they appeared, with the accounts
// that reacted with it. Every change has a higher version.
func reactions(w *world) {
	ann, bob, eve := w.user("ann"), w.user("bob"), w.user("eve")
	in := w.group("x", ann, bob, eve)
	first, m, last := w.post(in, ann, "first"), w.post(in, ann, "hello"), w.post(in, bob, "last")
	w.react(m, "🎉", bob, true, true)
	w.react(m, "👍", bob, true, true)
	w.react(m, "🎉", eve, true, true)
	w.react(m, "🎉", eve, true, false)
	w.react(m, "🎉", bob, false, true) // 🎉 stays the first
	w.react(m, "❤️", ann, false, false)
	want := &chat.Reactions{Version: 4, Kinds: []chat.Reaction{{Emoji: "🎉", Users: []chat.UserID{eve.ID}}, {Emoji: "👍", Users: []chat.UserID{bob.ID}}}}
	if got := w.reactionsTo(m); !reflect.DeepEqual(got, want) {
		w.Errorf("the reactions are %+v, want %+v", got, want)
	}
	for _, o := range []*chat.Message{first, last} {
		if got := w.reactionsTo(o); got != nil {
			w.Errorf("number %d has %+v", o.Seq, got)
		}
	}
	who := must(w.Reactors(w.Context(), in.ID, m.Seq))(w)
	if len(who) != 2 || who[0].Name != "eve" || who[0].UID != eve.UID || who[0].Emoji != "🎉" || !who[0].At.After(last.SentAt) || who[1].Name != "bob" {
		w.Errorf("the reactions are of %+v", who)
	}
	// When the last one of a kind is gone, so is the kind. It comes back at the end.
	w.react(m, "🎉", eve, false, true)
	w.react(m, "🎉", ann, true, true)
	if got := w.reactionsTo(m); got.Version != 6 || len(got.Kinds) != 2 || got.Kinds[1].Emoji != "🎉" {
		w.Errorf("afterwards the reactions are %+v", got)
	}
	// An edit keeps them, and the search returns them. A deletion deletes them.
	m.Body, m.EditedAt = "edited", w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.EditMessage(ctx, m) })
	if got := w.reactionsTo(m); len(got.Kinds) != 2 {
		w.Errorf("after an edit the reactions are %+v", got)
	}
	hits := must(w.Search(w.Context(), chat.Lookup{User: bob.ID, Phrases: word("edited"), Limit: 10}))(w)
	if len(hits) != 1 || len(hits[0].ReactionKinds()) != 2 {
		w.Errorf("the search returns %+v", hits)
	}
	m.DeletedAt = w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMessage(ctx, m) })
	if got := w.reactionsTo(m); len(got.Kinds) != 0 {
		w.Errorf("a deleted message has %+v", got)
	}
	if own := must(w.OwnReactions(w.Context(), ann.ID))(w); len(own) != 0 {
		w.Errorf("ann still has %+v", own)
	}
}

// The reactions of a deleted account, and those to messages that have expired, are gone.
func reactionsGo(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	var all []*chat.Message
	for range 5 {
		m := w.post(in, ann, "hello")
		w.react(m, "🎉", bob, true, true)
		w.react(m, "👍", ann, true, true)
		all = append(all, m)
	}
	own := must(w.OwnReactions(w.Context(), bob.ID))(w)
	if len(own) != 5 || own[4].Message != all[4].ID || own[4].Conversation != in.UID || own[4].Emoji != "🎉" {
		w.Errorf("bob has %+v", own)
	}
	for _, want := range []int{3, 2, 0} {
		w.update(func(ctx context.Context, tx chat.Tx) error {
			n, err := tx.EraseReactions(ctx, bob.ID, 3)
			if n != want {
				err = errors.Join(err, errors.New("a wrong number of reactions was erased"))
			}
			return err
		})
	}
	for _, m := range all {
		if got := w.reactionsTo(m); got.Version != 3 || len(got.Kinds) != 1 || got.Kinds[0].Emoji != "👍" {
			w.Errorf("without bob there are %+v", got)
		}
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		_, err := tx.Expire(ctx, chat.Expiring{Conversation: in.ID, Before: all[3].SentAt}, 100)
		return err
	})
	if own := must(w.OwnReactions(w.Context(), ann.ID))(w); len(own) != 2 || own[0].Message != all[3].ID {
		w.Errorf("after messages have expired ann has %+v", own)
	}
}
