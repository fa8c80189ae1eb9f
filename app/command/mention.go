package command

import "confab/app/chat"

type mentionsCmd struct {
	Unread bool   `help:"List only mentions that are not read; status 1 if there are none."`
	Read   string `placeholder:"ID" help:"Mark the mention in the message with this id as read. Nothing else becomes read."`
}

func (m *mentionsCmd) Run(c *call) error {
	id, err := parseID("--read", m.Read)
	if err != nil {
		return err
	}
	if m.Read != "" {
		found, l, err := c.Chat.Messages().Message(c.ctx, id)
		if err != nil {
			return err
		}
		if err := c.Chat.Messages().ReadMention(c.ctx, l.ID, found.Seq); err != nil {
			return err
		}
		return c.out.write(mentionOf(chat.MentionOf{Message: found, Conversation: l, Read: true}))
	}
	list, err := c.Chat.Messages().Mentions(c.ctx)
	if err != nil {
		return err
	}
	any := false
	for _, of := range list {
		if m.Unread && of.Read {
			continue
		}
		any = true
		if err := c.out.write(mentionOf(of)); err != nil {
			return err
		}
	}
	if m.Unread && !any {
		return statusError(Refused)
	}
	return nil
}

// mentionRecord is a message that mentions the user.
type mentionRecord struct {
	head
	Message *messageRecord `json:"message"`
	Read    bool           `json:"read"`
}

func mentionOf(of chat.MentionOf) *mentionRecord {
	return &mentionRecord{newHead("mention"), messageOf(of.Conversation, of.Message), of.Read}
}

// columns returns whether the mention is read, and the columns of the message.
func (r *mentionRecord) columns(o *output) []string {
	state := "unread"
	if r.Read {
		state = "read"
	}
	return append([]string{state}, r.Message.columns(o)...)
}
