package command

import (
	"time"

	"confab/app/chat"
)

type whoCmd struct {
	Name string `arg:"" optional:"" help:"Show only this user, and when they were last seen, if both of you share that."`
}

func (w *whoCmd) Run(c *call) (err error) {
	c.out.most = peopleBytes
	var people []chat.Person
	if w.Name == "" {
		people, err = c.Chat.Contacts().People(c.ctx)
	} else {
		people = make([]chat.Person, 1)
		people[0], err = c.Chat.Contacts().Person(c.ctx, w.Name)
	}
	now := c.Now()
	for _, p := range people {
		if err == nil {
			err = c.out.write(&personRecord{
				newHead("person"), *refOf(p.User), presenceWord(p.Status.Presence(p.Presence, now)), statusOf(p.Status, now), stamp(p.LastSeen), p.LastSeen,
			})
		}
	}
	return err
}

// personRecord is someone who has an account.
type personRecord struct {
	head
	userRef
	Presence   string     `json:"presence"`
	Status     *statusRef `json:"status,omitempty"`
	LastSeenAt string     `json:"last_seen_at,omitempty"`

	seen time.Time
}

func (r *personRecord) columns(o *output) []string {
	columns := append([]string{r.Name, r.Presence, botWord(r.Bot)}, r.Status.columns(o)...)
	if !r.seen.IsZero() {
		columns = append(columns, o.time(r.seen))
	}
	return columns
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
	c.out.most = peopleBytes
	members, err := c.Chat.Groups().Members(c.ctx, l.ID)
	now := c.Now()
	for _, o := range members {
		if err == nil {
			err = c.out.write(&memberRecord{newHead("member"), userRef{o.UID.String(), o.Name, o.Bot}, string(o.Role), presenceWord(o.Status.Presence(o.Presence, now)), statusOf(o.Status, now)})
		}
	}
	return err
}

// memberRecord is a member of a conversation.
type memberRecord struct {
	head
	userRef
	Role     string     `json:"role"`
	Presence string     `json:"presence"`
	Status   *statusRef `json:"status,omitempty"`
}

func (r *memberRecord) columns(o *output) []string {
	return append([]string{r.Name, r.Role, r.Presence, botWord(r.Bot)}, r.Status.columns(o)...)
}
