package sqlite

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
	found := make([]chat.Code, len(rows))
	for i, row := range rows {
		found[i] = chat.Code{
			ID: row.ID, Hash: row.Hash, Role: chat.Role(row.Role), User: chat.UserID(row.UserID), Uses: int(row.Uses),
			ExpiresAt: fromMillis(row.ExpiresAt), MadeBy: row.MadeBy,
		}
	}
	return found, failed("finding a code", err)
}

func (r codeReader) CountCodes(ctx context.Context) (int, error) {
	n, err := r.q.CountCodes(ctx)
	return int(n), failed("counting codes", err)
}

// codeTx is chat.CodeTx in a transaction.
type codeTx struct{ codeReader }

func (t codeTx) InsertCode(ctx context.Context, c chat.Code) error {
	return failed("adding a code", t.q.InsertCode(ctx, query.InsertCodeParams{
		Selector: c.Selector(), Hash: c.Hash, Role: string(c.Role), UserID: int64(c.User), Uses: int64(c.Uses),
		ExpiresAt: millis(c.ExpiresAt), MadeBy: c.MadeBy,
	}))
}

func (t codeTx) DropKeyCodes(ctx context.Context, user chat.UserID, name string) error {
	return failed("removing codes", t.q.DropKeyCodes(ctx, query.DropKeyCodesParams{UserID: int64(user), MadeBy: name}))
}

func (t codeTx) UseCode(ctx context.Context, id int64) error {
	return failed("using a code", errors.Join(t.q.UseCode(ctx, id), t.q.DropUsedCodes(ctx, id)))
}

func (t codeTx) PruneCodes(ctx context.Context, before time.Time) error {
	return failed("pruning codes", t.q.PruneCodes(ctx, millis(before)))
}
