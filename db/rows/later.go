package rows

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// laterReader is chat.LaterReader on the connection of q.
type laterReader struct{ q *query.Queries }

func (r laterReader) Later(ctx context.Context, id uuid.UUID) (chat.Later, error) {
	row, err := r.q.Later(ctx, id[:])
	if err != nil {
		return chat.Later{}, Failed("finding what was put off", err)
	}
	return later(row)
}

func (r laterReader) Laters(ctx context.Context, of chat.UserID) ([]chat.Later, error) {
	rows, err := r.q.Laters(ctx, int64(of))
	if err != nil {
		return nil, Failed("listing what was put off", err)
	}
	return all(rows, later)
}

func (r laterReader) NextLater(ctx context.Context) (time.Time, error) {
	at, err := r.q.NextLater(ctx)
	return fromZeroMillis(at), Failed("finding what is next", err)
}

func (r laterReader) LatersUntil(ctx context.Context, at time.Time, limit int) ([]uuid.UUID, error) {
	rows, err := r.q.LatersUntil(ctx, query.LatersUntilParams{At: Millis(at), Limit: int64(limit)})
	if err != nil {
		return nil, Failed("finding what is due", err)
	}
	return all(rows, uuid.FromBytes)
}

// laterTx is chat.LaterTx in a transaction.
type laterTx struct{ laterReader }

func (t laterTx) InsertLater(ctx context.Context, l chat.Later) (int, error) {
	number, err := t.q.NextLaterNumber(ctx, int64(l.User))
	if err != nil {
		return 0, Failed("numbering what is put off", err)
	}
	return int(number), Failed("putting off", t.q.InsertLater(ctx, query.InsertLaterParams{
		ID: l.ID[:], UserID: int64(l.User), Number: number,
		ConversationID: sql.NullInt64{Int64: int64(l.Conversation), Valid: l.Conversation != 0},
		Body:           l.Body, At: Millis(l.At), Zone: l.Zone, MadeAt: Millis(l.MadeAt),
	}))
}

func (t laterTx) SetLaterDue(ctx context.Context, id uuid.UUID, at time.Time, refused string) error {
	return Failed("keeping what is due", t.q.SetLaterDue(ctx, query.SetLaterDueParams{DueAt: Millis(at), Refused: refused, ID: id[:]}))
}

func (t laterTx) DeleteLater(ctx context.Context, id uuid.UUID) error {
	return Failed("dropping what was put off", t.q.DeleteLater(ctx, id[:]))
}

func later(row query.Later) (chat.Later, error) {
	id, err := uuid.FromBytes(row.ID)
	return chat.Later{
		ID: id, User: chat.UserID(row.UserID), Number: int(row.Number), Conversation: chat.ConversationID(row.ConversationID.Int64),
		Body: row.Body, At: fromMillis(row.At), Zone: row.Zone, MadeAt: fromMillis(row.MadeAt), DueAt: fromZeroMillis(row.DueAt), Refused: row.Refused,
	}, Failed("reading what was put off", err)
}
