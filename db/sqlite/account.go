package sqlite

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/sqlite/query"
)

func (r reader) UserByKey(ctx context.Context, fingerprint string) (chat.User, error) {
	row, err := r.q.UserByKey(ctx, fingerprint)
	if err != nil {
		return chat.User{}, failed("finding the account of a key", err)
	}
	return user(row)
}

func (r reader) UserByName(ctx context.Context, name string) (chat.User, error) {
	if strings.HasPrefix(name, deletedPrefix) {
		return chat.User{}, failed("finding an account", chat.ErrNotFound)
	}
	row, err := r.q.UserByName(ctx, name)
	if err != nil {
		return chat.User{}, failed("finding an account", err)
	}
	return user(row)
}

func (r reader) UserByID(ctx context.Context, id chat.UserID) (chat.User, error) {
	row, err := r.q.UserByID(ctx, int64(id))
	if err != nil {
		return chat.User{}, failed("finding an account", err)
	}
	return user(row)
}

func (r reader) Users(ctx context.Context) ([]chat.User, error) {
	rows, err := r.q.Users(ctx)
	if err != nil {
		return nil, failed("listing accounts", err)
	}
	return all(rows, user)
}

func (r reader) Owners(ctx context.Context) ([]chat.User, error) {
	rows, err := r.q.Owners(ctx)
	if err != nil {
		return nil, failed("finding the owners", err)
	}
	return all(rows, user)
}

func (t tx) InsertUser(ctx context.Context, u chat.User) (chat.User, error) {
	id, err := t.q.InsertUser(ctx, query.InsertUserParams{
		Uid: u.UID[:], Name: u.Name, Skeleton: text.Skeleton(u.Name), Role: string(u.Role), Bot: integer(u.Bot), CreatedAt: millis(u.CreatedAt),
	})
	u.ID = chat.UserID(id)
	return u, failed("adding an account", err)
}

func (t tx) SetUserRole(ctx context.Context, user chat.UserID, role chat.Role) error {
	return failed("changing a role", errors.Join(
		t.q.SetUserRole(ctx, query.SetUserRoleParams{Role: string(role), ID: int64(user)}),
		t.q.SetGeneralRole(ctx, query.SetGeneralRoleParams{Role: string(role), UserID: int64(user)}),
	))
}

func (t tx) SetUserDisabled(ctx context.Context, user chat.UserID, disabled bool) error {
	return failed("disabling an account", t.q.SetUserDisabled(ctx, query.SetUserDisabledParams{Disabled: integer(disabled), ID: int64(user)}))
}

func user(row query.User) (chat.User, error) {
	uid, err := uuid.FromBytes(row.Uid)
	return chat.User{
		ID: chat.UserID(row.ID), UID: uid, Name: shownName(row.Name), Role: chat.Role(row.Role), CreatedAt: fromMillis(row.CreatedAt),
		DisplayName: row.DisplayName, ReceiptsOff: row.ReceiptsOff != 0, Bot: row.Bot != 0, Disabled: row.Disabled != 0,
	}, failed("reading an account", err)
}

// all converts rows into the values that they stand for.
func all[Row, T any](rows []Row, one func(Row) (T, error)) ([]T, error) {
	ts := make([]T, len(rows))
	for i, row := range rows {
		t, err := one(row)
		if err != nil {
			return nil, err
		}
		ts[i] = t
	}
	return ts, nil
}

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
