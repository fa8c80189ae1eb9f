package rows

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// markerReader is chat.MarkerReader on the connection of q.
type markerReader struct{ q *query.Queries }

func (r markerReader) MarkerTimes(ctx context.Context, conversation chat.ConversationID, seq chat.Seq) ([]chat.MarkerTime, error) {
	rows, err := r.q.MarkerTimes(ctx, query.MarkerTimesParams{ConversationID: int64(conversation), Message: int64(seq)})
	found := make([]chat.MarkerTime, len(rows))
	for i, row := range rows {
		found[i] = chat.MarkerTime{User: chat.UserID(row.UserID), Read: row.Marker == markerRead, At: fromMillis(row.At)}
	}
	return found, Failed("reading when markers moved", err)
}

func (r markerReader) Undelivered(ctx context.Context, user chat.UserID) (map[chat.ConversationID]chat.Seq, error) {
	rows, err := r.q.Undelivered(ctx, int64(user))
	found := make(map[chat.ConversationID]chat.Seq, len(rows))
	for _, row := range rows {
		found[chat.ConversationID(row.ConversationID)] = chat.Seq(row.LastSeq)
	}
	return found, Failed("finding what is not delivered", err)
}

func (r markerReader) Unread(ctx context.Context, conversation chat.ConversationID, user chat.UserID, seen chat.Seq) (int, error) {
	n, err := r.q.Unread(ctx, query.UnreadParams{ConversationID: int64(conversation), Seq: int64(seen), AuthorID: int64(user)})
	return int(n), Failed("counting unread messages", err)
}

// markerTx is chat.MarkerTx in a transaction.
type markerTx struct{ markerReader }

func (t markerTx) AdvanceMarkers(ctx context.Context, batch ...chat.Advance) error {
	// Members who watch the same conversation mostly have the same markers, and one statement
	// moves those of all of them.
	type move struct {
		conversation                    chat.ConversationID
		delivered, read, readFrom, seen chat.Seq
	}
	members := make(map[move][]chat.UserID)
	for _, a := range batch {
		// Times are added before the markers change, because each records where its
		// marker was before.
		if err := t.time(ctx, a); err != nil {
			return Failed("advancing markers", err)
		}
		to := move{a.Conversation, a.Delivered, a.Read, a.ReadFrom, a.Seen}
		members[to] = append(members[to], a.User)
	}
	for to, of := range members {
		users, err := json.Marshal(of)
		if err != nil {
			return Failed("advancing markers", err)
		}
		if err := t.q.AdvanceMarkers(ctx, query.AdvanceMarkersParams{
			Delivered: int64(to.delivered), Read: int64(to.read), ReadFrom: int64(to.readFrom), Seen: int64(to.seen),
			ConversationID: int64(to.conversation), Users: string(users),
		}); err != nil {
			return Failed("advancing markers", err)
		}
	}
	return nil
}

// time stores when a member's markers move.
func (t markerTx) time(ctx context.Context, a chat.Advance) error {
	var err error
	if !a.DeliveredAt.IsZero() && a.Delivered > 0 {
		err = t.q.InsertDelivery(ctx, query.InsertDeliveryParams{
			ConversationID: int64(a.Conversation), UserID: int64(a.User), Seq: int64(a.Delivered), At: Millis(a.DeliveredAt),
		})
	}
	if !a.ReadAt.IsZero() && a.Read > 0 {
		err = errors.Join(err, t.q.InsertRead(ctx, query.InsertReadParams{
			ConversationID: int64(a.Conversation), UserID: int64(a.User), Seq: int64(a.Read), At: Millis(a.ReadAt),
		}))
	}
	return err
}

func (t markerTx) SetSeen(ctx context.Context, conversation chat.ConversationID, user chat.UserID, seen chat.Seq) error {
	return Failed("marking unread", t.q.SetSeen(ctx, query.SetSeenParams{
		Seen: int64(seen), ConversationID: int64(conversation), UserID: int64(user),
	}))
}

func (t markerTx) WithdrawRead(ctx context.Context, conversation chat.ConversationID, user chat.UserID, off bool) error {
	return Failed("withdrawing a read marker", errors.Join(
		t.q.WithdrawRead(ctx, query.WithdrawReadParams{
			ReceiptsOff: Integer(off), ConversationID: int64(conversation), UserID: int64(user),
		}),
		t.q.ForgetReads(ctx, query.ForgetReadsParams{ConversationID: int64(conversation), UserID: int64(user)}),
	))
}

func (t markerTx) SetReceiptsOff(ctx context.Context, user chat.UserID, off bool) error {
	return Failed("switching receipts", errors.Join(
		t.q.SetReceiptsOff(ctx, query.SetReceiptsOffParams{ReceiptsOff: Integer(off), ID: int64(user)}),
		t.q.WithdrawAllReads(ctx, int64(user)),
		t.q.ForgetAllReads(ctx, int64(user)),
	))
}

func (t markerTx) PruneMarkerTimes(ctx context.Context, before time.Time) error {
	return Failed("pruning the times of markers", t.q.PruneMarkerMoves(ctx, Millis(before)))
}

// markerRead is the name of a read marker's moves in the table. The other kind is
// "delivered".
const markerRead = "read"
