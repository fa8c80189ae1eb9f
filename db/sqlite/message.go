package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// messageReader is chat.MessageReader on the connection of q.
type messageReader struct{ q *query.Queries }

func (r messageReader) MessagesBefore(ctx context.Context, conversation chat.ConversationID, floor, before chat.Seq, limit int) ([]*chat.Message, error) {
	rows, err := r.q.MessagesBefore(ctx, query.MessagesBeforeParams{
		ConversationID: int64(conversation), Floor: int64(floor), Before: int64(before), Page: int64(limit),
	})
	if err != nil {
		return nil, failed("reading messages", err)
	}
	slices.Reverse(rows)
	return all(rows, message)
}

func (r messageReader) MessagesAfter(ctx context.Context, conversation chat.ConversationID, after chat.Seq, limit int) ([]*chat.Message, error) {
	rows, err := r.q.MessagesAfter(ctx, query.MessagesAfterParams{
		ConversationID: int64(conversation), Seq: int64(after), Limit: int64(limit),
	})
	if err != nil {
		return nil, failed("reading messages", err)
	}
	return all(rows, message)
}

func (r messageReader) MessageByID(ctx context.Context, id uuid.UUID) (*chat.Message, error) {
	row, err := r.q.MessageByID(ctx, id[:])
	if err != nil {
		return nil, failed("finding a message", err)
	}
	return message(row)
}

func (r messageReader) LastPosition(ctx context.Context) (int64, error) {
	position, err := r.q.LastPosition(ctx)
	return position, failed("finding the newest message", err)
}

func (r messageReader) SeqAt(ctx context.Context, conversation chat.ConversationID, position int64) (chat.Seq, error) {
	seq, err := r.q.SeqAt(ctx, query.SeqAtParams{ConversationID: int64(conversation), RowID: position})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return chat.Seq(seq), failed("finding a place in a conversation", err)
}

func (r messageReader) OwnMessages(ctx context.Context, of chat.UserID, after int64, limit int) ([]chat.OwnMessage, error) {
	rows, err := r.q.OwnMessages(ctx, query.OwnMessagesParams{RowID: after, AuthorID: int64(of), Limit: int64(limit)})
	if err != nil {
		return nil, failed("reading an account's messages", err)
	}
	return all(rows, func(row query.OwnMessagesRow) (chat.OwnMessage, error) {
		id, err1 := uuid.FromBytes(row.ID)
		in, err2 := uuid.FromBytes(row.ConversationUid)
		var answers uuid.UUID
		copy(answers[:], row.ReplyTo)
		return chat.OwnMessage{
			ReplyTo: answers, Thread: chat.Seq(row.Thread),
			Row: row.RowID, In: chat.ConversationID(row.ConversationID), ID: id, Conversation: in, Seq: chat.Seq(row.Seq), Body: row.Body, SentAt: fromMillis(row.SentAt),
		}, failed("reading a message", errors.Join(err1, err2))
	})
}

// messageTx is chat.MessageTx in a transaction.
type messageTx struct {
	messageReader
	indexing *indexing
	// last has the newest messages that the transaction has added, so that a batch
	// reads the number of a conversation once. Nothing else assigns numbers.
	last map[chat.ConversationID]chat.Seq
}

func (t messageTx) InsertMessage(ctx context.Context, m *chat.Message) (bool, error) {
	seq, err := t.nextSeq(ctx, m.Conversation)
	if err != nil {
		return false, err
	}
	var replyTo []byte
	if m.ReplyTo != nil {
		replyTo = m.ReplyTo.ID[:]
	}
	added, err := t.q.InsertMessage(ctx, query.InsertMessageParams{
		ID: m.ID[:], ConversationID: int64(m.Conversation), Seq: int64(seq),
		AuthorID: int64(m.Author), Change: string(m.Notice), Body: m.Body, SentAt: millis(m.SentAt), ReplyTo: replyTo,
		GroupMention: string(m.GroupMention),
		Thread:       int64(m.Thread), Aside: integer(m.ThreadOnly),
	})
	if err != nil {
		return false, failed("adding a message", err)
	}
	if n, err := added.RowsAffected(); err != nil || n == 0 {
		return false, failed("adding a message", err)
	}
	if m.Position, err = added.LastInsertId(); err != nil {
		return false, failed("adding a message", err)
	}
	m.Seq = seq
	t.last[m.Conversation] = seq
	if !m.System() {
		if err := t.indexing.index(ctx, m); err != nil {
			return false, err
		}
	}
	if m.Thread != 0 {
		if err := t.q.GrowThread(ctx, query.GrowThreadParams{SentAt: millis(m.SentAt), ConversationID: int64(m.Conversation), Root: int64(m.Thread)}); err != nil {
			return false, failed("counting replies", err)
		}
	}
	return true, failed("numbering a message", t.q.SetLast(ctx, query.SetLastParams{
		LastSeq: int64(seq), LastAt: millis(m.SentAt), ID: int64(m.Conversation),
	}))
}

// nextSeq returns the number of the next message of a conversation.
func (t messageTx) nextSeq(ctx context.Context, in chat.ConversationID) (chat.Seq, error) {
	if last, known := t.last[in]; known {
		return last + 1, nil
	}
	seq, err := t.q.NextSeq(ctx, int64(in))
	return chat.Seq(seq), failed("numbering a message", err)
}

func (t messageTx) EditMessage(ctx context.Context, m *chat.Message) error {
	return errors.Join(
		failed("editing a message", t.q.EditMessage(ctx, query.EditMessageParams{
			Body: m.Body, EditedAt: millis(m.EditedAt), GroupMention: string(m.GroupMention), RowID: m.Position,
		})),
		t.unmention(ctx, m),
		t.indexing.reindex(ctx, m),
	)
}

func (t messageTx) DeleteMessage(ctx context.Context, m *chat.Message) error {
	return errors.Join(
		t.indexing.unindex(ctx, m.Position),
		failed("deleting a message", t.q.DeleteMessage(ctx, query.DeleteMessageParams{
			DeletedAt: millis(m.DeletedAt), DeletedBy: int64(m.DeletedBy), RowID: m.Position,
		})),
		t.unmention(ctx, m),
		unmark(ctx, t.q, m),
		failed("deleting a file", t.q.DeleteFile(ctx, query.DeleteFileParams{
			ConversationID: int64(m.Conversation), Seq: int64(m.Seq),
		})),
		failed("counting replies", t.q.CountReplies(ctx, query.CountRepliesParams{ConversationID: int64(m.Conversation), Reply: int64(m.Seq)})),
	)
}

// unmention deletes the mentions of a message.
func (t messageTx) unmention(ctx context.Context, m *chat.Message) error {
	return failed("dropping mentions", t.q.DeleteMentionsOfMessage(ctx, query.DeleteMentionsOfMessageParams{
		ConversationID: int64(m.Conversation), Seq: int64(m.Seq),
	}))
}

func message(row query.MessageView) (*chat.Message, error) {
	id, err1 := uuid.FromBytes(row.ID)
	author, err2 := uuid.FromBytes(row.AuthorUid)
	m := &chat.Message{
		ID: id, Conversation: chat.ConversationID(row.ConversationID), Seq: chat.Seq(row.Seq), Position: row.RowID,
		Author: chat.UserID(row.AuthorID), AuthorUID: author, AuthorName: shownName(row.AuthorName), AuthorDisplay: row.AuthorDisplay, AuthorBot: row.AuthorBot != 0,
		Notice: chat.Notice(row.Change), GroupMention: chat.GroupMention(row.GroupMention), Body: row.Body, SentAt: fromMillis(row.SentAt),
		EditedAt: fromZeroMillis(row.EditedAt), DeletedAt: fromZeroMillis(row.DeletedAt),
		DeletedBy: chat.UserID(row.DeletedBy), DeleterName: shownName(row.Deleter),
		Thread: chat.Seq(row.Thread), ThreadOnly: row.Aside != 0,
		Replies: int(row.Replies), LastReplyAt: fromZeroMillis(row.LastReplyAt), ThreadVersion: row.ThreadVersion,
	}
	var err3, err4, err5 error
	if row.QuotedSeq != 0 {
		m.ReplyTo = &chat.Quote{Seq: chat.Seq(row.QuotedSeq), Author: chat.UserID(row.QuotedAuthorID), AuthorName: shownName(row.QuotedAuthor), Text: chat.QuoteText(row.QuotedBody)}
		m.ReplyTo.ID, err3 = uuid.FromBytes(row.ReplyTo)
	}
	m.File, err4 = attachment(row.FileName, row.FileSize, row.FileSha256)
	m.Reactions, err5 = reactions(row.Reacted, row.Reactions)
	return m, failed("reading a message", errors.Join(err1, err2, err3, err4, err5))
}
