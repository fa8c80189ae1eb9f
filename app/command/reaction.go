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
	m, l, err := c.messageByID(r.ID)
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

// reactionsText formats reactions in one line with their names, such as ":+1: 3 :tada: 1".
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

// reactionOf returns the record of an event.
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
