package command

import (
	"strconv"
	"strings"

	"confab/app/chat"
)

type listCmd struct {
	Public bool `help:"List the public groups instead, which everyone can join."`
}

func (l *listCmd) Run(c *call) error {
	c.out.most = packetBytes
	if l.Public {
		groups, err := c.Chat.Groups().PublicGroups(c.ctx)
		for _, g := range groups {
			if err == nil {
				err = c.out.write(&publicRecord{newHead("public_group"), "#" + g.Name, g.Topic, g.Members})
			}
		}
		return err
	}
	list, err := c.Chat.Groups().Conversations(c.ctx)
	if err != nil {
		return err
	}
	for _, l := range list {
		if !l.Listed() {
			continue
		}
		if err := c.out.write(conversationOf(l)); err != nil {
			return err
		}
	}
	return nil
}

// conversationRecord is a conversation as its member sees it.
type conversationRecord struct {
	head
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Name      string   `json:"name"`           // #ops or @ann
	With      *userRef `json:"with,omitempty"` // the other person, in direct messages
	Topic     string   `json:"topic,omitempty"`
	Public    bool     `json:"public"`
	Role      string   `json:"role"`
	Unread    int      `json:"unread"` // 100 means 100 or more
	Mentioned bool     `json:"mentioned"`
	Mentions  int      `json:"mentions"` // 100 means 100 or more
	LastAt    string   `json:"last_at,omitempty"`
	AddedBy   string   `json:"added_by,omitempty"` // the member who has added you to this group, until you open it
	Invited   []string `json:"invited,omitempty"`  // after new and add: people who were invited and have not joined
}

func conversationOf(l chat.ConversationSummary) *conversationRecord {
	r := &conversationRecord{
		head: newHead("conversation"), ID: l.UID.String(), Kind: string(l.Kind), Name: l.Title(), Topic: l.Topic,
		Public: l.Public, Role: string(l.Mine.Role), Unread: l.Unread, Mentioned: l.Mentioned(), Mentions: l.Mentions, LastAt: stamp(l.LastAt), AddedBy: l.AddedBy,
	}
	if l.Kind == chat.KindDirect {
		r.With = refOf(l.Other)
	}
	return r
}

func (r *conversationRecord) columns(*output) []string {
	columns := []string{r.Name, strconv.Itoa(r.Unread), r.ID, r.Topic}
	if len(r.Invited) > 0 {
		columns = append(columns, "invited: "+strings.Join(r.Invited, ", "))
	}
	if r.AddedBy != "" {
		columns = append(columns, "added by "+r.AddedBy)
	}
	return columns
}

// publicRecord is a group that everyone can join.
type publicRecord struct {
	head
	Name    string `json:"name"`
	Topic   string `json:"topic,omitempty"`
	Members int    `json:"members"`
}

func (r *publicRecord) columns(*output) []string {
	return []string{r.Name, strconv.Itoa(r.Members), r.Topic}
}

type unreadCmd struct{}

func (*unreadCmd) Run(c *call) error {
	list, err := c.Chat.Groups().Conversations(c.ctx)
	if err != nil {
		return err
	}
	any := false
	c.out.most = packetBytes
	for _, l := range list {
		if l.Unread == 0 && !l.New() {
			continue
		}
		any = true
		if err := c.out.write(conversationOf(l)); err != nil {
			return err
		}
	}
	if !any {
		return statusError(Refused)
	}
	return nil
}
