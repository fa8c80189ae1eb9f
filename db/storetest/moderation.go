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
