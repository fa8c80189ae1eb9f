package rows

import (
	"context"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// keyReader is chat.KeyReader on the connection of q.
type keyReader struct{ q *query.Queries }

func (r keyReader) Key(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error) {
	row, err := r.q.Key(ctx, fingerprint)
	return key(query.KeysOfRow(row)), Failed("finding a key", err)
}

func (r keyReader) Keys(ctx context.Context, name string) ([]chat.AuthorizedKey, error) {
	if name == "" {
		rows, err := r.q.AllKeys(ctx)
		found := make([]chat.AuthorizedKey, len(rows))
		for i, row := range rows {
			found[i] = key(query.KeysOfRow(row))
		}
		return found, Failed("listing the keys", err)
	}
	rows, err := r.q.KeysOf(ctx, name)
	found := make([]chat.AuthorizedKey, len(rows))
	for i, row := range rows {
		found[i] = key(row)
	}
	return found, Failed("listing an account's keys", err)
}

func (r keyReader) CertificatesRevoked(ctx context.Context, fingerprint string) (bool, error) {
	revoked, err := r.q.CertificatesRevoked(ctx, fingerprint)
	return revoked, Failed("looking for a revocation", err)
}

func (r keyReader) RevokedKeys(ctx context.Context) ([]chat.RevokedKey, error) {
	rows, err := r.q.RevokedKeys(ctx)
	found := make([]chat.RevokedKey, len(rows))
	for i, row := range rows {
		found[i] = chat.RevokedKey{Fingerprint: row.Fingerprint, At: fromMillis(row.At)}
	}
	return found, Failed("listing revoked keys", err)
}

// keyTx is chat.KeyTx in a transaction.
type keyTx struct{ keyReader }

func (t keyTx) InsertKey(ctx context.Context, k chat.AuthorizedKey) error {
	return Failed("adding a key", t.q.InsertKey(ctx, query.InsertKeyParams{
		Fingerprint: k.Fingerprint, UserID: int64(k.UserID), Type: k.Type, Line: k.Line, Comment: k.Comment, AddedAt: Millis(k.AddedAt),
	}))
}

func (t keyTx) DeleteKey(ctx context.Context, fingerprint string) error {
	return Failed("removing a key", t.q.DeleteKey(ctx, fingerprint))
}

func (t keyTx) UseKey(ctx context.Context, fingerprint string, at time.Time) error {
	return Failed("noting that a key was used", t.q.UseKey(ctx, query.UseKeyParams{LastUsedAt: Millis(at), Fingerprint: fingerprint}))
}

func (t keyTx) RevokeCertificates(ctx context.Context, fingerprint string, at time.Time) error {
	return Failed("revoking certificates", t.q.RevokeCertificates(ctx, query.RevokeCertificatesParams{Fingerprint: fingerprint, At: Millis(at)}))
}

func (t keyTx) TakeCertificates(ctx context.Context, fingerprint string) error {
	return Failed("taking certificates", t.q.TakeCertificates(ctx, fingerprint))
}

func key(row query.KeysOfRow) chat.AuthorizedKey {
	return chat.AuthorizedKey{
		Fingerprint: row.Fingerprint, UserID: chat.UserID(row.UserID), UserName: row.UserName,
		Type: row.Type, Line: row.Line, Comment: row.Comment, AddedAt: fromMillis(row.AddedAt),
		LastUsedAt: fromZeroMillis(row.LastUsedAt),
	}
}
