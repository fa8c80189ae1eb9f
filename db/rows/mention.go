package rows

import (
	"context"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// mentionReader is chat.MentionReader on the connection of q.
type mentionReader struct{ q *query.Queries }

func (r mentionReader) CountMentions(ctx context.Context, conversation chat.ConversationID, user chat.UserID, seen chat.Seq) (int, error) {
	n, err := r.q.CountMentions(ctx, query.CountMentionsParams{UserID: int64(user), ConversationID: int64(conversation), Seq: int64(seen)})
	return int(n), Failed("counting mentions", err)
}

func (r mentionReader) MentionsOf(ctx context.Context, user chat.UserID, limit int) ([]chat.MentionOf, error) {
	rows, err := r.q.MentionsOf(ctx, query.MentionsOfParams{UserID: int64(user), Limit: int64(limit)})
	if err != nil {
		return nil, Failed("listing mentions", err)
	}
	others, err := conversationReader(r).others(ctx, user) // later, as in ListOf
	if err != nil {
		return nil, err
	}
	return all(rows, func(row query.MentionsOfRow) (chat.MentionOf, error) {
		c, err := conversation(row.Conversation)
		if err != nil {
			return chat.MentionOf{}, err
		}
		m, err := Message(row.MessageView)
		mine := membership(row.Membership)
		return chat.MentionOf{
			Message: m, Conversation: chat.ConversationSummary{Conversation: c, Mine: mine, Other: others[c.ID]},
			Read: row.Done != 0 || err == nil && m.Seq <= mine.Seen,
		}, err
	})
}

// mentionTx is chat.MentionTx in a transaction.
type mentionTx struct{ mentionReader }

func (t mentionTx) InsertMention(ctx context.Context, conversation chat.ConversationID, user chat.UserID, seq chat.Seq) error {
	return Failed("adding a mention", t.q.InsertMention(ctx, query.InsertMentionParams{
		UserID: int64(user), ConversationID: int64(conversation), Seq: int64(seq),
	}))
}

func (t mentionTx) InsertMentions(ctx context.Context, m *chat.Message) error {
	return Failed("adding mentions", t.q.InsertMentions(ctx, query.InsertMentionsParams{
		Seq: int64(m.Seq), ConversationID: int64(m.Conversation), AuthorID: int64(m.Author),
	}))
}

func (t mentionTx) ReadMention(ctx context.Context, conversation chat.ConversationID, user chat.UserID, seq chat.Seq) error {
	return Failed("marking a mention read", t.q.ReadMention(ctx, query.ReadMentionParams{
		UserID: int64(user), ConversationID: int64(conversation), Seq: int64(seq),
	}))
}

func (t mentionTx) UnreadMentions(ctx context.Context, conversation chat.ConversationID, user chat.UserID, above chat.Seq) error {
	return Failed("marking mentions unread", t.q.UnreadMentions(ctx, query.UnreadMentionsParams{
		UserID: int64(user), ConversationID: int64(conversation), Seq: int64(above),
	}))
}

// mentionRight returns the value of the column for who may mention a group.
func mentionRight(c chat.Conversation) string {
	if c.MentionAll == "" {
		return string(chat.MentionByModerators)
	}
	return string(c.MentionAll)
}
