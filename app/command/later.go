package command

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

type remindCmd struct {
	ID string `name:"id" placeholder:"UUID" help:"The id for the reminder, so that repeating the command makes only one."`

	Text []string `arg:"" optional:"" passthrough:"partial" help:"A time, and what to remind you of: in 20m to call ann; tomorrow at 9 stand-up."`
}

func (r *remindCmd) take(text []string) { r.Text = text }

func (r *remindCmd) Run(c *call) error {
	id, err := c.idOr(r.ID)
	if err != nil {
		return err
	}
	words := r.Text
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	at, rest, err := chat.ParseReminder(strings.Join(words, " "), c.Now().In(c.Zone))
	if err != nil {
		return err
	}
	return c.addLater(chat.Later{ID: id, Body: rest, At: at, Zone: c.Zone.String()})
}

// idOr returns the id that a user gave for something new, or makes one.
func (c *call) idOr(given string) (uuid.UUID, error) {
	id, err := parseID(ownID, given)
	if err == nil && id == uuid.Nil {
		return c.Chat.NewID()
	}
	return id, err
}

// schedule schedules a message for the time in send --at.
func (c *call) schedule(message chat.NewMessage, when string) error {
	at, rest, err := text.ParseWhen(when, c.Now().In(c.Zone))
	if err != nil {
		return err
	}
	if rest != "" {
		return usage("--at takes only a time, in quotes: %s.", text.WhenForms)
	}
	return c.addLater(chat.Later{ID: message.ID, Conversation: message.Conversation, Body: message.Body, At: at, Zone: c.Zone.String()})
}

func (c *call) addLater(l chat.Later) error {
	l, err := c.Chat.Later().Add(c.ctx, l)
	if err != nil {
		return err
	}
	return c.writeLater(l)
}

type laterCmd struct {
	List   laterListCmd   `cmd:"" default:"1" help:"List your reminders and scheduled messages: first those that are due."`
	Cancel laterCancelCmd `cmd:"" help:"Cancel one, or remove a due one from the list."`
}

type laterListCmd struct{}

func (*laterListCmd) Run(c *call) error {
	list, err := c.Chat.Later().List(c.ctx)
	if err != nil {
		return err
	}
	for _, l := range list {
		if err := c.writeLater(l); err != nil {
			return err
		}
	}
	return nil
}

type laterCancelCmd struct {
	Which string `arg:"" help:"The number of the reminder or message, or its id, as later shows it."`
}

func (l *laterCancelCmd) Run(c *call) error {
	gone, err := c.Chat.Later().Cancel(c.ctx, l.Which)
	if err != nil {
		return err
	}
	r := c.laterOf(gone)
	r.State = "cancelled"
	return c.out.write(r)
}

// laterRecord is a reminder or a scheduled message.
type laterRecord struct {
	head
	ID           string           `json:"id"`
	Number       int              `json:"number"`
	Kind         string           `json:"kind"`                   // reminder or message
	Conversation *conversationRef `json:"conversation,omitempty"` // where the message is to be posted
	State        string           `json:"state"`                  // waiting, due, not_sent or cancelled
	At           string           `json:"at"`
	TimeZone     string           `json:"time_zone"`
	Text         string           `json:"text"`
	Reason       string           `json:"reason,omitempty"` // why the message was not sent

	later chat.Later
	now   time.Time
}

func (c *call) writeLater(l chat.Later) error { return c.out.write(c.laterOf(l)) }

func (c *call) laterOf(l chat.Later) *laterRecord {
	r := &laterRecord{
		head: newHead("later"), ID: l.ID.String(), Number: l.Number, Kind: "reminder", State: l.State(),
		At: stamp(l.At), TimeZone: l.Zone, Text: l.Body, Reason: l.Refused, later: l, now: c.Now(),
	}
	if !l.Reminder() {
		r.Kind = "message"
		if l.Title != "" {
			r.Conversation = &conversationRef{l.ConversationUID.String(), l.Title}
		}
	}
	return r
}

func (r *laterRecord) columns(o *output) []string {
	at, to := r.At, ""
	if o.terminal {
		at = r.later.When(o.zone, r.now)
	}
	if r.Conversation != nil {
		to = r.Conversation.Name
	}
	return []string{strconv.Itoa(r.Number), r.State, at, r.Kind, to, r.Text, r.ID, r.Reason}
}

// dueTold has the due reminders and the unsent messages that a bot has been told of.
type dueTold map[uuid.UUID]bool

// bring tells the bot of new ones.
func (d dueTold) bring(c *call) error {
	list, err := c.Chat.Later().List(c.ctx)
	if err != nil {
		return err
	}
	told := maps.Clone(d)
	clear(d)
	for _, l := range list {
		if !l.Due() {
			continue
		}
		d[l.ID] = true
		if told[l.ID] {
			continue
		}
		if err := c.writeLater(l); err != nil {
			return err
		}
	}
	return nil
}

func laterChanged(ev chat.Event) bool { _, ok := ev.(chat.LaterChanged); return ok }

// changed tells the bot of new ones if a batch of the mailbox says that there may be some.
func (d dueTold) changed(c *call, b chat.Batch) error {
	if !b.Resync && !slices.ContainsFunc(b.Events, laterChanged) {
		return nil
	}
	return d.bring(c)
}
