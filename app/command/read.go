package command

import "strconv"

type readCmd struct {
	Target string `arg:"" help:"The conversation: #name, @name or an id."`
	ID     string `arg:"" optional:"" help:"The last message to mark as read; by default the newest."`
}

func (r *readCmd) Run(c *call) error {
	id, err := parseID("ID", r.ID)
	if err != nil {
		return err
	}
	l, err := c.find(r.Target)
	if err != nil {
		return err
	}
	to := l.LastSeq
	if r.ID != "" {
		m, err := c.messageIn(l, id)
		if err != nil {
			return err
		}
		to = m.Seq
	}
	if err := c.Chat.Receipts().ReadUpTo(c.ctx, l.ID, to); err != nil {
		return err
	}
	unread, err := c.Chat.Receipts().Unread(c.ctx, l.ID)
	if err != nil {
		return err
	}
	return c.out.write(&readRecord{newHead("read"), refTo(l), unread})
}

// readRecord says how many messages are still unread.
type readRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
	Unread       int             `json:"unread"`
}

func (r *readRecord) columns(*output) []string {
	return []string{r.Conversation.Name, strconv.Itoa(r.Unread)}
}
