package chat

// Event tells sessions, through their mailboxes, what has happened. Events are immutable,
// and all sessions that get an event share it.
type Event interface{ event() }

// MessagePosted says that a message was committed. Within a conversation, these events
// arrive in the order of [Message.Seq].
type MessagePosted struct{ Message *Message }

// MessageChanged says that a message was edited or deleted. Message replaces its former
// state. Within a conversation, these events arrive after the message was posted, and in
// the order of the changes.
type MessageChanged struct{ Message *Message }

// Reacted says that somebody has reacted to a message, or has taken a reaction back. The
// message in it replaces its former state, as in [MessageChanged].
type Reacted struct{ MessageReacted }

// SeenMoved says that the own position of the session's account has moved: the account
// has read messages or marked them unread, here or in another session.
type SeenMoved struct {
	Conversation ConversationID
	Seen         Seq
}

// Silenced says that the session's account was silenced, or that its silence was lifted.
type Silenced struct {
	Silence Ban
	Lifted  bool
}

// Words tells the user of the account.
func (s Silenced) Words() string {
	if s.Lifted {
		return "You can write again: you are no longer silenced."
	}
	return s.Silence.Text()
}

// ListChanged says that the list of the account's conversations has changed: a
// conversation was added, renamed or pinned, or has another topic.
type ListChanged struct{}

// Removed says that the account is no longer a member of a conversation.
type Removed struct{ Conversation ConversationID }

// PresenceChanged tells the people with whom a user has direct conversations whether the
// user is there.
type PresenceChanged struct {
	User     UserID
	Presence Presence
}

// Typing says that a user is writing in a conversation, or sending a file to it. It is true
// for [TypingLasts], or until the user's next message.
type Typing struct {
	Conversation ConversationID
	User         UserID
	Name         string
	Sent         string // how much of the file has arrived, such as "45 %"; "" for writing
}

// PreferencesChanged says that an account has changed one of its preferences, in this
// session or in another one.
type PreferencesChanged struct{ User UserID }

func (WordsChanged) event()       {}
func (MessagePosted) event()      {}
func (PreferencesChanged) event() {}
func (MessageChanged) event()     {}
func (Reacted) event()            {}
func (SeenMoved) event()          {}
func (Silenced) event()           {}
func (ListChanged) event()        {}
func (Removed) event()            {}
func (PresenceChanged) event()    {}
func (Typing) event()             {}
