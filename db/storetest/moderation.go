package storetest

import (
	"context"
	"slices"
	"time"

	"confab/app/chat"
)

func bans(w *world) {
	bob := w.user("bob")
	account := chat.Ban{Kind: chat.BanAccount, User: bob.ID, MadeAt: w.now(), MadeBy: "ann", Reason: "spam"}
	key := chat.Ban{Kind: chat.BanKey, Target: "SHA256:x", MadeAt: w.now(), EndsAt: w.now(), MadeBy: "host"}
	network := chat.Ban{Kind: chat.BanNetwork, Target: "192.0.2.0/24", MadeAt: w.now(), MadeBy: "host"}
	for _, b := range []chat.Ban{account, key, network} {
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertBan(ctx, b) })
	}
	ctx := w.Context()
	titles := func(list []chat.Ban) []string { return each(list, chat.Ban.Title) }
	got := must(w.Bans(ctx))(w)
	if !slices.Equal(titles(got), []string{"@bob", "SHA256:x", "192.0.2.0/24"}) {
		w.Fatalf("the bans are %v", titles(got))
	}
	if b := got[0]; b.User != bob.ID || b.Reason != "spam" || b.MadeBy != "ann" || !b.MadeAt.Equal(account.MadeAt) || !b.EndsAt.IsZero() {
		w.Errorf("the ban of bob is %+v", b)
	}
	if b := got[1]; !b.EndsAt.Equal(key.EndsAt) {
		w.Errorf("the ban of the key is %+v", b)
	}
	if got := titles(must(w.BansOf(ctx, bob.ID, "SHA256:x"))(w)); len(got) != 2 || !slices.Contains(got, "@bob") || !slices.Contains(got, "SHA256:x") {
		w.Errorf("the bans of bob and of the key are %v", got)
	}
	if got := must(w.BansOf(ctx, bob.ID+1, "SHA256:y"))(w); len(got) != 0 {
		w.Errorf("the bans of others are %v", titles(got))
	}
	key.Reason, key.EndsAt = "again", time.Time{}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertBan(ctx, key) })
	if got := must(w.BansOf(ctx, 0, "SHA256:x"))(w); len(got) != 1 || got[0].Reason != "again" || !got[0].EndsAt.IsZero() {
		w.Errorf("after a second ban of the key there is %+v", got)
	}
	for _, want := range []bool{true, false} {
		w.update(func(ctx context.Context, tx chat.Tx) error {
			was, err := tx.DeleteBan(ctx, network)
			if was != want {
				w.Errorf("there was a ban to remove: %v, want %v", was, want)
			}
			return err
		})
	}
	if got := must(w.Bans(ctx))(w); len(got) != 2 {
		w.Errorf("the bans are %v", titles(got))
	}
}

// silences are bans that memberships and lists show.
func silences(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("ops", ann, bob)
	ctx := w.Context()
	silence := chat.Ban{Kind: chat.BanSilence, User: bob.ID, MadeAt: w.now(), EndsAt: w.now().Add(time.Hour), MadeBy: "ann", Reason: "too loud"}
	ban := chat.Ban{Kind: chat.BanAccount, User: bob.ID, MadeAt: w.now(), MadeBy: "host"}
	of := func(user chat.User) []*chat.Ban {
		found := []*chat.Ban{must(w.Membership(ctx, in.ID, user.ID))(w).Silence}
		for _, l := range must(w.ListOf(ctx, user.ID))(w) {
			found = append(found, l.Mine.Silence)
		}
		return found
	}
	is := func(when string, user chat.User, want *chat.Ban) {
		for i, got := range of(user) {
			if (got == nil) != (want == nil) || got != nil && (got.Reason != want.Reason || got.Title() != want.Title() || !got.EndsAt.Equal(want.EndsAt) || got.MadeBy != want.MadeBy || got.Kind != want.Kind) {
				w.Errorf("%s, the silence of %s in place %d is %+v", when, user.Name, i, got)
			}
		}
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertBan(ctx, ban) })
	is("with a ban only", bob, nil)
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.InsertBan(ctx, silence) })
	want := silence
	want.UserName = "bob"
	is("after it", bob, &want)
	is("after it", ann, nil)
	if got := must(w.BansOf(ctx, bob.ID, ""))(w); len(got) != 1 || got[0].Kind != chat.BanAccount {
		w.Errorf("what keeps bob out is %+v", got)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { _, err := tx.DeleteBan(ctx, silence); return err })
	is("after the end", bob, nil)
	if got := must(w.Bans(ctx))(w); len(got) != 1 || got[0].Kind != chat.BanAccount {
		w.Errorf("the bans are %+v", got)
	}
	// The role of the account is in the same places.
	for _, role := range []chat.Role{chat.RoleAdmin, chat.RoleMember} {
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetUserRole(ctx, bob.ID, role) })
		staff := must(w.Membership(ctx, in.ID, bob.ID))(w).Staff
		for _, l := range must(w.ListOf(ctx, bob.ID))(w) {
			if l.Mine.Staff != staff {
				w.Errorf("the list says that bob is staff: %v", l.Mine.Staff)
			}
		}
		if staff != (role == chat.RoleAdmin) {
			w.Errorf("bob is %s and staff: %v", role, staff)
		}
	}
}

// slowMode is a setting of a group, with the times of the last messages.
func slowMode(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("ops", ann, bob)
	ctx := w.Context()
	set := func(slow time.Duration, readOnly bool) {
		in.Slow, in.ReadOnly = slow, readOnly
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UpdateConversation(ctx, in) })
		if got := must(w.Conversation(ctx, in.ID))(w); got.Slow != slow || got.ReadOnly != readOnly {
			w.Errorf("the settings are %v and %v", got.Slow, got.ReadOnly)
		}
	}
	last := func(user chat.User) time.Time { return must(w.LastSlowPost(ctx, in.ID, user.ID))(w) }
	set(30*time.Second, true)
	if at := last(bob); !at.IsZero() {
		w.Errorf("before the first message it is %v", at)
	}
	for _, at := range []time.Time{w.now(), w.now().Add(time.Minute)} {
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.NoteSlowPost(ctx, in.ID, bob.ID, at) })
		if got := last(bob); !got.Equal(at) {
			w.Errorf("it is %v, want %v", got, at)
		}
	}
	if at := last(ann); !at.IsZero() {
		w.Errorf("that of ann is %v", at)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMembership(ctx, in.ID, bob.ID) })
	if last(bob).IsZero() {
		w.Error("it is gone with the membership")
	}
	set(0, false)
	if at := last(bob); !at.IsZero() {
		w.Errorf("without slow mode it is %v", at)
	}
}

func audit(w *world) {
	at := w.now()
	for _, target := range []string{"one", "two", "three"} {
		w.update(func(ctx context.Context, tx chat.Tx) error {
			return tx.AppendAudit(ctx, chat.AuditEntry{At: at, Actor: "ann", Action: chat.AuditUserAdd, Target: target, Detail: "detail"})
		})
	}
	got := must(w.AuditNewest(w.Context(), 2))(w)
	if len(got) != 2 || got[0].Target != "three" || got[1].Target != "two" || got[0].ID <= got[1].ID {
		w.Fatalf("the newest entries are %+v", got)
	}
	if e := got[0]; e.Actor != "ann" || e.Action != chat.AuditUserAdd || e.Detail != "detail" || !e.At.Equal(at) {
		w.Errorf("the newest entry is %+v", e)
	}
}
