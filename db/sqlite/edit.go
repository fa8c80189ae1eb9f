package sqlite

import (
	"context"
	"errors"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

func (t tx) EditMessage(ctx context.Context, m *chat.Message) error {
	return errors.Join(
		failed("editing a message", t.q.EditMessage(ctx, query.EditMessageParams{
			Body: m.Body, EditedAt: millis(m.EditedAt), RowID: m.Position,
		})),
		t.unmention(ctx, m),
		t.reindex(ctx, m),
	)
}

func (t tx) DeleteMessage(ctx context.Context, m *chat.Message) error {
	return errors.Join(
		t.unindex(ctx, m.Position),
		failed("deleting a message", t.q.DeleteMessage(ctx, query.DeleteMessageParams{
			DeletedAt: millis(m.DeletedAt), RowID: m.Position,
		})),
		t.unmention(ctx, m),
		failed("deleting a file", t.q.DeleteFile(ctx, query.DeleteFileParams{
			ConversationID: int64(m.Conversation), Seq: int64(m.Seq),
		})),
	)
}

// unmention deletes the mentions of a message.
func (t tx) unmention(ctx context.Context, m *chat.Message) error {
	return failed("dropping mentions", t.q.DeleteMentionsOfMessage(ctx, query.DeleteMentionsOfMessageParams{
		ConversationID: int64(m.Conversation), Seq: int64(m.Seq),
	}))
}
