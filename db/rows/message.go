package rows

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

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
		return nil, Failed("reading messages", err)
	}
	slices.Reverse(rows)
	return all(rows, Message)
}

func (r messageReader) MessagesAfter(ctx context.Context, conversation chat.ConversationID, after chat.Seq, limit int) ([]*chat.Message, error) {
	rows, err := r.q.MessagesAfter(ctx, query.MessagesAfterParams{
		ConversationID: int64(conversation), Seq: int64(after), Limit: int64(limit),
	})
	if err != nil {
		return nil, Failed("reading messages", err)
	}
	return all(rows, Message)
}

func (r messageReader) MessageByID(ctx context.Context, id uuid.UUID) (*chat.Message, error) {
	row, err := r.q.MessageByID(ctx, id[:])
	if err != nil {
		return nil, Failed("finding a message", err)
	}
	return Message(row)
}

func (r messageReader) LastPosition(ctx context.Context) (int64, error) {
	position, err := r.q.LastPosition(ctx)
	return position, Failed("finding the newest message", err)
}

func (r messageReader) SeqAt(ctx context.Context, conversation chat.ConversationID, position int64) (chat.Seq, error) {
	seq, err := r.q.SeqAt(ctx, query.SeqAtParams{ConversationID: int64(conversation), RowID: position})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return chat.Seq(seq), Failed("finding a place in a conversation", err)
}

func (r messageReader) OwnMessages(ctx context.Context, of chat.UserID, after int64, limit int) ([]chat.OwnMessage, error) {
	rows, err := r.q.OwnMessages(ctx, query.OwnMessagesParams{RowID: after, AuthorID: int64(of), Limit: int64(limit)})
	if err != nil {
		return nil, Failed("reading an account's messages", err)
	}
	return all(rows, func(row query.OwnMessagesRow) (chat.OwnMessage, error) {
		id, err1 := uuid.FromBytes(row.ID)
		in, err2 := uuid.FromBytes(row.ConversationUid)
		var answers uuid.UUID
		copy(answers[:], row.ReplyTo)
		return chat.OwnMessage{
			ReplyTo: answers, Thread: chat.Seq(row.Thread),
			Row: row.RowID, In: chat.ConversationID(row.ConversationID), ID: id, Conversation: in, Seq: chat.Seq(row.Seq), Body: row.Body, SentAt: fromMillis(row.SentAt),
		}, Failed("reading a message", errors.Join(err1, err2))
	})
}

// messageTx is chat.MessageTx in a transaction, without InsertMessage.
type messageTx struct {
	messageReader
	index Index
}

func (t messageTx) EditMessage(ctx context.Context, m *chat.Message) error {
	return errors.Join(
		Failed("editing a message", t.q.EditMessage(ctx, query.EditMessageParams{
			Body: m.Body, EditedAt: Millis(m.EditedAt), GroupMention: string(m.GroupMention), RowID: m.Position,
		})),
		t.unmention(ctx, m),
		t.index.Reindex(ctx, m),
	)
}

func (t messageTx) DeleteMessage(ctx context.Context, m *chat.Message) error {
	return errors.Join(
		t.index.Unindex(ctx, m.Position),
		Failed("deleting a message", t.q.DeleteMessage(ctx, query.DeleteMessageParams{
			DeletedAt: Millis(m.DeletedAt), DeletedBy: int64(m.DeletedBy), RowID: m.Position,
		})),
		t.unmention(ctx, m),
		unmark(ctx, t.q, m),
		Failed("deleting a file", t.q.DeleteFile(ctx, query.DeleteFileParams{
			ConversationID: int64(m.Conversation), Seq: int64(m.Seq),
		})),
		Failed("counting replies", t.q.CountReplies(ctx, query.CountRepliesParams{ConversationID: int64(m.Conversation), Reply: int64(m.Seq)})),
	)
}

func (t messageTx) GiveMessages(ctx context.Context, from, to chat.UserID, after int64, limit int) (n int, last int64, err error) {
	rows, err := t.q.MessagesToGive(ctx, query.MessagesToGiveParams{RowID: after, AuthorID: int64(from), Limit: int64(limit)})
	if err != nil {
		return 0, 0, Failed("reading an account's messages", err)
	}
	for _, row := range rows {
		last = row.RowID
		if err := t.q.GiveMessage(ctx, query.GiveMessageParams{AuthorID: int64(to), RowID: row.RowID}); err != nil {
			return 0, 0, Failed("giving a message", err)
		}
		m := &chat.Message{Position: row.RowID, Conversation: chat.ConversationID(row.ConversationID), Author: to, Body: row.Body}
		if row.HasFile != 0 {
			m.File = &chat.Attachment{}
			if err := t.q.GiveFile(ctx, query.GiveFileParams{UserID: int64(to), ConversationID: row.ConversationID, Seq: row.Seq}); err != nil {
				return 0, 0, Failed("giving a file", err)
			}
		}
		if row.Change == "" && row.DeletedAt == 0 { // the others are not in the index
			if err := t.index.Reindex(ctx, m); err != nil {
				return 0, 0, err
			}
		}
	}
	return len(rows), last, nil
}

// unmention deletes the mentions of a message.
func (t messageTx) unmention(ctx context.Context, m *chat.Message) error {
	return Failed("dropping mentions", t.q.DeleteMentionsOfMessage(ctx, query.DeleteMentionsOfMessageParams{
		ConversationID: int64(m.Conversation), Seq: int64(m.Seq),
	}))
}

// hostPrefix begins the column change of the lines of the host. The column author_id needs an
// account, so it has the oldest owner, who has not done what the line is about.
const hostPrefix = "host:"

// AuthorAndChange returns the columns author_id and change of a message.
func AuthorAndChange(ctx context.Context, q *query.Queries, m *chat.Message) (int64, string, error) {
	if !m.ByHost() {
		return int64(m.Author), string(m.Notice), nil
	}
	owners, err := q.Owners(ctx)
	if err == nil && len(owners) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return 0, "", Failed("finding an account for a line of the host", err)
	}
	return owners[0].ID, hostPrefix + string(m.Notice), nil
}

// Message converts the row of a message.
func Message(row query.MessageView) (*chat.Message, error) {
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
	if change, byHost := strings.CutPrefix(row.Change, hostPrefix); byHost || m.Notice == chat.NoticeServer {
		m.Notice, m.Author, m.AuthorUID, m.AuthorName, m.AuthorDisplay, m.AuthorBot = chat.Notice(change), 0, uuid.Nil, chat.HostActor, "", false
	}
	m.File, err4 = attachment(row.FileName, row.FileSize, row.FileSha256)
	m.Reactions, err5 = reactions(row.Reacted, row.Reactions)
	return m, Failed("reading a message", errors.Join(err1, err2, err3, err4, err5))
}
