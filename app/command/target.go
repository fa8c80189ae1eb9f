package command

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
)

// find returns the conversation that a command names.
func (c *call) find(target string) (chat.ConversationSummary, error) {
	return c.Chat.Groups().Find(c.ctx, target)
}

// findOrBegin is find for commands that may begin direct messages.
// They say so if nobody will read the messages.
func (c *call) findOrBegin(target string) (chat.ConversationSummary, error) {
	l, err := c.find(target)
	if errors.Is(err, chat.ErrNotFound) && strings.HasPrefix(target, "@") {
		if _, err := c.Chat.Groups().Direct(c.ctx, target); err != nil {
			return l, err
		}
		l, err = c.find(target)
	}
	if err != nil || l.Kind != chat.KindDirect || !l.Other.Disabled || l.Other.Name == chat.DeletedName {
		return l, err
	}
	p, err := c.Chat.Contacts().Person(c.ctx, l.Other.Name)
	if err == nil {
		c.say(c.Err, p.NobodyReads())
	}
	return l, err
}

// conversationRef is a conversation that another record names.
type conversationRef struct {
	ID   string `json:"id"`
	Name string `json:"name"` // #ops or @ann
}

func refTo(l chat.ConversationSummary) conversationRef {
	return conversationRef{l.UID.String(), l.Title()}
}

// ownID is the flag with the id for a new message.
const ownID = "--id"

// parseID reads the id of a message. "" means no message.
func parseID(what, s string) (uuid.UUID, error) {
	if s == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 || id == uuid.Nil {
		hint := "history and search show the ids of messages"
		if what == ownID {
			hint = "uuidgen makes one"
		}
		return uuid.Nil, usage("%s must be a UUID, such as 01987b0c-5d1e-7cc0-8000-0123456789ab: %s.", what, hint)
	}
	return id, nil
}

type openCmd struct {
	Target string `arg:"" help:"The conversation: #name, @name or an id."`
}

func (o *openCmd) Run(c *call) error {
	switch {
	case c.bot:
		return usage("A bot has no screen.")
	case !c.Terminal:
		return usage("The chat needs a terminal: connect with ssh -t.")
	}
	l, err := c.findOrBegin(o.Target)
	if err != nil {
		return err
	}
	if err := c.Chat.Follow(c.ctx); err != nil {
		return err
	}
	return statusError(c.Screen(c.ctx, l.ID))
}

type plainCmd struct {
	Target string `arg:"" optional:"" help:"The conversation to begin in: #name, @name or an id."`
}

func (p *plainCmd) Run(c *call) error {
	if c.bot {
		return usage("A bot receives messages anyway: leave plain out.")
	}
	var in chat.ConversationID
	if p.Target != "" {
		l, err := c.findOrBegin(p.Target)
		if err != nil {
			return err
		}
		in = l.ID
	}
	if err := c.Chat.Follow(c.ctx); err != nil {
		return err
	}
	return statusError(c.Plain(c.ctx, in))
}
