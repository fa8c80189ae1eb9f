package rows

import (
	"context"
	"errors"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// codeReader is chat.CodeReader on the connection of q.
type codeReader struct{ q *query.Queries }

func (r codeReader) Codes(ctx context.Context, selector []byte) ([]chat.Code, error) {
	rows, err := r.q.CodesBySelector(ctx, selector)
	return codes(rows), Failed("finding a code", err)
}

func (r codeReader) AllCodes(ctx context.Context) ([]chat.Code, error) {
	rows, err := r.q.AllCodes(ctx)
	return codes(rows), Failed("listing codes", err)
}

func codes(rows []query.Code) []chat.Code {
	found := make([]chat.Code, len(rows))
	for i, row := range rows {
		found[i] = chat.Code{
			ID: row.ID, Hash: row.Hash, Role: chat.Role(row.Role), User: chat.UserID(row.UserID), Uses: int(row.Uses),
			ExpiresAt: fromMillis(row.ExpiresAt), MadeBy: row.MadeBy,
		}
	}
	return found
}

func (r codeReader) CountCodes(ctx context.Context) (int, error) {
	n, err := r.q.CountCodes(ctx)
	return int(n), Failed("counting codes", err)
}

// codeTx is chat.CodeTx in a transaction.
type codeTx struct{ codeReader }

func (t codeTx) InsertCode(ctx context.Context, c chat.Code) error {
	return Failed("adding a code", t.q.InsertCode(ctx, query.InsertCodeParams{
		Selector: c.Selector(), Hash: c.Hash, Role: string(c.Role), UserID: int64(c.User), Uses: int64(c.Uses),
		ExpiresAt: Millis(c.ExpiresAt), MadeBy: c.MadeBy,
	}))
}

func (t codeTx) DropCode(ctx context.Context, id int64) error {
	return Failed("removing a code", t.q.DropCode(ctx, id))
}

func (t codeTx) DropKeyCodes(ctx context.Context, user chat.UserID, name string) error {
	return Failed("removing codes", t.q.DropKeyCodes(ctx, query.DropKeyCodesParams{UserID: int64(user), MadeBy: name}))
}

func (t codeTx) UseCode(ctx context.Context, id int64) error {
	return Failed("using a code", errors.Join(t.q.UseCode(ctx, id), t.q.DropUsedCodes(ctx, id)))
}

func (t codeTx) PruneCodes(ctx context.Context, before time.Time) error {
	return Failed("pruning codes", t.q.PruneCodes(ctx, Millis(before)))
}

// requestReader is chat.RequestReader on the connection of q.
type requestReader struct{ q *query.Queries }

func (r requestReader) JoinRequest(ctx context.Context, fingerprint string) (chat.JoinRequest, error) {
	row, err := r.q.JoinRequest(ctx, fingerprint)
	return joinRequest(row), Failed("finding a request", err)
}

func (r requestReader) JoinRequestByID(ctx context.Context, id int64) (chat.JoinRequest, error) {
	row, err := r.q.JoinRequestByID(ctx, id)
	return joinRequest(row), Failed("finding a request", err)
}

func (r requestReader) PendingRequests(ctx context.Context, limit int) ([]chat.JoinRequest, error) {
	rows, err := r.q.PendingRequests(ctx, int64(limit))
	found := make([]chat.JoinRequest, len(rows))
	for i, row := range rows {
		found[i] = joinRequest(row)
	}
	return found, Failed("listing requests", err)
}

func (r requestReader) CountRequests(ctx context.Context) (int, error) {
	n, err := r.q.CountRequests(ctx)
	return int(n), Failed("counting requests", err)
}

// requestTx is chat.RequestTx in a transaction.
type requestTx struct{ requestReader }

func (t requestTx) PutRequest(ctx context.Context, r chat.JoinRequest) error {
	return Failed("keeping a request", t.q.PutRequest(ctx, query.PutRequestParams{
		Fingerprint: r.Fingerprint, KeyLine: r.KeyLine, Name: r.Name, Note: r.Note, Address: r.Address,
		State: string(r.State), AskedAt: Millis(r.AskedAt),
	}))
}

func (t requestTx) DeleteRequest(ctx context.Context, fingerprint string) error {
	_, err := t.q.DeleteRequest(ctx, fingerprint)
	return Failed("removing a request", err)
}

func (t requestTx) PruneRequests(ctx context.Context, before time.Time) (int, error) {
	n, err := t.q.PruneRequests(ctx, Millis(before))
	return int(n), Failed("pruning requests", err)
}

func joinRequest(row query.JoinRequest) chat.JoinRequest {
	return chat.JoinRequest{
		ID: row.ID, Fingerprint: row.Fingerprint, KeyLine: row.KeyLine, Name: row.Name, Note: row.Note,
		Address: row.Address, State: chat.RequestState(row.State), AskedAt: fromMillis(row.AskedAt),
	}
}
