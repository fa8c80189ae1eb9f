package storetest

import (
	"context"
	"errors"
	"slices"

	"confab/app/chat"
	"confab/app/text"
)

// conversationIDs returns the ids of a list of conversations.
func conversationIDs(list []chat.Conversation) []chat.ConversationID {
	return each(list, func(c chat.Conversation) chat.ConversationID { return c.ID })
}

func conversations(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	group, direct := w.group("ops", ann), w.direct(ann, bob)
	ctx := w.Context()
	for _, want := range []chat.Conversation{group, direct} {
		for how, got := range map[string]chat.Conversation{
			"by id":   must(w.Conversation(ctx, want.ID))(w),
			"by uid":  must(w.ConversationByUID(ctx, want.UID))(w),
			"by name": must(w.ConversationByName(ctx, want.Name))(w),
		} {
			if got.ID != want.ID || got.UID != want.UID || got.Kind != want.Kind || got.Name != want.Name || got.Public != want.Public ||
				!got.CreatedAt.Equal(want.CreatedAt) || got.LastSeq != 0 || got.Expired != 0 || !got.LastAt.IsZero() {
				w.Errorf("%s: %+v, want %+v", how, got, want)
			}
		}
	}
	group.Name, group.Topic, group.MembersAdd, group.OpenHistory = "dev", "what we do", true, true
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UpdateConversation(ctx, group) })
	if got := w.reload(group); got.Name != "dev" || got.Topic != "what we do" || !got.MembersAdd || !got.OpenHistory || !got.Public {
		w.Errorf("after the change it is %+v", got)
	}
	_, err := w.ConversationByName(ctx, "ops")
	w.absent("the old name", err)
	_, err = w.Conversation(ctx, direct.ID+100)
	w.absent("another id", err)
	if err := w.Update(ctx, func(tx chat.Tx) error {
		_, err := tx.InsertConversation(ctx, chat.Conversation{UID: ann.UID, Kind: chat.KindGroup, Name: "dev", Public: true, CreatedAt: w.now()})
		return err
	}); err == nil {
		w.Error("two public groups have one name")
	}
	w.join(group, bob, chat.RoleMember, 0)
	if got := must(w.PublicGroups(ctx))(w); len(got) != 1 || got[0] != (chat.PublicGroup{Name: "dev", Topic: "what we do", Members: 2}) {
		w.Errorf("the public groups are %+v", got)
	}
	hidden := w.conversation(chat.Conversation{Kind: chat.KindGroup, Name: "a-plan"}, bob)
	left := w.group("left", ann)
	left.Name, left.Public = chat.LeftName(left.ID), false
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UpdateConversation(ctx, left) })
	all := must(w.Groups(ctx))(w)
	if len(all) != 2 || all[0].ID != hidden.ID || all[0].Public || all[1].ID != group.ID || all[1].Members != 2 || all[1].Topic != "what we do" {
		w.Errorf("all groups are %+v", all)
	}
}

// Several private groups may have the same name. Only their members find them by it.
func privateGroups(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	one := w.conversation(chat.Conversation{Kind: chat.KindGroup, Name: "plans"}, ann)
	other := w.conversation(chat.Conversation{Kind: chat.KindGroup, Name: "plans"}, ann, bob)
	public := w.group("p1ans", bob)
	ctx := w.Context()
	_, err := w.ConversationByName(ctx, "plans")
	w.absent("a private group by its name", err)
	for _, c := range []struct {
		user        chat.User
		named, like []chat.ConversationID
	}{
		{ann, []chat.ConversationID{one.ID, other.ID}, []chat.ConversationID{one.ID, other.ID, public.ID}},
		{bob, []chat.ConversationID{other.ID}, []chat.ConversationID{other.ID, public.ID}},
	} {
		named, like := conversationIDs(must(w.GroupsNamed(ctx, c.user.ID, "plans"))(w)), conversationIDs(must(w.GroupsLike(ctx, c.user.ID, text.Skeleton("plans")))(w))
		slices.Sort(named)
		slices.Sort(like)
		if !slices.Equal(named, c.named) || !slices.Equal(like, c.like) {
			w.Errorf("%s knows %v by the name and %v by what it looks like; want %v and %v", c.user.Name, named, like, c.named, c.like)
		}
	}
	if got := must(w.PublicGroups(ctx))(w); len(got) != 1 || got[0].Name != "p1ans" {
		w.Errorf("the public groups are %+v", got)
	}
}

// A user's list has only that user's conversations, the latest activity first.
func list(w *world) {
	ann, bob, cyd := w.user("ann"), w.user("bob"), w.user("cyd")
	x, y, direct := w.group("x", ann, bob), w.group("y", bob), w.direct(ann, bob)
	w.group("z", cyd)
	notes := w.direct(bob, bob)
	w.post(direct, bob, "to ann alone")
	w.post(x, bob, "hello")
	m := w.post(x, bob, "hello @ann")
	w.post(y, bob, "elsewhere")
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.InsertMention(ctx, x.ID, ann.ID, m.Seq), tx.SetDraft(ctx, x.ID, ann.ID, "what ann writes"))
	})
	ctx := w.Context()
	got := must(w.ListOf(ctx, ann.ID))(w)
	if len(got) != 2 || got[0].ID != x.ID || got[1].ID != direct.ID {
		w.Fatalf("ann's list is %+v", got)
	}
	if l := got[0]; l.Unread != 2 || !l.Mentioned() || l.Draft != "what ann writes" || l.Mine.Role != chat.RoleOwner || l.LastSeq != 2 {
		w.Errorf("the group is listed as %+v", l)
	}
	if l := got[1]; l.Unread != 1 || l.Mentioned() || l.Draft != "" || l.Other.ID != bob.ID {
		w.Errorf("the direct message is listed as %+v", l)
	}
	// A user's notes are a direct conversation with itself.
	w.post(notes, bob, "to myself")
	if c, err := w.ConversationByName(ctx, chat.DirectName(bob.ID, bob.ID)); err != nil || c.ID != notes.ID {
		w.Errorf("bob's notes are found as %+v, %v", c, err)
	}
	for _, l := range must(w.ListOf(ctx, bob.ID))(w) {
		if isNotes := l.ID == notes.ID; l.Notes() != isNotes || isNotes && (l.Other.Name != "bob" || l.Unread != 0) {
			w.Errorf("bob has %+v", l)
		}
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.DropDraft(ctx, x.ID, ann.ID, "what ann wrote before")
	})
	if l := must(w.ListOf(ctx, ann.ID))(w)[0]; l.Draft != "what ann writes" {
		w.Errorf("after another draft was dropped, the group is listed as %+v", l)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DropDraft(ctx, x.ID, ann.ID, "what ann writes") })
	if l := must(w.ListOf(ctx, ann.ID))(w)[0]; l.Draft != "" {
		w.Errorf("after the draft was dropped, the group is listed as %+v", l)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.SetSeen(ctx, x.ID, ann.ID, 2), tx.SetDraft(ctx, x.ID, ann.ID, ""))
	})
	if l := must(w.ListOf(ctx, ann.ID))(w)[0]; l.Unread != 0 || l.Mentioned() || l.Draft != "" {
		w.Errorf("after it was seen, the group is listed as %+v", l)
	}
	all, directs, err := w.ConversationIDs(ctx, ann.ID)
	slices.Sort(all)
	if err != nil || !slices.Equal(all, []chat.ConversationID{x.ID, direct.ID}) || !slices.Equal(directs, []chat.ConversationID{direct.ID}) {
		w.Errorf("ann is in %v, of them direct %v, %v", all, directs, err)
	}
}

// The store keeps who is a member of a conversation, in which role, and with which
// settings.
func memberships(w *world) {
	ann, bob, cyd := w.user("ann"), w.user("bob"), w.user("cyd")
	in := w.group("x", ann)
	w.post(in, ann, "before")
	w.join(in, bob, chat.RoleMember, 1)
	ctx := w.Context()
	if m := w.membership(in, cyd); m.Member() || m.Conversation != in.ID || m.User != cyd.ID {
		w.Errorf("cyd, who is not a member, is %+v", m)
	}
	if m := w.membership(in, bob); m.Role != chat.RoleMember || m.Joined != 1 || m.Markers != (chat.Markers{Delivered: 1, Read: 1, ReadFrom: 1, Seen: 1}) {
		w.Errorf("bob is %+v", m)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.InsertMembership(ctx, chat.Membership{Conversation: in.ID, User: cyd.ID, Role: chat.RoleMember, Added: true, AddedBy: ann.ID})
	})
	if l := must(w.ListOf(ctx, cyd.ID))(w)[0]; !l.New() || l.AddedBy != "ann" || l.Mine.AddedBy != ann.ID || !l.Mine.Added {
		w.Errorf("cyd, whom ann has added, has %+v", l)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetOpened(ctx, in.ID, cyd.ID) })
	if l := must(w.ListOf(ctx, cyd.ID))(w)[0]; l.New() || l.AddedBy != "" || !l.Mine.Added || l.Mine.Markers != (chat.Markers{}) {
		w.Errorf("cyd, who has opened the group, has %+v", l)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMembership(ctx, in.ID, cyd.ID) })
	until := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(
			tx.SetMemberRole(ctx, in.ID, bob.ID, chat.RoleAdmin), tx.SetPinned(ctx, in.ID, bob.ID, true),
			tx.SetMutedUntil(ctx, in.ID, bob.ID, until), tx.SetUserDisabled(ctx, bob.ID, true),
			tx.InsertMembership(ctx, chat.Membership{Conversation: in.ID, User: bob.ID, Role: chat.RoleMember}), // changes nothing: bob is a member
		)
	})
	if m := w.membership(in, bob); m.Role != chat.RoleAdmin || m.Joined != 1 || !m.Pinned || !m.MutedUntil.Equal(until) {
		w.Errorf("bob is now %+v", m)
	}
	members := must(w.Members(ctx, in.ID))(w)
	if len(members) != 2 || members[0].User != ann.ID || members[1].User != bob.ID || members[1].Name != "bob" || members[1].UID != bob.UID || !members[1].Disabled {
		w.Errorf("the members are %+v", members)
	}
	if all, owners, err := w.CountMembers(ctx, in.ID); err != nil || all != 2 || owners != 1 {
		w.Errorf("there are %d members, of them %d owners, %v", all, owners, err)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return errors.Join(tx.SetMutedUntil(ctx, in.ID, bob.ID, begin.AddDate(-100, 0, 0)), tx.SetDraft(ctx, in.ID, bob.ID, "draft"),
			tx.DeleteMembership(ctx, in.ID, bob.ID))
	})
	if m := w.membership(in, bob); m.Member() {
		w.Errorf("after leaving bob is %+v", m)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error {
		if err := tx.SetDraft(ctx, in.ID, bob.ID, "too late"); !errors.Is(err, chat.ErrNotFound) {
			w.Errorf("a draft of somebody who has left is kept: %v", err)
		}
		return nil
	})
	w.join(in, bob, chat.RoleMember, 1)
	if l := must(w.ListOf(ctx, bob.ID))(w); len(l) != 1 || l[0].Draft != "" || l[0].Mine.Pinned || l[0].Mine.Role != chat.RoleMember {
		w.Errorf("after coming back bob has %+v", l)
	}
}
