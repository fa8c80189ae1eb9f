package timeline

import (
	"context"

	"confab/app/chat"
)

func (c *fakeChat) VisitThread(context.Context, chat.ConversationID, chat.Seq) (chat.ThreadVisit, error) {
	return chat.ThreadVisit{}, nil
}

func (c *fakeChat) MarkThreadRead(context.Context, chat.ConversationID, chat.Seq, chat.Seq) error {
	return nil
}
