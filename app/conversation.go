package app

import (
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

// Conversation is where messages go: a sequence of them and the members who
// may see it.
type Conversation struct {
	ID        ConversationID
	UID       uuid.UUID // UUIDv7
	Name      string    // without the #
	LastSeq   Seq       // of its newest message, 0 if it has none
	CreatedAt time.Time
}

// Title is the name as people write it.
func (c Conversation) Title() string { return "#" + c.Name }
