package rows

import (
	"context"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// changeReader is chat.ChangeReader on the connection of q.
type changeReader struct{ q *query.Queries }

func (r changeReader) LastChange(ctx context.Context) (int64, error) {
	position, err := r.q.LastChange(ctx)
	return position, Failed("reading the newest change", err)
}

func (r changeReader) ChangesAfter(ctx context.Context, position int64, limit int) ([]chat.RecordedChange, error) {
	rows, err := r.q.ChangesAfter(ctx, query.ChangesAfterParams{Position: position, Limit: int64(limit)})
	if err != nil {
		return nil, Failed("reading changes", err)
	}
	return all(rows, func(row query.Change) (chat.RecordedChange, error) {
		return chat.RecordedChange{Position: row.Position, At: fromMillis(row.At), Origin: row.Origin, Kind: row.Kind, Body: row.Body}, nil
	})
}

// changeTx is chat.ChangeTx in a transaction.
type changeTx struct{ changeReader }

func (t changeTx) AppendChange(ctx context.Context, c chat.RecordedChange) (int64, error) {
	position, err := t.q.AppendChange(ctx, query.AppendChangeParams{At: Millis(c.At), Origin: c.Origin, Kind: c.Kind, Body: c.Body})
	return position, Failed("recording a change", err)
}

func (t changeTx) PruneChanges(ctx context.Context, before time.Time, upTo int64) error {
	return Failed("pruning changes", t.q.PruneChanges(ctx, query.PruneChangesParams{Before: Millis(before), UpTo: upTo}))
}
