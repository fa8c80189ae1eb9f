package command

import (
	"confab/app/chat"
)

type whoCmd struct{}

func (*whoCmd) Run(c *call) error {
	c.out.many = true
	people, err := c.Chat.Contacts().People(c.ctx)
	for _, p := range people {
		if err == nil {
			err = c.out.write(&personRecord{newHead("person"), *refOf(p.User), presenceWord(p.Presence)})
		}
	}
	return err
}

// personRecord is someone who has an account.
type personRecord struct {
	head
	userRef
	Presence string `json:"presence"`
}

func (r *personRecord) columns(*output) []string {
	return []string{r.Name, r.Presence, botWord(r.Bot)}
}

func presenceWord(p chat.Presence) string {
	switch p {
	case chat.Online:
		return "online"
	case chat.Away:
		return "away"
	default:
		return "offline"
	}
}

type membersCmd struct {
	Target string `arg:"" help:"The conversation: #name, @name or an id."`
}

func (m *membersCmd) Run(c *call) error {
	l, err := c.find(m.Target)
	if err != nil {
		return err
	}
	c.out.many = true
	members, err := c.Chat.Groups().Members(c.ctx, l.ID)
	for _, o := range members {
		if err == nil {
			err = c.out.write(&memberRecord{newHead("member"), userRef{o.UID.String(), o.Name, o.Bot}, string(o.Role), presenceWord(o.Presence)})
		}
	}
	return err
}

// memberRecord is a member of a conversation.
type memberRecord struct {
	head
	userRef
	Role     string `json:"role"`
	Presence string `json:"presence"`
}

func (r *memberRecord) columns(*output) []string {
	return []string{r.Name, r.Role, r.Presence, botWord(r.Bot)}
}
