package rows

import (
	"context"
	"errors"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// bookmarkReader is chat.BookmarkReader on the connection of q.
type bookmarkReader struct{ q *query.Queries }

func (r bookmarkReader) Pins(ctx context.Context, conversation chat.ConversationID, floor chat.Seq) ([]chat.Pin, error) {
	rows, err := r.q.Pins(ctx, query.PinsParams{ConversationID: int64(conversation), Seq: int64(floor)})
	if err != nil {
		return nil, Failed("reading pinned messages", err)
	}
	return all(rows, func(row query.PinsRow) (chat.Pin, error) {
		m, err := Message(row.MessageView)
		return chat.Pin{Message: m, By: shownName(row.Pinner), At: fromMillis(row.PinnedAt)}, err
	})
}

func (r bookmarkReader) Pinned(ctx context.Context, conversation chat.ConversationID, seq chat.Seq) (bool, error) {
	pinned, err := r.q.Pinned(ctx, query.PinnedParams{ConversationID: int64(conversation), Seq: int64(seq)})
	return pinned, Failed("looking for a pinned message", err)
}

func (r bookmarkReader) Saved(ctx context.Context, user chat.UserID) ([]chat.Saved, error) {
	rows, err := r.q.Saved(ctx, int64(user))
	if err != nil {
		return nil, Failed("reading saved messages", err)
	}
	return all(rows, func(row query.SavedRow) (chat.Saved, error) {
		m, err := Message(row.MessageView)
		return chat.Saved{Message: m, At: fromMillis(row.SavedAt)}, err
	})
}

func (r bookmarkReader) IsSaved(ctx context.Context, conversation chat.ConversationID, seq chat.Seq, user chat.UserID) (bool, error) {
	saved, err := r.q.IsSaved(ctx, query.IsSavedParams{UserID: int64(user), ConversationID: int64(conversation), Seq: int64(seq)})
	return saved, Failed("looking for a saved message", err)
}

// bookmarkTx is chat.BookmarkTx in a transaction.
type bookmarkTx struct{ bookmarkReader }

func (t bookmarkTx) InsertPin(ctx context.Context, m *chat.Message, by chat.UserID, at time.Time) error {
	return Failed("pinning a message", t.q.InsertPin(ctx, query.InsertPinParams{
		ConversationID: int64(m.Conversation), Seq: int64(m.Seq), UserID: int64(by), PinnedAt: Millis(at),
	}))
}

func (t bookmarkTx) DeletePin(ctx context.Context, m *chat.Message) error {
	return Failed("unpinning a message", t.q.DeletePin(ctx, query.DeletePinParams{ConversationID: int64(m.Conversation), Seq: int64(m.Seq)}))
}

func (t bookmarkTx) InsertSaved(ctx context.Context, m *chat.Message, user chat.UserID, at time.Time) error {
	return Failed("saving a message", t.q.InsertSaved(ctx, query.InsertSavedParams{
		UserID: int64(user), ConversationID: int64(m.Conversation), Seq: int64(m.Seq), SavedAt: Millis(at),
	}))
}

func (t bookmarkTx) DeleteSaved(ctx context.Context, m *chat.Message, user chat.UserID) error {
	return Failed("removing a saved message", t.q.DeleteSaved(ctx, query.DeleteSavedParams{
		UserID: int64(user), ConversationID: int64(m.Conversation), Seq: int64(m.Seq),
	}))
}

// unmark deletes what members have added to a message that is deleted: reactions, and its
// places in lists of pinned and saved messages.
func unmark(ctx context.Context, q *query.Queries, m *chat.Message) error {
	in, seq := int64(m.Conversation), int64(m.Seq)
	return Failed("deleting what was added to a message", errors.Join(
		q.DeleteReactionsOfMessage(ctx, query.DeleteReactionsOfMessageParams{ConversationID: in, Seq: seq}),
		q.DeletePin(ctx, query.DeletePinParams{ConversationID: in, Seq: seq}),
		q.DeleteSavedOfMessage(ctx, query.DeleteSavedOfMessageParams{ConversationID: in, Seq: seq}),
	))
}
