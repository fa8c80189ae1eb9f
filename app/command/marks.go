package command

import (
	"strconv"
	"strings"

	"confab/app/chat"
)

type reactCmd struct {
	Remove bool `help:"Take your reaction back."`

	ID    string `arg:"" help:"The id of the message."`
	Emoji string `arg:"" help:"The emoji: its name, such as :tada:, or the emoji itself."`
}

// Run adds a reaction, and does nothing if it is there already, so that a script can
// repeat the command.
func (r *reactCmd) Run(c *call) error {
	id, err := parseID("ID", r.ID)
	if err != nil {
		return err
	}
	m, l, err := c.Chat.Messages().Message(c.ctx, id)
	if err != nil {
		return err
	}
	if m, err = c.Chat.Messages().React(c.ctx, l.ID, m.Seq, r.Emoji, !r.Remove); err != nil {
		return err
	}
	return c.out.message(l, m, true)
}

// reactionRef is one kind of reaction to a message.
type reactionRef struct {
	Emoji string `json:"emoji"`
	Name  string `json:"name"` // of the emoji, without colons
	Count int    `json:"count"`
	Mine  bool   `json:"mine"` // this account is among them
}

func reactionsOf(m *chat.Message, self chat.UserID) []reactionRef {
	var refs []reactionRef
	for _, k := range m.ReactionKinds() {
		refs = append(refs, reactionRef{k.Emoji, strings.Trim(k.Name(), ":"), len(k.Users), k.By(self)})
	}
	return refs
}

// reactionsText is the reactions in one line, by their names, as :+1: 3 :tada: 1.
func reactionsText(refs []reactionRef) string {
	var words []string
	for _, r := range refs {
		words = append(words, ":"+r.Name+":", strconv.Itoa(r.Count))
	}
	return strings.Join(words, " ")
}

// reactionRecord says that someone has reacted to a message, or has taken a reaction back.
type reactionRecord struct {
	head
	Message      string          `json:"message"` // its id
	Conversation conversationRef `json:"conversation"`
	Seq          int64           `json:"seq"` // of the message
	User         userRef         `json:"user"`
	Emoji        string          `json:"emoji"`
	Name         string          `json:"name"`         // of the emoji, without colons
	Added        bool            `json:"added"`        // false if it was taken back
	At           string          `json:"at,omitempty"` // in a list of the reactions to a message
}

func (r *reactionRecord) columns(*output) []string {
	return []string{r.User.Name, ":" + r.Name + ":", r.At}
}

func newReaction(l chat.ConversationSummary, m *chat.Message, by userRef, emoji string, added bool) *reactionRecord {
	return &reactionRecord{
		head: newHead("reaction"), Message: m.ID.String(), Conversation: refTo(l), Seq: int64(m.Seq),
		User: by, Emoji: emoji, Name: strings.Trim(chat.ReactionName(emoji), ":"), Added: added,
	}
}

// reactionOf is the record of an event.
func reactionOf(l chat.ConversationSummary, ev chat.Reacted) *reactionRecord {
	return newReaction(l, ev.Message, userRef{ev.UID.String(), ev.Name, ev.Bot}, ev.Emoji, ev.On)
}

// reactors writes who has reacted to a message.
func (c *call) reactors(l chat.ConversationSummary, d chat.Details) error {
	for _, o := range d.Reactions {
		r := newReaction(l, d.Message, userRef{o.UID.String(), o.Name, o.Bot}, o.Emoji, true)
		r.At = stamp(o.At)
		if err := c.out.write(r); err != nil {
			return err
		}
	}
	return nil
}

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
	parsed, err := parseID("ID", id)
	if err != nil {
		return err
	}
	m, l, err := c.Chat.Messages().Message(c.ctx, parsed)
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

// noneFound is the status of a command that lists so many things.
func noneFound(found int) error {
	if found == 0 {
		return statusError(Refused)
	}
	return nil
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
