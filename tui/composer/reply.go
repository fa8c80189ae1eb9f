package composer

import "confab/app/chat"

// StartReply makes what is written in the open conversation a reply to a message of it.
// The reply stays with its conversation while the user looks at others.
func (c *Composer) StartReply(to *chat.Message) {
	if c.replies == nil {
		c.replies = make(map[chat.ConversationID]*chat.Message)
	}
	c.replies[to.Conversation] = to
}

// Reply is the message that the text answers, nil for none.
func (c *Composer) Reply() *chat.Message { return c.replies[c.open] }

// StopReply makes the text one that answers nothing. It reports false if it answers
// nothing already.
func (c *Composer) StopReply() bool {
	was := c.Reply() != nil
	delete(c.replies, c.open)
	return was
}
