package db

import (
	"context"

	"confab/app"
	"confab/db/query"
)

func (r reader) Key(ctx context.Context, fingerprint string) (app.AuthorizedKey, error) {
	row, err := r.q.Key(ctx, fingerprint)
	return key(query.KeysOfRow(row)), failed("finding a key", err)
}

func (r reader) Keys(ctx context.Context, name string) ([]app.AuthorizedKey, error) {
	if name == "" {
		rows, err := r.q.AllKeys(ctx)
		found := make([]app.AuthorizedKey, len(rows))
		for i, row := range rows {
			found[i] = key(query.KeysOfRow(row))
		}
		return found, failed("listing the keys", err)
	}
	rows, err := r.q.KeysOf(ctx, name)
	found := make([]app.AuthorizedKey, len(rows))
	for i, row := range rows {
		found[i] = key(row)
	}
	return found, failed("listing an account's keys", err)
}

func (t tx) InsertKey(ctx context.Context, k app.AuthorizedKey) error {
	return failed("adding a key", t.q.InsertKey(ctx, query.InsertKeyParams{
		Fingerprint: k.Fingerprint, UserID: int64(k.UserID), Type: k.Type, Line: k.Line, Comment: k.Comment, AddedAt: millis(k.AddedAt),
	}))
}

func (t tx) DeleteKey(ctx context.Context, fingerprint string) error {
	return failed("removing a key", t.q.DeleteKey(ctx, fingerprint))
}

func key(row query.KeysOfRow) app.AuthorizedKey {
	return app.AuthorizedKey{
		Fingerprint: row.Fingerprint, UserID: app.UserID(row.UserID), UserName: row.UserName,
		Type: row.Type, Line: row.Line, Comment: row.Comment, AddedAt: fromMillis(row.AddedAt),
		LastUsedAt: fromZeroMillis(row.LastUsedAt),
	}
}
