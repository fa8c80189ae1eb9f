package chat

import "time"

// Presence says whether somebody is there.
type Presence int

const (
	// Offline: the user has no open session.
	Offline Presence = iota
	// Away: the user has not used any of its open sessions for a few minutes.
	Away
	// Online: the user has an open session and uses it.
	Online
)

// TypingLasts is how long "is typing" holds unless it is said again. A screen
// says it again at most every [TypingEvery].
const (
	TypingLasts = 6 * time.Second
	TypingEvery = 3 * time.Second
)

// Attend says that the session's user is at the screen: it pressed a key, or
// the terminal got the focus.
func (s *Session) Attend() { s.live.Attend() }

// Typing tells the members who have the conversation open, or the other member of a
// direct one, that the session's user is writing. It asks the store nothing. More often
// than every [TypingEvery], and where more than a hundred members look, it does nothing.
func (s Messages) Typing(id ConversationID) { s.live.Typing(id) }
