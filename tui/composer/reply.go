package composer

import "confab/app/chat"

// StartReply makes the text in the open conversation a reply to one of its messages. It
// stays a reply while the user looks at other conversations.
func (c *Composer) StartReply(to *chat.Message) {
	if c.replies == nil {
		c.replies = make(map[chat.ConversationID]*chat.Message)
	}
	c.replies[to.Conversation] = to
}

// Reply is the message that the text answers, nil for none.
func (c *Composer) Reply() *chat.Message { return c.replies[c.open] }

// StopReply makes the text an ordinary message again. It reports false if it is one
// already.
func (c *Composer) StopReply() bool {
	was := c.Reply() != nil
	delete(c.replies, c.open)
	return was
}
