package command

import (
	"strconv"

	"github.com/google/uuid"

	"confab/app/chat"
)

type infoCmd struct {
	ID string `arg:"" help:"The id of the message."`
}

func (i *infoCmd) Run(c *call) error {
	m, l, err := c.messageByID(i.ID)
	if err != nil {
		return err
	}
	d, err := c.Chat.Receipts().Details(c.ctx, l.ID, m.Seq)
	if err != nil {
		return err
	}
	if err := c.out.message(l, m, true); err != nil {
		return err
	}
	for _, o := range d.Members {
		r := &receiptRecord{head: newHead("receipt"), Name: o.Name, State: "sent", Tells: o.Tells}
		if o.Delivered {
			r.State, r.DeliveredAt = "delivered", stamp(o.DeliveredAt)
		}
		if o.Read {
			r.State, r.ReadAt = "read", stamp(o.ReadAt)
		}
		if err := c.out.write(r); err != nil {
			return err
		}
	}
	return c.reactors(l, d)
}

// receiptRecord says whether a message has reached one member.
type receiptRecord struct {
	head
	Name        string `json:"name"`
	State       string `json:"state"`                  // sent, delivered or read
	Tells       bool   `json:"tells"`                  // this member shares read receipts with the user
	DeliveredAt string `json:"delivered_at,omitempty"` // if it is known
	ReadAt      string `json:"read_at,omitempty"`
}

func (r *receiptRecord) columns(*output) []string {
	at := r.DeliveredAt
	if r.ReadAt != "" {
		at = r.ReadAt
	}
	return []string{r.Name, r.State, at}
}

// messageByID finds the message with an id that was given as an argument, and its conversation.
func (c *call) messageByID(id string) (*chat.Message, chat.ConversationSummary, error) {
	parsed, err := parseID("ID", id)
	if err != nil {
		return nil, chat.ConversationSummary{}, err
	}
	return c.Chat.Messages().Message(c.ctx, parsed)
}

// messageIn finds a message of a conversation.
func (c *call) messageIn(l chat.ConversationSummary, id uuid.UUID) (*chat.Message, error) {
	m, in, err := c.Chat.Messages().Message(c.ctx, id)
	if err == nil && in.ID != l.ID {
		err = chat.Refuse(chat.ErrNotFound, "The message %s is not in %s.", id, l.Title())
	}
	return m, err
}

type readCmd struct {
	Thread string `placeholder:"ID" help:"Mark the thread of this message as read, and not the conversation."`

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
	if r.Thread != "" {
		return c.readThread(l, r.Thread)
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
