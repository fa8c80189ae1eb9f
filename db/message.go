package db

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"confab/app"
	"confab/db/query"
)

func (r reader) MessagesBefore(ctx context.Context, conversation app.ConversationID, floor, before app.Seq, limit int) ([]*app.Message, error) {
	rows, err := r.q.MessagesBefore(ctx, query.MessagesBeforeParams{
		ConversationID: int64(conversation), Floor: int64(floor), Before: int64(before), Page: int64(limit),
	})
	if err != nil {
		return nil, failed("reading messages", err)
	}
	slices.Reverse(rows)
	return all(rows, func(row query.MessagesBeforeRow) (*app.Message, error) {
		return message(query.MessageByIDRow(row))
	})
}

func (r reader) MessagesAfter(ctx context.Context, conversation app.ConversationID, after app.Seq, limit int) ([]*app.Message, error) {
	rows, err := r.q.MessagesAfter(ctx, query.MessagesAfterParams{
		ConversationID: int64(conversation), Seq: int64(after), Limit: int64(limit),
	})
	if err != nil {
		return nil, failed("reading messages", err)
	}
	return all(rows, func(row query.MessagesAfterRow) (*app.Message, error) {
		return message(query.MessageByIDRow(row))
	})
}

func (r reader) MessageByID(ctx context.Context, id uuid.UUID) (*app.Message, error) {
	row, err := r.q.MessageByID(ctx, id[:])
	if err != nil {
		return nil, failed("finding a message", err)
	}
	return message(row)
}

func (r reader) Unread(ctx context.Context, conversation app.ConversationID, user app.UserID, seen app.Seq) (int, error) {
	n, err := r.q.Unread(ctx, query.UnreadParams{ConversationID: int64(conversation), Seq: int64(seen), AuthorID: int64(user)})
	return int(n), failed("counting unread messages", err)
}

func (t tx) InsertMessage(ctx context.Context, m *app.Message) (bool, error) {
	seq, err := t.q.NextSeq(ctx, int64(m.Conversation))
	if err != nil {
		return false, failed("numbering a message", err)
	}
	added, err := t.q.InsertMessage(ctx, query.InsertMessageParams{
		ID: m.ID[:], ConversationID: int64(m.Conversation), Seq: seq,
		AuthorID: int64(m.Author), Change: string(m.Change), Body: m.Body, SentAt: millis(m.SentAt),
	})
	if err != nil || added == 0 {
		return false, failed("adding a message", err)
	}
	m.Seq = app.Seq(seq)
	return true, failed("numbering a message", t.q.SetLast(ctx, query.SetLastParams{
		LastSeq: seq, LastAt: millis(m.SentAt), ID: int64(m.Conversation),
	}))
}

func message(row query.MessageByIDRow) (*app.Message, error) {
	id, err := uuid.FromBytes(row.ID)
	return &app.Message{
		ID: id, Conversation: app.ConversationID(row.ConversationID), Seq: app.Seq(row.Seq),
		Author: app.UserID(row.AuthorID), AuthorName: shownName(row.AuthorName),
		Change: app.Change(row.Change), Body: row.Body, SentAt: fromMillis(row.SentAt),
	}, failed("reading a message", err)
}
