package sqlite

import (
	"context"

	"confab/app/chat"
	"confab/db/rows"
	"confab/db/sqlite/query"
)

// tx is chat.Tx: a transaction in progress.
type tx struct {
	rows.Tx
	q        *query.Queries
	indexing *indexing
	// last has the newest messages that the transaction has added, so that a batch
	// reads the number of a conversation once. Nothing else assigns numbers.
	last map[chat.ConversationID]chat.Seq
}

var _ chat.Tx = tx{}

func newTx(q *query.Queries, x *indexing) tx {
	return tx{rows.NewTx(q, x), q, x, make(map[chat.ConversationID]chat.Seq)}
}

// InsertMessage implements chat.MessageTx.
func (t tx) InsertMessage(ctx context.Context, m *chat.Message) (bool, error) {
	seq, err := t.nextSeq(ctx, m.Conversation)
	if err != nil {
		return false, err
	}
	var replyTo []byte
	if m.ReplyTo != nil {
		replyTo = m.ReplyTo.ID[:]
	}
	author, change, err := rows.AuthorAndChange(ctx, t.q, m)
	if err != nil {
		return false, err
	}
	added, err := t.q.InsertMessage(ctx, query.InsertMessageParams{
		ID: m.ID[:], ConversationID: int64(m.Conversation), Seq: int64(seq),
		AuthorID: author, Change: change, Body: m.Body, SentAt: rows.Millis(m.SentAt), ReplyTo: replyTo,
		GroupMention: string(m.GroupMention),
		Thread:       int64(m.Thread), Aside: rows.Integer(m.ThreadOnly),
	})
	if err != nil {
		return false, rows.Failed("adding a message", err)
	}
	if n, err := added.RowsAffected(); err != nil || n == 0 {
		return false, rows.Failed("adding a message", err)
	}
	if m.Position, err = added.LastInsertId(); err != nil {
		return false, rows.Failed("adding a message", err)
	}
	m.Seq = seq
	t.last[m.Conversation] = seq
	if !m.System() {
		if err := t.indexing.index(ctx, m); err != nil {
			return false, err
		}
	}
	if m.Thread != 0 {
		if err := t.q.GrowThread(ctx, query.GrowThreadParams{SentAt: rows.Millis(m.SentAt), ConversationID: int64(m.Conversation), Root: int64(m.Thread)}); err != nil {
			return false, rows.Failed("counting replies", err)
		}
	}
	return true, rows.Failed("numbering a message", t.q.SetLast(ctx, query.SetLastParams{
		LastSeq: int64(seq), LastAt: rows.Millis(m.SentAt), ID: int64(m.Conversation),
	}))
}

// nextSeq returns the number of the next message of a conversation.
func (t tx) nextSeq(ctx context.Context, in chat.ConversationID) (chat.Seq, error) {
	if last, known := t.last[in]; known {
		return last + 1, nil
	}
	seq, err := t.q.NextSeq(ctx, int64(in))
	return chat.Seq(seq), rows.Failed("numbering a message", err)
}
