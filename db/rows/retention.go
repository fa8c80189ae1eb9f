package rows

import (
	"context"
	"errors"
	"time"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// retentionReader is chat.RetentionReader on the connection of q.
type retentionReader struct{ q *query.Queries }

func (r retentionReader) Expiring(ctx context.Context, now, cutoff time.Time) ([]chat.Expiring, error) {
	rows, err := r.q.Expiring(ctx, query.ExpiringParams{Now: Millis(now), Cutoff: zeroMillis(cutoff)})
	found := make([]chat.Expiring, len(rows))
	for i, row := range rows {
		found[i] = chat.Expiring{Conversation: chat.ConversationID(row.ID), Before: fromMillis(row.Cutoff)}
	}
	return found, Failed("looking for messages that have expired", err)
}

// retentionTx is chat.RetentionTx in a transaction.
type retentionTx struct {
	retentionReader
	index Index
}

func (t retentionTx) Expire(ctx context.Context, e chat.Expiring, limit int) (gone chat.Expired, err error) {
	id := int64(e.Conversation)
	rows, err := t.q.OldestKept(ctx, query.OldestKeptParams{ConversationID: id, Limit: int64(limit)})
	if err != nil {
		return gone, Failed("reading the oldest messages", err)
	}
	last := int64(0)
	for _, row := range rows {
		if row.SentAt >= Millis(e.Before) {
			break
		}
		if row.Change == "" {
			if err := t.index.Unindex(ctx, row.RowID); err != nil {
				return gone, err
			}
		}
		last = row.Seq
		gone.Messages++
	}
	if gone.Messages == 0 {
		return gone, nil
	}
	contents, err := t.q.ContentsUpTo(ctx, query.ContentsUpToParams{ConversationID: id, Seq: last})
	if err != nil {
		return gone, Failed("listing files", err)
	}
	for _, raw := range contents {
		sum, err := chat.SumOf(raw)
		if err != nil {
			return gone, err
		}
		gone.Contents = append(gone.Contents, sum)
	}
	// Some rows refer to messages, so they are deleted first.
	return gone, Failed("deleting messages that have expired", errors.Join(
		t.q.ExpireFiles(ctx, query.ExpireFilesParams{ConversationID: id, Seq: last}),
		t.q.ExpireReactions(ctx, query.ExpireReactionsParams{ConversationID: id, Seq: last}),
		t.q.ExpirePins(ctx, query.ExpirePinsParams{ConversationID: id, Seq: last}),
		t.q.ExpireSaved(ctx, query.ExpireSavedParams{ConversationID: id, Seq: last}),
		t.q.ExpireMentions(ctx, query.ExpireMentionsParams{ConversationID: id, Seq: last}),
		t.q.ExpireMarkerMoves(ctx, query.ExpireMarkerMovesParams{ConversationID: id, Seq: last}),
		t.q.ExpireThreads(ctx, query.ExpireThreadsParams{ConversationID: id, Root: last}),
		t.q.ExpireMessages(ctx, query.ExpireMessagesParams{ConversationID: id, Seq: last}),
		t.q.BlankMessages(ctx, query.BlankMessagesParams{ConversationID: id, Seq: last}),
		t.q.SetExpired(ctx, query.SetExpiredParams{Expired: last, ID: id}),
	))
}
