package chat

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/text"
)

// MaxReactionKinds is how many different emoji a message may have as reactions. Members
// can always join the ones that are there.
const MaxReactionKinds = 20

// Reaction is one emoji below a message, with the accounts that reacted with it.
type Reaction struct {
	Emoji string
	Users []UserID // in the order in which they reacted
}

// Name returns the usual name of the emoji with colons, such as ":tada:".
func (r Reaction) Name() string { return ReactionName(r.Emoji) }

// By reports whether an account has reacted with this emoji.
func (r Reaction) By(user UserID) bool { return slices.Contains(r.Users, user) }

// Reactions are all reactions to a message at one time. They are immutable and shared,
// like the message. A nil pointer stands for a message without reactions.
type Reactions struct {
	// Version counts the changes of the message's reactions. Of two states of a message,
	// the one with the higher version is the later one.
	Version int64
	Kinds   []Reaction // in the order in which they appeared
}

// kinds returns the reactions. r may be nil.
func (r *Reactions) kinds() []Reaction {
	if r == nil {
		return nil
	}
	return r.Kinds
}

func (r *Reactions) version() int64 {
	if r == nil {
		return 0
	}
	return r.Version
}

// Has reports whether an account has reacted with an emoji.
func (r *Reactions) Has(emoji string, user UserID) bool {
	return slices.ContainsFunc(r.kinds(), func(k Reaction) bool { return k.Emoji == emoji && k.By(user) })
}

// ReactionKinds returns the reactions to the message.
func (m *Message) ReactionKinds() []Reaction { return m.Reactions.kinds() }

// HasReactionsOf reports whether an account has reacted to the message.
func (m *Message) HasReactionsOf(user UserID) bool {
	return slices.ContainsFunc(m.Reactions.kinds(), func(k Reaction) bool { return k.By(user) })
}

// Same reports whether two readings of a message found the same state of it.
func (m *Message) Same(o *Message) bool {
	a, b := *m, *o
	if a.Reactions.version() == b.Reactions.version() {
		a.Reactions, b.Reactions = nil, nil
	}
	return a == b
}

// ParseReaction returns the emoji that a text stands for. The text is the name of the emoji
// on GitHub, with or without colons, or the emoji itself. Other texts are refused with
// [text.ErrInvalid].
func ParseReaction(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if emoji, ok := text.Emoji(text.Lower(strings.Trim(raw, ":"))); ok {
		return emoji, nil
	}
	// People may leave out the variation selector U+FE0F, or add one that the emoji does not need.
	for _, form := range [...]string{raw, strings.TrimSuffix(raw, "\uFE0F")} {
		if name, ok := text.EmojiName(form); ok {
			emoji, _ := text.Emoji(name)
			return emoji, nil
		}
	}
	return "", Refuse(text.ErrInvalid, "There is no emoji %s: write its name, such as :tada:, or the emoji itself.", text.CleanLine(raw, 30))
}

// ReactionName returns the usual name of an emoji, with colons. It returns an emoji without
// a name unchanged.
func ReactionName(emoji string) string {
	if name, ok := text.EmojiName(emoji); ok {
		return ":" + name + ":"
	}
	return emoji
}

// Reactor is an account that has reacted to a message.
type Reactor struct {
	Emoji       string
	User        UserID
	UID         uuid.UUID
	Name        string
	DisplayName string
	Bot         bool
	At          time.Time
}

// OwnReaction is a reaction for the export of its account.
type OwnReaction struct {
	Message      uuid.UUID
	Conversation uuid.UUID
	Emoji        string
	At           time.Time
}

// ReactionReader is the part of [Reader] about reactions. Every [Message] that the store
// returns has its reactions.
type ReactionReader interface {
	// Reactors returns the accounts that have reacted to a message, in the order of the reactions.
	Reactors(ctx context.Context, conversation ConversationID, seq Seq) ([]Reactor, error)
	// OwnReactions returns the reactions of an account, the oldest message first.
	OwnReactions(ctx context.Context, user UserID) ([]OwnReaction, error)
}

// ReactionTx is the part of [Tx] about reactions.
type ReactionTx interface {
	// InsertReaction adds a reaction of an account to a message. If the account has reacted
	// with this emoji already, it reports false and changes nothing.
	InsertReaction(ctx context.Context, m *Message, emoji string, user UserID, at time.Time) (bool, error)
	// DeleteReaction removes a reaction of an account from a message. If the
	// account has not reacted with this emoji, it reports false and changes nothing.
	DeleteReaction(ctx context.Context, m *Message, emoji string, user UserID) (bool, error)
	// EraseReactions removes at most limit reactions of an account, from any messages,
	// and returns their number.
	EraseReactions(ctx context.Context, user UserID, limit int) (int, error)
	// GiveReactions gives at most limit reactions of an account to another one, and returns
	// their number. It removes those that the other account has made too.
	GiveReactions(ctx context.Context, from, to UserID, limit int) (int, error)
}
