package rows

import (
	"context"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// banReader is chat.BanReader on the connection of q.
type banReader struct{ q *query.Queries }

func (r banReader) Bans(ctx context.Context) ([]chat.Ban, error) {
	rows, err := r.q.Bans(ctx)
	if err != nil {
		return nil, Failed("listing the bans", err)
	}
	return all(rows, ban)
}

func (r banReader) BansOf(ctx context.Context, user chat.UserID, fingerprint string) ([]chat.Ban, error) {
	rows, err := r.q.BansOf(ctx, query.BansOfParams{UserID: int64(user), Fingerprint: fingerprint})
	if err != nil {
		return nil, Failed("finding the bans of an account", err)
	}
	return all(rows, func(row query.BansOfRow) (chat.Ban, error) { return ban(query.BansRow(row)) })
}

// banTx is chat.BanTx in a transaction.
type banTx struct{ banReader }

func (t banTx) InsertBan(ctx context.Context, b chat.Ban) error {
	return Failed("adding a ban", t.q.InsertBan(ctx, query.InsertBanParams{
		Kind: string(b.Kind), UserID: int64(b.User), Target: b.Target,
		MadeAt: Millis(b.MadeAt), EndsAt: zeroMillis(b.EndsAt), MadeBy: b.MadeBy, Reason: b.Reason,
	}))
}

func (t banTx) DeleteBan(ctx context.Context, b chat.Ban) (bool, error) {
	n, err := t.q.DeleteBan(ctx, query.DeleteBanParams{Kind: string(b.Kind), UserID: int64(b.User), Target: b.Target})
	return n > 0, Failed("removing a ban", err)
}

func ban(row query.BansRow) (chat.Ban, error) {
	return chat.Ban{
		Kind: chat.BanKind(row.Kind), User: chat.UserID(row.UserID), UserName: shownName(row.UserName), Target: row.Target,
		MadeAt: fromMillis(row.MadeAt), EndsAt: fromZeroMillis(row.EndsAt), MadeBy: row.MadeBy, Reason: row.Reason,
	}, nil
}
