package chat

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ConversationID identifies a conversation inside this server; outside it is
// known by its name or its [Conversation.UID].
type ConversationID int64

// Seq numbers the messages of one conversation: 1, 2, 3… without gaps, given
// when a message is committed. 0 is before the first.
type Seq int64

// GeneralName is the conversation that every account is a member of.
const GeneralName = "general"

// UnreadLimit is where unread messages stop being counted: this many stand for
// "as many or more", and are shown as 99+. Counts without an end were 43 % of
// late.sh's database time.
const UnreadLimit = 100

// Kind is what sort of conversation one is. All are kept and handled alike.
type Kind string

const (
	// KindDirect is the one conversation of two people.
	KindDirect Kind = "direct"
	// KindGroup has a name and any number of members.
	KindGroup Kind = "group"
)

// Conversation is where messages go: a sequence of them and the members who
// may see it.
type Conversation struct {
	ID          ConversationID
	UID         uuid.UUID // UUIDv7
	Kind        Kind
	Name        string // of a group, without the #; for a direct one a key that is never shown
	Topic       string // one clean line
	Public      bool   // every account may find and join it
	MembersAdd  bool   // every member may add others, not only owners and admins
	OpenHistory bool   // who joins sees what was said before
	LastSeq     Seq    // of its newest message, 0 if it has none
	Expired     Seq    // of the last that is not kept any more, 0 if all are
	// Keep is how long messages are kept here, 0 for as long as the server does.
	Keep      time.Duration
	LastAt    time.Time
	CreatedAt time.Time
}

// general reports whether it is the conversation that everyone is in.
func (c Conversation) general() bool { return c.Kind == KindGroup && c.Name == GeneralName }

// Listed is a conversation as one of its members sees it in a list.
type Listed struct {
	Conversation
	Mine      Membership
	Other     User     // the other one, if it is direct
	Presence  Presence // of Other
	Unread    int      // at most [UnreadLimit]
	Mentioned bool     // one of the unread messages names the member
	Draft     string   // what the member was writing
}

// Title is the conversation's name as people write it: #ops, or @ann.
func (l Listed) Title() string {
	if l.Kind == KindDirect {
		return "@" + l.Other.Name
	}
	return "#" + l.Name
}

// Floor is the last message that the member may not see.
func (l Listed) Floor() Seq { return floor(l.Mine, l.Conversation) }

// DirectName is the key of the one conversation of two people. No group can
// have such a name.
func DirectName(a, b UserID) string { return fmt.Sprintf("@%d:%d", min(a, b), max(a, b)) }
