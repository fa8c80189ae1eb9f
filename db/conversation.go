package db

import (
	"context"

	"github.com/google/uuid"

	"confab/app"
	"confab/db/query"
)

func (r reader) ConversationByName(ctx context.Context, name string) (app.Conversation, error) {
	row, err := r.q.ConversationByName(ctx, name)
	if err != nil {
		return app.Conversation{}, failed("finding a conversation", err)
	}
	return conversation(row)
}

func (r reader) ConversationsOf(ctx context.Context, user app.UserID) ([]app.Conversation, error) {
	rows, err := r.q.ConversationsOf(ctx, int64(user))
	if err != nil {
		return nil, failed("listing conversations", err)
	}
	return all(rows, conversation)
}

func (t tx) InsertConversation(ctx context.Context, c app.Conversation) (app.Conversation, error) {
	id, err := t.q.InsertConversation(ctx, query.InsertConversationParams{
		Uid: c.UID[:], Name: c.Name, CreatedAt: millis(c.CreatedAt),
	})
	c.ID = app.ConversationID(id)
	return c, failed("adding a conversation", err)
}

func conversation(row query.Conversation) (app.Conversation, error) {
	uid, err := uuid.FromBytes(row.Uid)
	return app.Conversation{
		ID: app.ConversationID(row.ID), UID: uid, Name: row.Name,
		LastSeq: app.Seq(row.LastSeq), CreatedAt: fromMillis(row.CreatedAt),
	}, failed("reading a conversation", err)
}
