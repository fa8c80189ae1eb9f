package sqlite

import (
	"context"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

func (r reader) Key(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error) {
	row, err := r.q.Key(ctx, fingerprint)
	return key(query.KeysOfRow(row)), failed("finding a key", err)
}

func (r reader) Keys(ctx context.Context, name string) ([]chat.AuthorizedKey, error) {
	if name == "" {
		rows, err := r.q.AllKeys(ctx)
		found := make([]chat.AuthorizedKey, len(rows))
		for i, row := range rows {
			found[i] = key(query.KeysOfRow(row))
		}
		return found, failed("listing the keys", err)
	}
	rows, err := r.q.KeysOf(ctx, name)
	found := make([]chat.AuthorizedKey, len(rows))
	for i, row := range rows {
		found[i] = key(row)
	}
	return found, failed("listing an account's keys", err)
}

func (t tx) InsertKey(ctx context.Context, k chat.AuthorizedKey) error {
	return failed("adding a key", t.q.InsertKey(ctx, query.InsertKeyParams{
		Fingerprint: k.Fingerprint, UserID: int64(k.UserID), Type: k.Type, Line: k.Line, Comment: k.Comment, AddedAt: millis(k.AddedAt),
	}))
}

func (t tx) DeleteKey(ctx context.Context, fingerprint string) error {
	return failed("removing a key", t.q.DeleteKey(ctx, fingerprint))
}

func key(row query.KeysOfRow) chat.AuthorizedKey {
	return chat.AuthorizedKey{
		Fingerprint: row.Fingerprint, UserID: chat.UserID(row.UserID), UserName: row.UserName,
		Type: row.Type, Line: row.Line, Comment: row.Comment, AddedAt: fromMillis(row.AddedAt),
		LastUsedAt: fromZeroMillis(row.LastUsedAt),
	}
}
