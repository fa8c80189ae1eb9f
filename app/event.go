package app

// Event is something that happened, told to sessions through their mailboxes.
// Events are immutable and shared between all sessions that get them.
type Event interface{ event() }

// MessagePosted says that a message was committed. Within a conversation these
// arrive in the order of [Message.Seq].
type MessagePosted struct{ Message *Message }

func (MessagePosted) event() {}
