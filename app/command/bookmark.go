package command

import "confab/app/chat"

type pinCmd struct {
	ID string `arg:"" help:"The id of the message."`
}

func (p *pinCmd) Run(c *call) error {
	return c.bookmark(p.ID, func(m *chat.Message) error { return c.Chat.Messages().Pin(c.ctx, m.Conversation, m.Seq, true) })
}

type unpinCmd struct {
	ID string `arg:"" help:"The id of the message."`
}

func (u *unpinCmd) Run(c *call) error {
	return c.bookmark(u.ID, func(m *chat.Message) error { return c.Chat.Messages().Pin(c.ctx, m.Conversation, m.Seq, false) })
}

type saveCmd struct {
	Remove bool `help:"Take the message off the list of saved ones."`

	ID string `arg:"" help:"The id of the message."`
}

func (s *saveCmd) Run(c *call) error {
	return c.bookmark(s.ID, func(m *chat.Message) error {
		return c.Chat.Messages().Save(c.ctx, m.Conversation, m.Seq, !s.Remove)
	})
}

// bookmark does something with a message, and writes the message.
func (c *call) bookmark(id string, do func(*chat.Message) error) error {
	m, l, err := c.messageByID(id)
	if err != nil {
		return err
	}
	if err := do(m); err != nil {
		return err
	}
	return c.out.message(l, m, true)
}

type pinsCmd struct {
	Target string `arg:"" help:"The conversation: #name, @name or an id."`
}

// Run lists the pinned messages. It succeeds if there are any.
func (p *pinsCmd) Run(c *call) error {
	l, err := c.find(p.Target)
	if err != nil {
		return err
	}
	pins, err := c.Chat.Messages().Pins(c.ctx, l.ID)
	if err != nil {
		return err
	}
	for _, one := range pins {
		r := &bookmarkRecord{head: newHead("pin"), Message: messageOf(l, one.Message), By: one.By, At: stamp(one.At)}
		if err := c.out.write(r); err != nil {
			return err
		}
	}
	return noneFound(len(pins))
}

type savedCmd struct{}

// Run lists the saved messages. It succeeds if there are any.
func (*savedCmd) Run(c *call) error {
	list, err := c.Chat.Messages().Saved(c.ctx)
	if err != nil {
		return err
	}
	for _, one := range list {
		r := &bookmarkRecord{head: newHead("saved"), Message: messageOf(one.Conversation, one.Message), At: stamp(one.At)}
		if err := c.out.write(r); err != nil {
			return err
		}
	}
	return noneFound(len(list))
}

// bookmarkRecord is a message that was pinned or saved.
type bookmarkRecord struct {
	head
	Message *messageRecord `json:"message"`
	By      string         `json:"by,omitempty"` // who pinned it
	At      string         `json:"at"`           // when it was pinned or saved
}

func (r *bookmarkRecord) columns(o *output) []string {
	columns := append(r.Message.columns(o), r.At)
	if r.By != "" {
		columns = append(columns, r.By)
	}
	return columns
}
