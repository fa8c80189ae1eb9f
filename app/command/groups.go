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

type settingsCmd struct {
	Target string `arg:"" help:"The group: #name or an id."`
	Name   string `arg:"" optional:"" help:"A setting: public, members-add, history, keep or mention-all."`
	Value  string `arg:"" optional:"" help:"on or off; for keep a time such as 30d, or off; for mention-all everyone, moderators or nobody."`
}

func (s *settingsCmd) Run(c *call) error {
	l, err := c.find(s.Target)
	if err != nil {
		return err
	}
	if s.Name != "" {
		if err := s.change(c, l.ID); err != nil {
			return err
		}
		if l, err = c.find(l.UID.String()); err != nil {
			return err
		}
	}
	return c.out.write(settingsOf(l))
}

// change changes the setting.
func (s *settingsCmd) change(c *call, id chat.ConversationID) error {
	groups := c.Chat.Groups()
	switch {
	case s.Name == "keep":
		keep, err := chat.ParseKeep(s.Value)
		if err != nil {
			return err
		}
		return groups.SetKeep(c.ctx, id, keep)
	case s.Name == "mention-all":
		return groups.SetMentionAll(c.ctx, id, chat.MentionRight(s.Value))
	case s.Value != "on" && s.Value != "off":
		return usage("A setting is on or off: write %s on, or %s off.", s.Name, s.Name)
	}
	return groups.Configure(c.ctx, id, chat.Setting(s.Name), s.Value == "on")
}

// settingsRecord has the settings of a group.
type settingsRecord struct {
	head
	Conversation conversationRef `json:"conversation"`
	Public       bool            `json:"public"`
	MembersAdd   bool            `json:"members_add"`
	History      bool            `json:"history"`
	Keep         string          `json:"keep"`        // off, or a time such as 30d
	MentionAll   string          `json:"mention_all"` // everyone, moderators or nobody
}

func settingsOf(l chat.ConversationSummary) *settingsRecord {
	return &settingsRecord{
		newHead("settings"), refTo(l), l.Public, l.MembersAdd, l.OpenHistory, chat.KeepText(l.Keep), string(l.MentionAll),
	}
}

func (r *settingsRecord) columns(*output) []string {
	columns := []string{r.Conversation.Name}
	for _, s := range []struct {
		name string
		on   bool
	}{{"public", r.Public}, {"members-add", r.MembersAdd}, {"history", r.History}} {
		state := "off"
		if s.on {
			state = "on"
		}
		columns = append(columns, s.name+" "+state)
	}
	return append(columns, "keep "+r.Keep, "mention-all "+r.MentionAll)
}
