package chat

// Event is something that happened, told to sessions through their mailboxes.
// Events are immutable and shared between all sessions that get them.
type Event interface{ event() }

// MessagePosted says that a message was committed. Within a conversation these
// arrive in the order of [Message.Seq].
type MessagePosted struct{ Message *Message }

// MessageChanged says that a message was edited or deleted: this one takes the
// place of what was known of it. Within a conversation it comes after the
// message was posted, and in the order of the changes.
type MessageChanged struct{ Message *Message }

// SeenMoved says that the session's own account is at another place of a
// conversation: it has read, or marked unread, here or in another session.
type SeenMoved struct {
	Conversation ConversationID
	Seen         Seq
}

// ListChanged says that something about the account's conversations is not as
// it was listed: one came, was renamed, changed its topic, was pinned.
type ListChanged struct{}

// Removed says that the account is no member of a conversation any more.
type Removed struct{ Conversation ConversationID }

// PresenceChanged says whether someone is there, to those with whom it has a
// direct conversation.
type PresenceChanged struct {
	User     UserID
	Presence Presence
}

// Typing says that someone is writing in a conversation. It holds for
// [TypingLasts] or until that one's next message.
type Typing struct {
	Conversation ConversationID
	User         UserID
	Name         string
}

func (MessagePosted) event()   {}
func (MessageChanged) event()  {}
func (SeenMoved) event()       {}
func (ListChanged) event()     {}
func (Removed) event()         {}
func (PresenceChanged) event() {}
func (Typing) event()          {}
