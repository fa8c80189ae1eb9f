package app

// Action is something that a member wants to do in a conversation.
type Action int

// The actions that [Decide] knows.
const (
	// ActionRead is to see the conversation's messages and its members.
	ActionRead Action = iota
	// ActionPost is to send a message to it.
	ActionPost
)

// Membership joins a user to a conversation.
type Membership struct {
	Conversation ConversationID
	User         UserID
	Member       bool // false: the user is not in the conversation
}

// Decide is the one place where it is decided who may do what: the screen,
// scripts and admin commands all come through it. It returns nil, or a
// [Refusal] that says why not.
func Decide(m Membership, action Action) error {
	if m.Member {
		return nil
	}
	switch action {
	case ActionPost:
		return Refuse(ErrNotAllowed, "You are not a member of this conversation any more, so this was not sent.")
	default:
		// Whether it exists is not for others to know.
		return Refuse(ErrNotFound, "There is no such conversation, or you are not a member of it.")
	}
}
