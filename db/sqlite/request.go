package sqlite

import (
	"context"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// requestReader is chat.RequestReader on the connection of q.
type requestReader struct{ q *query.Queries }

func (r requestReader) JoinRequest(ctx context.Context, fingerprint string) (chat.JoinRequest, error) {
	row, err := r.q.JoinRequest(ctx, fingerprint)
	return joinRequest(row), failed("finding a request", err)
}

func (r requestReader) JoinRequestByID(ctx context.Context, id int64) (chat.JoinRequest, error) {
	row, err := r.q.JoinRequestByID(ctx, id)
	return joinRequest(row), failed("finding a request", err)
}

func (r requestReader) PendingRequests(ctx context.Context, limit int) ([]chat.JoinRequest, error) {
	rows, err := r.q.PendingRequests(ctx, int64(limit))
	found := make([]chat.JoinRequest, len(rows))
	for i, row := range rows {
		found[i] = joinRequest(row)
	}
	return found, failed("listing requests", err)
}

func (r requestReader) CountRequests(ctx context.Context) (int, error) {
	n, err := r.q.CountRequests(ctx)
	return int(n), failed("counting requests", err)
}

// requestTx is chat.RequestTx in a transaction.
type requestTx struct{ requestReader }

func (t requestTx) PutRequest(ctx context.Context, r chat.JoinRequest) error {
	return failed("keeping a request", t.q.PutRequest(ctx, query.PutRequestParams{
		Fingerprint: r.Fingerprint, KeyLine: r.KeyLine, Name: r.Name, Note: r.Note, Address: r.Address,
		State: string(r.State), AskedAt: millis(r.AskedAt),
	}))
}

func (t requestTx) DeleteRequest(ctx context.Context, fingerprint string) error {
	_, err := t.q.DeleteRequest(ctx, fingerprint)
	return failed("removing a request", err)
}

func (t requestTx) PruneRequests(ctx context.Context, before time.Time) (int, error) {
	n, err := t.q.PruneRequests(ctx, millis(before))
	return int(n), failed("pruning requests", err)
}

func joinRequest(row query.JoinRequest) chat.JoinRequest {
	return chat.JoinRequest{
		ID: row.ID, Fingerprint: row.Fingerprint, KeyLine: row.KeyLine, Name: row.Name, Note: row.Note,
		Address: row.Address, State: chat.RequestState(row.State), AskedAt: fromMillis(row.AskedAt),
	}
}
