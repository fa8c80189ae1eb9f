package rows

import (
	"context"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// changeReader is chat.ChangeReader and chat.ClockReader on the connection of q.
type changeReader struct{ q *query.Queries }

func (r changeReader) Clock(ctx context.Context) (chat.Clock, error) {
	row, err := r.q.Clock(ctx)
	return chat.Clock{Messages: row.Messages, Changes: row.Changes, Epoch: row.Epoch}, Failed("reading how far the database is", err)
}

func (r changeReader) MessagesAtPositions(ctx context.Context, after, upTo int64, limit int) ([]*chat.Message, error) {
	rows, err := r.q.MessagesAtPositions(ctx, query.MessagesAtPositionsParams{After: after, UpTo: upTo, Limit: int64(limit)})
	if err != nil {
		return nil, Failed("reading messages", err)
	}
	return all(rows, Message)
}

func (r changeReader) ChangesAfter(ctx context.Context, position int64, limit int) ([]chat.RecordedChange, error) {
	rows, err := r.q.ChangesAfter(ctx, query.ChangesAfterParams{Position: position, Limit: int64(limit)})
	if err != nil {
		return nil, Failed("reading changes", err)
	}
	return all(rows, func(row query.Change) (chat.RecordedChange, error) {
		return chat.RecordedChange{Position: row.Position, At: fromMillis(row.At), Origin: row.Origin, Kind: row.Kind, Body: row.Body, After: row.AfterMessage}, nil
	})
}

// changeTx is chat.ChangeTx in a transaction.
type changeTx struct{ changeReader }

func (t changeTx) AppendChange(ctx context.Context, c chat.RecordedChange, ahead int) (int64, error) {
	position, err := t.q.AppendChange(ctx, query.AppendChangeParams{At: Millis(c.At), Origin: c.Origin, Kind: c.Kind, Body: c.Body, Ahead: int64(ahead)})
	return position, Failed("recording a change", err)
}

func (t changeTx) PruneChanges(ctx context.Context, before time.Time, upTo int64) error {
	return Failed("pruning changes", t.q.PruneChanges(ctx, query.PruneChangesParams{Before: Millis(before), UpTo: upTo}))
}
