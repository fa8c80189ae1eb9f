package sqlite

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// deletedPrefix begins the names of deleted accounts. A handle cannot contain a
// colon.
const deletedPrefix = "deleted:"

// shownName returns the name of an account for screens.
func shownName(name string) string {
	if strings.HasPrefix(name, deletedPrefix) {
		return chat.DeletedName
	}
	return name
}

func (r reader) OwnMessages(ctx context.Context, of chat.UserID, after int64, limit int) ([]chat.OwnMessage, error) {
	rows, err := r.q.OwnMessages(ctx, query.OwnMessagesParams{RowID: after, AuthorID: int64(of), Limit: int64(limit)})
	if err != nil {
		return nil, failed("reading an account's messages", err)
	}
	return all(rows, func(row query.OwnMessagesRow) (chat.OwnMessage, error) {
		id, err1 := uuid.FromBytes(row.ID)
		in, err2 := uuid.FromBytes(row.ConversationUid)
		return chat.OwnMessage{
			Row: row.RowID, In: chat.ConversationID(row.ConversationID), ID: id, Conversation: in, Seq: chat.Seq(row.Seq), Body: row.Body, SentAt: fromMillis(row.SentAt),
		}, failed("reading a message", errors.Join(err1, err2))
	})
}

func (t tx) UseKey(ctx context.Context, fingerprint string, at time.Time) error {
	return failed("noting that a key was used", t.q.UseKey(ctx, query.UseKeyParams{LastUsedAt: millis(at), Fingerprint: fingerprint}))
}

func (t tx) EraseUser(ctx context.Context, user chat.UserID) error {
	id := int64(user)
	return failed("erasing an account", errors.Join(
		t.q.DeleteKeysOf(ctx, id), t.q.ErasePreferences(ctx, id), t.q.EraseDrafts(ctx, id), t.q.EraseCodes(ctx, id),
		t.q.EraseBlocks(ctx, id), t.q.EraseInvitations(ctx, id), t.q.EraseDepartures(ctx, id), t.q.EraseUser(ctx, id),
	))
}

func (t tx) PruneErasedNames(ctx context.Context, before time.Time) error {
	return failed("pruning former names", t.q.PruneErasedNames(ctx, millis(before)))
}

func (r reader) CertificatesRevoked(ctx context.Context, fingerprint string) (bool, error) {
	revoked, err := r.q.CertificatesRevoked(ctx, fingerprint)
	return revoked, failed("looking for a revocation", err)
}

func (t tx) RevokeCertificates(ctx context.Context, fingerprint string, at time.Time) error {
	return failed("revoking certificates", t.q.RevokeCertificates(ctx, query.RevokeCertificatesParams{Fingerprint: fingerprint, At: millis(at)}))
}

func (t tx) TakeCertificates(ctx context.Context, fingerprint string) error {
	return failed("taking certificates", t.q.TakeCertificates(ctx, fingerprint))
}
