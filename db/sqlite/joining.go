package sqlite

import (
	"context"
	"errors"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

func (r reader) Setting(ctx context.Context, name string) (string, error) {
	value, err := r.q.Setting(ctx, name)
	if err = failed("reading a setting", err); errors.Is(err, chat.ErrNotFound) {
		return "", nil
	}
	return value, err
}

func (r reader) Staff(ctx context.Context) ([]chat.User, error) {
	rows, err := r.q.Staff(ctx)
	if err != nil {
		return nil, failed("finding the staff", err)
	}
	return all(rows, user)
}

func (r reader) JoinRequest(ctx context.Context, fingerprint string) (chat.JoinRequest, error) {
	row, err := r.q.JoinRequest(ctx, fingerprint)
	return joinRequest(row), failed("finding a request", err)
}

func (r reader) JoinRequestByID(ctx context.Context, id int64) (chat.JoinRequest, error) {
	row, err := r.q.JoinRequestByID(ctx, id)
	return joinRequest(row), failed("finding a request", err)
}

func (r reader) PendingRequests(ctx context.Context, limit int) ([]chat.JoinRequest, error) {
	rows, err := r.q.PendingRequests(ctx, int64(limit))
	found := make([]chat.JoinRequest, len(rows))
	for i, row := range rows {
		found[i] = joinRequest(row)
	}
	return found, failed("listing requests", err)
}

func (r reader) CountRequests(ctx context.Context) (int, error) {
	n, err := r.q.CountRequests(ctx)
	return int(n), failed("counting requests", err)
}

func (r reader) Codes(ctx context.Context, selector []byte) ([]chat.Code, error) {
	rows, err := r.q.CodesBySelector(ctx, selector)
	found := make([]chat.Code, len(rows))
	for i, row := range rows {
		found[i] = chat.Code{
			ID: row.ID, Hash: row.Hash, Role: chat.Role(row.Role), User: chat.UserID(row.UserID), Uses: int(row.Uses),
			ExpiresAt: fromMillis(row.ExpiresAt), MadeBy: row.MadeBy,
		}
	}
	return found, failed("finding a code", err)
}

func (r reader) CountCodes(ctx context.Context) (int, error) {
	n, err := r.q.CountCodes(ctx)
	return int(n), failed("counting codes", err)
}

func (t tx) SetSetting(ctx context.Context, name, value string) error {
	return failed("setting something", t.q.SetSetting(ctx, query.SetSettingParams{Name: name, Value: value}))
}

func (t tx) PutRequest(ctx context.Context, r chat.JoinRequest) error {
	return failed("keeping a request", t.q.PutRequest(ctx, query.PutRequestParams{
		Fingerprint: r.Fingerprint, KeyLine: r.KeyLine, Name: r.Name, Note: r.Note, Address: r.Address,
		State: string(r.State), AskedAt: millis(r.AskedAt),
	}))
}

func (t tx) DeleteRequest(ctx context.Context, fingerprint string) error {
	_, err := t.q.DeleteRequest(ctx, fingerprint)
	return failed("removing a request", err)
}

func (t tx) PruneRequests(ctx context.Context, before time.Time) (int, error) {
	n, err := t.q.PruneRequests(ctx, millis(before))
	return int(n), failed("pruning requests", err)
}

func (t tx) InsertCode(ctx context.Context, c chat.Code) error {
	return failed("adding a code", t.q.InsertCode(ctx, query.InsertCodeParams{
		Selector: c.Selector(), Hash: c.Hash, Role: string(c.Role), UserID: int64(c.User), Uses: int64(c.Uses),
		ExpiresAt: millis(c.ExpiresAt), MadeBy: c.MadeBy,
	}))
}

func (t tx) DropKeyCodes(ctx context.Context, user chat.UserID, name string) error {
	return failed("removing codes", t.q.DropKeyCodes(ctx, query.DropKeyCodesParams{UserID: int64(user), MadeBy: name}))
}

func (t tx) UseCode(ctx context.Context, id int64) error {
	return failed("using a code", errors.Join(t.q.UseCode(ctx, id), t.q.DropUsedCodes(ctx, id)))
}

func (t tx) PruneCodes(ctx context.Context, before time.Time) error {
	return failed("pruning codes", t.q.PruneCodes(ctx, millis(before)))
}

func joinRequest(row query.JoinRequest) chat.JoinRequest {
	return chat.JoinRequest{
		ID: row.ID, Fingerprint: row.Fingerprint, KeyLine: row.KeyLine, Name: row.Name, Note: row.Note,
		Address: row.Address, State: chat.RequestState(row.State), AskedAt: fromMillis(row.AskedAt),
	}
}
