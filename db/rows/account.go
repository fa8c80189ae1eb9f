package rows

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

// accountReader is chat.AccountReader on the connection of q.
type accountReader struct{ q *query.Queries }

func (r accountReader) UserByKey(ctx context.Context, fingerprint string) (chat.User, error) {
	row, err := r.q.UserByKey(ctx, fingerprint)
	if err != nil {
		return chat.User{}, Failed("finding the account of a key", err)
	}
	return user(row)
}

func (r accountReader) UserByName(ctx context.Context, name string) (chat.User, error) {
	if strings.HasPrefix(name, DeletedPrefix) {
		return chat.User{}, Failed("finding an account", chat.ErrNotFound)
	}
	row, err := r.q.UserByName(ctx, name)
	if err != nil {
		return chat.User{}, Failed("finding an account", err)
	}
	return user(row)
}

func (r accountReader) UserByID(ctx context.Context, id chat.UserID) (chat.User, error) {
	row, err := r.q.UserByID(ctx, int64(id))
	if err != nil {
		return chat.User{}, Failed("finding an account", err)
	}
	return user(row)
}

func (r accountReader) Users(ctx context.Context) ([]chat.User, error) {
	rows, err := r.q.Users(ctx)
	if err != nil {
		return nil, Failed("listing accounts", err)
	}
	return all(rows, user)
}

func (r accountReader) DeletedUsers(ctx context.Context) ([]chat.FormerName, error) {
	rows, err := r.q.DeletedUsers(ctx)
	found := make([]chat.FormerName, len(rows))
	for i, row := range rows {
		found[i] = chat.FormerName{User: chat.UserID(row.ID), Name: row.Name, EndedAt: fromZeroMillis(row.EndedAt)}
	}
	return found, Failed("listing deleted accounts", err)
}

func (r accountReader) Owners(ctx context.Context) ([]chat.User, error) {
	rows, err := r.q.Owners(ctx)
	if err != nil {
		return nil, Failed("finding the owners", err)
	}
	return all(rows, user)
}

func (r accountReader) UserBySkeleton(ctx context.Context, skeleton string) (chat.User, error) {
	row, err := r.q.UserBySkeleton(ctx, skeleton)
	if err != nil {
		return chat.User{}, Failed("finding an account by what it looks like", err)
	}
	return user(row)
}

func (r accountReader) FormerNames(ctx context.Context, of chat.UserID) ([]chat.FormerName, error) {
	rows, err := r.q.FormerNames(ctx, int64(of))
	return formerNames(rows), Failed("listing former names", err)
}

func (r accountReader) NamesKeptBack(ctx context.Context, skeleton string, since time.Time) ([]chat.FormerName, error) {
	rows, err := r.q.NamesKeptBack(ctx, query.NamesKeptBackParams{Skeleton: skeleton, EndedAt: Millis(since)})
	return formerNames(rows), Failed("finding a former name", err)
}

func (r accountReader) Staff(ctx context.Context) ([]chat.User, error) {
	rows, err := r.q.Staff(ctx)
	if err != nil {
		return nil, Failed("finding the staff", err)
	}
	return all(rows, user)
}

func (r accountReader) LastSeen(ctx context.Context, id chat.UserID) (at time.Time, shared bool, err error) {
	row, err := r.q.LastSeen(ctx, query.LastSeenParams{Preference: chat.LastSeenPreference, ID: int64(id)})
	return fromZeroMillis(row.LastSeen), row.Shared != 0, Failed("finding when somebody was last seen", err)
}

func (r accountReader) NextStatusEnd(ctx context.Context) (time.Time, error) {
	at, err := r.q.NextStatusEnd(ctx)
	return fromZeroMillis(at), Failed("finding the next status that ends", err)
}

func (r accountReader) StatusesUntil(ctx context.Context, at time.Time, limit int) ([]chat.User, error) {
	rows, err := r.q.StatusesUntil(ctx, query.StatusesUntilParams{StatusUntil: Millis(at), Limit: int64(limit)})
	if err != nil {
		return nil, Failed("finding statuses that have ended", err)
	}
	return all(rows, user)
}

// accountTx is chat.AccountTx in a transaction.
type accountTx struct{ accountReader }

func (t accountTx) InsertUser(ctx context.Context, u chat.User) (chat.User, error) {
	id, err := t.q.InsertUser(ctx, query.InsertUserParams{
		Uid: u.UID[:], Name: u.Name, Skeleton: text.Skeleton(u.Name), Role: string(u.Role), Bot: Integer(u.Bot), CreatedAt: Millis(u.CreatedAt),
	})
	u.ID = chat.UserID(id)
	return u, Failed("adding an account", err)
}

func (t accountTx) SetUserRole(ctx context.Context, user chat.UserID, role chat.Role) error {
	return Failed("changing a role", errors.Join(
		t.q.SetUserRole(ctx, query.SetUserRoleParams{Role: string(role), ID: int64(user)}),
		t.q.SetGeneralRole(ctx, query.SetGeneralRoleParams{Role: string(role), UserID: int64(user)}),
	))
}

func (t accountTx) SetUserDisabled(ctx context.Context, user chat.UserID, disabled bool) error {
	return Failed("disabling an account", t.q.SetUserDisabled(ctx, query.SetUserDisabledParams{Disabled: Integer(disabled), ID: int64(user)}))
}

func (t accountTx) EraseUser(ctx context.Context, user chat.UserID) error {
	id := int64(user)
	return Failed("erasing an account", errors.Join(
		t.q.DeleteKeysOf(ctx, id), t.q.ErasePreferences(ctx, id), t.q.EraseSlowPosts(ctx, id), t.q.EraseDrafts(ctx, id), t.q.EraseCodes(ctx, id), t.q.EraseSaved(ctx, id),
		t.q.EraseBlocks(ctx, id), t.q.EraseInvitations(ctx, id), t.q.EraseDepartures(ctx, id), t.q.EraseLaters(ctx, id), t.q.EraseFollower(ctx, id), t.q.EraseUser(ctx, id),
	))
}

func (t accountTx) PruneErasedNames(ctx context.Context, before time.Time) error {
	return Failed("pruning former names", t.q.PruneErasedNames(ctx, Millis(before)))
}

func (t accountTx) SetUserName(ctx context.Context, id chat.UserID, name string) error {
	// Codes name the account that made them, and the old name finds them. So they
	// change before the account does.
	err := t.q.RenameCodes(ctx, query.RenameCodesParams{Name: name, ID: int64(id)})
	return Failed("changing a name", errors.Join(err, t.q.SetUserName(ctx, query.SetUserNameParams{Name: name, Skeleton: text.Skeleton(name), ID: int64(id)})))
}

func (t accountTx) SetDisplayName(ctx context.Context, id chat.UserID, name string) error {
	return Failed("changing a display name", t.q.SetDisplayName(ctx, query.SetDisplayNameParams{DisplayName: name, ID: int64(id)}))
}

func (t accountTx) SetStatus(ctx context.Context, id chat.UserID, s chat.Status) error {
	return Failed("setting a status", t.q.SetStatus(ctx, query.SetStatusParams{Status: s.Text, StatusUntil: zeroMillis(s.Until), ID: int64(id)}))
}

func (t accountTx) SetLastSeen(ctx context.Context, id chat.UserID, at time.Time) error {
	if at.IsZero() {
		return Failed("forgetting when somebody was last seen", t.q.ForgetLastSeen(ctx, int64(id)))
	}
	return Failed("noting when somebody was last seen", t.q.SetLastSeen(ctx, query.SetLastSeenParams{
		At: Millis(at.Truncate(time.Minute)), ID: int64(id), Preference: chat.LastSeenPreference,
	}))
}

func (t accountTx) InsertFormerName(ctx context.Context, n chat.FormerName) error {
	return Failed("keeping a former name", t.q.InsertFormerName(ctx, query.InsertFormerNameParams{
		UserID: int64(n.User), Name: n.Name, Skeleton: text.Skeleton(n.Name), EndedAt: Millis(n.EndedAt),
	}))
}

func user(row query.User) (chat.User, error) {
	uid, err := uuid.FromBytes(row.Uid)
	return chat.User{
		ID: chat.UserID(row.ID), UID: uid, Name: shownName(row.Name), Role: chat.Role(row.Role), CreatedAt: fromMillis(row.CreatedAt),
		DisplayName: row.DisplayName, ReceiptsOff: row.ReceiptsOff != 0, Bot: row.Bot != 0, Disabled: row.Disabled != 0,
		Status: status(row.Status, row.StatusUntil),
	}, Failed("reading an account", err)
}

func status(text string, until int64) chat.Status {
	return chat.Status{Text: text, Until: fromZeroMillis(until)}
}

// DeletedPrefix begins the names of deleted accounts. A handle cannot contain a
// colon.
const DeletedPrefix = "deleted:"

// shownName returns the name of an account for screens.
func shownName(name string) string {
	if strings.HasPrefix(name, DeletedPrefix) {
		return chat.DeletedName
	}
	return name
}

func formerNames(rows []query.FormerName) []chat.FormerName {
	found := make([]chat.FormerName, len(rows))
	for i, row := range rows {
		found[i] = chat.FormerName{User: chat.UserID(row.UserID), Name: row.Name, EndedAt: fromMillis(row.EndedAt)}
	}
	return found
}
