package storetest

import (
	"context"
	"reflect"
	"slices"

	"confab/app/chat"
)

// An account gets the messages, files and reactions of another one in pages, and searches find
// the messages under their new author.
func given(w *world) {
	ann, bob, eve := w.user("ann"), w.user("bob"), w.user("eve")
	in := w.group("x", ann, bob, eve)
	first, deleted, line := w.post(in, ann, "the first"), w.post(in, ann, "a secret"), w.insert(&chat.Message{Conversation: in.ID, Author: ann.ID, Notice: chat.NoticeTopic, Body: "all"})
	file := w.insert(&chat.Message{Conversation: in.ID, Author: ann.ID, Body: "plan.txt", File: &chat.Attachment{Name: "plan.txt", Size: 4}})
	other := w.post(in, bob, "the second")
	deleted.DeletedAt = w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMessage(ctx, deleted) })
	w.react(first, "🎉", ann, true, true)
	w.react(first, "🎉", eve, true, true)
	w.react(first, "👍", ann, true, true)
	w.react(other, "👍", ann, true, true)

	var pages []int
	for n, after := 3, int64(0); n == 3; {
		w.update(func(ctx context.Context, tx chat.Tx) (err error) {
			n, after, err = tx.GiveMessages(ctx, ann.ID, eve.ID, after, 3)
			return err
		})
		pages = append(pages, n)
	}
	if !slices.Equal(pages, []int{3, 1}) {
		w.Errorf("the pages have %v messages", pages)
	}
	reactions := 0
	w.update(func(ctx context.Context, tx chat.Tx) (err error) {
		reactions, err = tx.GiveReactions(ctx, ann.ID, eve.ID, 10)
		return err
	})
	if reactions != 3 {
		w.Errorf("%d reactions were given", reactions)
	}
	ctx := w.Context()
	for _, m := range must(w.MessagesAfter(ctx, in.ID, 0, 10))(w) {
		want := "eve"
		if m.ID == other.ID {
			want = "bob"
		}
		if m.AuthorName != want || m.Notice != "" != (m.ID == line.ID) || m.File != nil != (m.ID == file.ID) {
			w.Errorf("a message is %+v", m)
		}
	}
	if got, want := w.reactionsTo(first).Kinds, []chat.Reaction{{Emoji: "🎉", Users: []chat.UserID{eve.ID}}, {Emoji: "👍", Users: []chat.UserID{eve.ID}}}; !reflect.DeepEqual(got, want) {
		w.Errorf("the reactions are %+v", got)
	}
	if got := w.reactionsTo(other); got.Version != 2 {
		w.Errorf("the reactions have the version %d, so clients keep the former ones", got.Version)
	}
	for user, want := range map[chat.UserID]int64{ann.ID: 0, eve.ID: 4} {
		if got := must(w.BytesOf(ctx, user))(w); got != want {
			w.Errorf("account %d has files of %d bytes, want %d", user, got, want)
		}
	}
	w.finds("what eve wrote", chat.Lookup{User: bob.ID, Author: eve.ID, Limit: 10}, "plan.txt", "the first")
	w.finds("what ann wrote", chat.Lookup{User: bob.ID, Author: ann.ID, Limit: 10})
	w.finds("a word", chat.Lookup{User: bob.ID, Phrases: word("first"), Limit: 10}, "the first")
	w.finds("a deleted word", chat.Lookup{User: bob.ID, Phrases: word("secret"), Limit: 10})
}

// A direct conversation that becomes a group is found by its new name, and no longer as the
// direct conversation of its two members.
func madeGroup(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	c := w.direct(ann, bob)
	w.post(c, ann, "hello")
	w.update(func(ctx context.Context, tx chat.Tx) error {
		if err := tx.MakeGroup(ctx, c.ID); err != nil {
			return err
		}
		c.Kind, c.Name = chat.KindGroup, "ann-bob"
		return tx.UpdateConversation(ctx, c)
	})
	ctx := w.Context()
	if got := w.reload(c); got.Kind != chat.KindGroup || got.Name != "ann-bob" || got.Public {
		w.Errorf("the group is %+v", got)
	}
	_, err := w.ConversationByName(ctx, chat.DirectName(ann.ID, bob.ID))
	w.absent("the direct conversation", err)
	if found := must(w.GroupsNamed(ctx, bob.ID, "ann-bob"))(w); len(found) != 1 || found[0].ID != c.ID {
		w.Errorf("the name finds %+v", found)
	}
	if _, direct, err := w.ConversationIDs(ctx, ann.ID); err != nil || len(direct) != 0 {
		w.Errorf("ann has the direct conversations %v, %v", direct, err)
	}
}
