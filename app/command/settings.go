package command

import (
	"confab/app/chat"
)

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
