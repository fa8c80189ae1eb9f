package rows

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// hookReader is chat.HookReader on the connection of q.
type hookReader struct{ q *query.Queries }

func (r hookReader) Hook(ctx context.Context, number int64) (chat.Hook, error) {
	row, err := r.q.Hook(ctx, number)
	if err != nil {
		return chat.Hook{}, Failed("finding a webhook", err)
	}
	return hook(row)
}

func (r hookReader) Hooks(ctx context.Context, conversation chat.ConversationID) ([]chat.Hook, error) {
	var rows []query.HookView
	var err error
	if conversation == 0 {
		rows, err = r.q.AllHooks(ctx)
	} else {
		rows, err = r.q.Hooks(ctx, int64(conversation))
	}
	if err != nil {
		return nil, Failed("listing webhooks", err)
	}
	return all(rows, hook)
}

func (r hookReader) HooksBySelector(ctx context.Context, selector []byte) ([]chat.Hook, error) {
	rows, err := r.q.HooksBySelector(ctx, selector)
	if err != nil {
		return nil, Failed("finding a webhook", err)
	}
	return all(rows, hook)
}

func (r hookReader) CountHooksMade(ctx context.Context, by chat.UserID, since time.Time) (int, error) {
	n, err := r.q.CountHooksMade(ctx, query.CountHooksMadeParams{MadeBy: int64(by), MadeAt: Millis(since)})
	return int(n), Failed("counting webhooks", err)
}

// hookTx is chat.HookTx in a transaction.
type hookTx struct{ hookReader }

func (t hookTx) InsertHook(ctx context.Context, h chat.Hook) (int64, error) {
	number, err := t.q.InsertHook(ctx, query.InsertHookParams{
		ID: h.ID[:], ConversationID: int64(h.Conversation), UserID: int64(h.Bot),
		Selector: chat.HookSelector(h.Hash), Hash: h.Hash, MadeBy: int64(h.MadeBy), MadeAt: Millis(h.MadeAt),
	})
	return number, Failed("adding a webhook", err)
}

func (t hookTx) RevokeHook(ctx context.Context, number int64) error {
	return Failed("revoking a webhook", t.q.RevokeHook(ctx, number))
}

func (t hookTx) UseHook(ctx context.Context, number int64, at time.Time) error {
	return Failed("noting the use of a webhook", t.q.UseHook(ctx, query.UseHookParams{UsedAt: Millis(at.Truncate(time.Minute)), Number: number}))
}

func hook(row query.HookView) (chat.Hook, error) {
	id, err := uuid.FromBytes(row.ID)
	h := chat.Hook{
		Number: row.Number, ID: id, Conversation: chat.ConversationID(row.ConversationID), Group: row.GroupName,
		Bot: chat.UserID(row.UserID), BotName: shownName(row.BotName), Hash: row.Hash,
		MadeBy: chat.UserID(row.MadeBy), Maker: cmp.Or(shownName(row.Maker), chat.HostActor),
		MadeAt: fromMillis(row.MadeAt), UsedAt: fromZeroMillis(row.UsedAt), Revoked: row.Revoked != 0,
	}
	return h, Failed("reading a webhook", err)
}
