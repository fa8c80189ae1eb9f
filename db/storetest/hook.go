package storetest

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// A webhook is found by its number, its conversation and the selector of its hash. It can
// be revoked, and it is revoked when its bot is no longer a member.
func hooks(w *world) {
	ann, bot := w.user("ann"), w.user("ci")
	dev, ops := w.group("dev", ann, bot), w.group("ops", ann, bot)
	ctx, begin := w.Context(), w.now()
	add := func(in chat.Conversation, token string, by chat.UserID, maker string) chat.Hook {
		w.Helper()
		h := chat.Hook{
			ID: uuid.New(), Conversation: in.ID, Group: in.Name, Bot: bot.ID, BotName: bot.Name, Hash: chat.HashHook(token),
			MadeBy: by, Maker: maker, MadeAt: w.now(),
		}
		w.update(func(ctx context.Context, tx chat.Tx) (err error) {
			h.Number, err = tx.InsertHook(ctx, h)
			return err
		})
		return h
	}
	_, err := w.Hook(ctx, 1)
	w.absent("an unknown webhook", err)
	one, two := add(dev, "one", ann.ID, "ann"), add(ops, "two", 0, chat.HostActor)
	if one.Number == two.Number {
		w.Errorf("two webhooks have the number %d", one.Number)
	}
	same := func(what string, got, want chat.Hook) {
		w.Helper()
		if got.MadeAt.Equal(want.MadeAt) && got.UsedAt.Equal(want.UsedAt) {
			got.MadeAt, got.UsedAt = want.MadeAt, want.UsedAt
		}
		if !reflect.DeepEqual(got, want) {
			w.Errorf("%s is %+v, want %+v", what, got, want)
		}
	}
	same("the webhook of ann", must(w.Hook(ctx, one.Number))(w), one)
	same("the webhook of the host", must(w.Hook(ctx, two.Number))(w), two)
	listed := func(in chat.ConversationID, want ...int64) {
		w.Helper()
		if got := each(must(w.Hooks(ctx, in))(w), func(h chat.Hook) int64 { return h.Number }); !slices.Equal(got, want) {
			w.Errorf("conversation %d has the webhooks %d, want %d", in, got, want)
		}
	}
	listed(0, one.Number, two.Number)
	listed(dev.ID, one.Number)
	found := must(w.HooksBySelector(ctx, chat.HookSelector(one.Hash)))(w)
	if len(found) != 1 {
		w.Fatalf("%d webhooks have the selector of one", len(found))
	}
	same("the webhook with the selector", found[0], one)
	if none := must(w.HooksBySelector(ctx, chat.HookSelector(chat.HashHook("three"))))(w); len(none) != 0 {
		w.Errorf("an unknown token has %d webhooks", len(none))
	}
	if n, late := must(w.CountHooksMade(ctx, ann.ID, begin))(w), must(w.CountHooksMade(ctx, ann.ID, w.now()))(w); n != 1 || late != 0 {
		w.Errorf("ann has made %d webhooks, and %d in no time", n, late)
	}
	used := w.now()
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.UseHook(ctx, one.Number, used) })
	one.UsedAt = used.Truncate(time.Minute)
	same("the used webhook", must(w.Hook(ctx, one.Number))(w), one)
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.RevokeHook(ctx, one.Number) })
	one.Revoked = true
	same("the revoked webhook", must(w.Hook(ctx, one.Number))(w), one)
	listed(dev.ID)
	listed(0, two.Number)
	three := add(dev, "three", ann.ID, "ann")
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.DeleteMembership(ctx, ops.ID, bot.ID) })
	listed(0, three.Number)
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.EraseUser(ctx, ann.ID) })
	if h := must(w.Hook(ctx, three.Number))(w); h.Maker != chat.DeletedName || h.Revoked {
		w.Errorf("the webhook of a deleted account is %+v", h)
	}
}
