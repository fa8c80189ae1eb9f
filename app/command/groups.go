package command

import (
	"confab/app/chat"
)

type newCmd struct {
	Public bool `help:"Everyone can find and join the group."`

	Name    string   `arg:"" help:"The name of the group, with or without #."`
	Members []string `arg:"" optional:"" help:"Other members."`
}

func (n *newCmd) Run(c *call) error {
	if _, err := c.Chat.Groups().NewGroup(c.ctx, n.Name, n.Public, n.Members); err != nil {
		return err
	}
	return c.showInvited(n.Name)
}

// showInvited writes a group, with the people who were invited and have not joined.
func (c *call) showInvited(target string) error {
	l, err := c.find(target)
	if err != nil {
		return err
	}
	invited, err := c.Chat.Groups().Invited(c.ctx, l.ID)
	if err != nil {
		return err
	}
	r := conversationOf(l)
	for _, u := range invited {
		r.Invited = append(r.Invited, u.Name)
	}
	return c.out.write(r)
}

// show writes a conversation.
func (c *call) show(target string) error {
	l, err := c.find(target)
	if err != nil {
		return err
	}
	return c.out.write(conversationOf(l))
}

type addCmd struct {
	Target  string   `arg:"" help:"The group: #name or an id."`
	Members []string `arg:"" help:"The people to add."`
}

func (a *addCmd) Run(c *call) error {
	l, err := c.find(a.Target)
	if err == nil {
		err = c.Chat.Groups().AddMembers(c.ctx, l.ID, a.Members)
	}
	if err != nil {
		return err
	}
	return c.showInvited(a.Target)
}

type removeCmd struct {
	Target string `arg:"" help:"The group: #name or an id."`
	Member string `arg:"" help:"The member to remove."`
}

func (r *removeCmd) Run(c *call) error {
	return c.change(r.Target, func(l chat.ConversationSummary) error { return c.Chat.Groups().RemoveMember(c.ctx, l.ID, r.Member) })
}

// change changes a conversation and shows it.
func (c *call) change(target string, do func(chat.ConversationSummary) error) error {
	l, err := c.find(target)
	if err == nil {
		err = do(l)
	}
	if err != nil {
		return err
	}
	return c.show(target)
}

type joinCmd struct {
	Name string `arg:"" help:"A public group; list --public shows them."`
}

func (j *joinCmd) Run(c *call) error {
	if _, err := c.Chat.Groups().Join(c.ctx, j.Name); err != nil {
		return err
	}
	return c.show(j.Name)
}

type leaveCmd struct {
	Target string `arg:"" help:"The group: #name or an id."`
}

func (l *leaveCmd) Run(c *call) error {
	in, err := c.find(l.Target)
	if err == nil {
		err = c.Chat.Groups().Leave(c.ctx, in.ID)
	}
	if err != nil {
		return err
	}
	return c.out.write(&leftRecord{newHead("left"), refTo(in)})
}

// leftRecord says that the user is no longer a member.
type leftRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
}

func (r *leftRecord) columns(*output) []string { return []string{"left", r.Conversation.Name} }
