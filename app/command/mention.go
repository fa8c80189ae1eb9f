package command

import (
	"strings"
	"time"

	"confab/app/chat"
)

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

type notifyCmd struct {
	Words []string `arg:"" optional:"" name:"word" help:"A word, or remove and a word. Without one, your words are listed."`
}

func (n *notifyCmd) Run(c *call) error {
	account := c.Chat.Account()
	switch w := n.Words; {
	case len(w) == 0:
		set, err := account.Notifications(c.ctx)
		for _, word := range set.Keywords {
			if err == nil {
				err = c.out.write(&keywordRecord{newHead("keyword"), word, true})
			}
		}
		return err
	case len(w) == 1:
		word, err := account.AddKeyword(c.ctx, w[0])
		if err != nil {
			return err
		}
		return c.out.write(&keywordRecord{newHead("keyword"), word, true})
	case len(w) == 2 && w[0] == "remove":
		word, err := account.RemoveKeyword(c.ctx, w[1])
		if err != nil {
			return err
		}
		return c.out.write(&keywordRecord{newHead("keyword"), word, false})
	default:
		return usage("A keyword is one word. Run  notify WORD  or  notify remove WORD.")
	}
}

// keywordRecord is a word of which the user is notified.
type keywordRecord struct {
	head
	Word string `json:"word"`
	On   bool   `json:"on"` // false if it was removed
}

func (r *keywordRecord) columns(*output) []string {
	if r.On {
		return []string{r.Word, "on"}
	}
	return []string{r.Word, "removed"}
}

type dndCmd struct {
	When []string `arg:"" optional:"" help:"on, off, for 2h, until 14:00, tomorrow 9:00. Without it, the present state is shown."`
}

func (d *dndCmd) Run(c *call) error {
	now := c.Now()
	if len(d.When) > 0 {
		until, err := chat.ParseQuiet(strings.Join(d.When, " "), now.In(c.Zone))
		if err != nil {
			return err
		}
		if err := c.Chat.Account().SetQuiet(c.ctx, until); err != nil {
			return err
		}
	}
	set, err := c.Chat.Account().Notifications(c.ctx)
	if err != nil {
		return err
	}
	r := &dndRecord{head: newHead("dnd"), On: set.Quiet(now)}
	if r.On && !set.Endless(now) {
		r.Until, r.until = stamp(set.Until), set.Until
	}
	return c.out.write(r)
}

// dndRecord says whether do-not-disturb is on.
type dndRecord struct {
	head
	On    bool   `json:"on"`
	Until string `json:"until,omitempty"` // if it ends by itself

	until time.Time
}

func (r *dndRecord) columns(o *output) []string {
	if r.On {
		return []string{"on", o.time(r.until)}
	}
	return []string{"off", ""}
}
