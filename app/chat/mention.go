package chat

import (
	"context"

	"confab/app/text"
)

// GroupMention is how a message mentions members of its group together.
type GroupMention string

const (
	// MentionsNobody is for messages without @all and @here, and for those whose author
	// may not use them.
	MentionsNobody GroupMention = ""
	// MentionsHere mentions the members who were connected when it was posted.
	MentionsHere GroupMention = text.MentionHere
	// MentionsAll mentions all members.
	MentionsAll GroupMention = text.MentionAll
)

// MentionRight says which members of a group may mention the others together.
type MentionRight string

const (
	MentionByEveryone   MentionRight = "everyone"
	MentionByModerators MentionRight = "moderators" // owners and admins of the group
	MentionByNobody     MentionRight = "nobody"
)

// ParseMentionRight reads the setting as a user types it.
func ParseMentionRight(s string) (MentionRight, error) {
	switch r := MentionRight(text.Lower(s)); r {
	case MentionByEveryone, MentionByModerators, MentionByNobody:
		return r, nil
	}
	return "", Refuse(text.ErrInvalid, "@all and @here can be for everyone, moderators or nobody: choose one of these.")
}

// MaxGroupMention is the largest group in which members can be mentioned together.
// Mentioning more would hold up everybody else's messages.
const MaxGroupMention = 1000

// decideMentionAll is [Decide] for mentioning the members of a group together.
func decideMentionAll(m Membership, c Conversation) error {
	switch {
	case c.Kind == KindDirect:
		return Refuse(ErrNotAllowed, "@all and @here work in groups only, and this is a direct message.")
	case c.MentionAll == MentionByNobody:
		return Refuse(ErrNotAllowed, "@all and @here are turned off in #%s.", c.Name)
	case c.MentionAll == MentionByEveryone || m.mayManage():
		return nil
	default:
		return Refuse(ErrNotAllowed, "Only owners and admins can use @all and @here in #%s.", c.Name)
	}
}

// Mentions reports whether a message mentions somebody with this handle. A message of
// the user's own does not, and neither does a file.
func (m *Message) Mentions(user UserID, handle string) bool {
	if m.Author == user || m.File != nil || !m.Counts() {
		return false
	}
	if m.GroupMention != MentionsNobody {
		return true // @here, too: only the members who were connected get the message at once
	}
	for _, at := range text.Mentions(m.Body) {
		if at.Is(handle) {
			return true
		}
	}
	return false
}

// MentionOf is a message that mentions a user, for a list.
type MentionOf struct {
	Message      *Message
	Conversation ConversationSummary // without counts and presence
	Read         bool                // the user has seen the message, or has marked the mention read
}

// MentionReader is the part of [Reader] about who is mentioned.
type MentionReader interface {
	// CountMentions counts the mentions of a user above seen that are not marked read,
	// at most [UnreadLimit].
	CountMentions(ctx context.Context, conversation ConversationID, user UserID, seen Seq) (int, error)
	// MentionsOf returns at most limit messages that mention a user and that it may
	// see, the newest first, with [Membership] and [Conversation] of each.
	MentionsOf(ctx context.Context, user UserID, limit int) ([]MentionOf, error)
}

// MentionTx is the part of [Tx] about the same.
type MentionTx interface {
	// InsertMention keeps that a message names a member.
	InsertMention(ctx context.Context, conversation ConversationID, user UserID, seq Seq) error
	// InsertMentions keeps that a message names all members of its conversation, apart from
	// its author and from members who have blocked its author.
	InsertMentions(ctx context.Context, m *Message) error
	// ReadMention marks a mention read. It leaves the markers as they are.
	ReadMention(ctx context.Context, conversation ConversationID, user UserID, seq Seq) error
	// UnreadMentions makes the mentions of a user above a message unread again.
	UnreadMentions(ctx context.Context, conversation ConversationID, user UserID, above Seq) error
}

// GroupWord returns the widest group mention in a text, whether or not its author may use
// it.
func GroupWord(body string) GroupMention {
	found := MentionsNobody
	for _, at := range text.Mentions(body) {
		switch GroupMention(at.Name) {
		case MentionsAll:
			return MentionsAll
		case MentionsHere:
			found = MentionsHere
		}
	}
	return found
}

// WhyNotMentioned returns a sentence if a message has @all or @here and mentions nobody
// by it, "" otherwise.
func WhyNotMentioned(m *Message, l ConversationSummary) string {
	if l.Kind == KindDirect || m.File != nil || m.GroupMention != MentionsNobody || GroupWord(m.Body) == MentionsNobody {
		return ""
	}
	why := Decide(l.Mine, l.Conversation, ActionMentionAll)
	if why == nil {
		why = Refuse(ErrTooLarge, "#%s has more than %d members, which is too many for @all and @here.", l.Name, MaxGroupMention)
	}
	return "The message is posted, but nobody was notified: " + why.Error()
}
