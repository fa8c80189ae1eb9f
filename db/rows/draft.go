package rows

import (
	"context"

	"confab/app/chat"
	"confab/db/sqlite/query"
)

// draftTx is chat.DraftTx in a transaction.
type draftTx struct{ q *query.Queries }

func (t draftTx) SetDraft(ctx context.Context, conversation chat.ConversationID, user chat.UserID, body string) error {
	if body == "" {
		return Failed("dropping a draft", t.q.DeleteDraft(ctx, query.DeleteDraftParams{UserID: int64(user), ConversationID: int64(conversation)}))
	}
	rows, err := t.q.SetDraft(ctx, query.SetDraftParams{UserID: int64(user), ConversationID: int64(conversation), Body: body})
	if err == nil && rows == 0 {
		return chat.ErrNotFound
	}
	return Failed("keeping a draft", err)
}

func (t draftTx) DropDraft(ctx context.Context, conversation chat.ConversationID, user chat.UserID, body string) error {
	return Failed("dropping a draft", t.q.DropDraft(ctx, query.DropDraftParams{UserID: int64(user), ConversationID: int64(conversation), Body: body}))
}
