package tui

import (
	"context"
	"slices"

	"confab/app/chat"
)

func (c *fakeChat) VisitThread(context.Context, chat.ConversationID, chat.Seq) (chat.ThreadVisit, error) {
	return chat.ThreadVisit{}, nil
}

func (c *fakeChat) MarkThreadRead(context.Context, chat.ConversationID, chat.Seq, chat.Seq) error {
	return nil
}

func (c *fakeChat) FollowThread(_ context.Context, id chat.ConversationID, seq chat.Seq, on bool) error {
	return c.ask("follow %d %d %v", id, seq, on)
}

func (c *fakeChat) Followed(context.Context, bool) ([]chat.FollowedThread, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return nil, c.fail
}

func (c *fakeChat) Before(_ context.Context, id chat.ConversationID, _, before chat.Seq, limit int) ([]*chat.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id != fakeConversation {
		return nil, nil
	}
	end := min(int(before-1), len(c.messages))
	return slices.Clone(c.messages[max(0, end-limit):end]), c.fail
}

func (c *fakeChat) After(_ context.Context, id chat.ConversationID, _, after chat.Seq, limit int) ([]*chat.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id != fakeConversation {
		return nil, nil
	}
	from := min(int(after), len(c.messages))
	return slices.Clone(c.messages[from:min(len(c.messages), from+limit)]), c.fail
}
