package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// GroupInvitation asks an account to join a group, because its sender may not add the
// account without asking (see [DecideContact]).
type GroupInvitation struct {
	Conversation Conversation
	From         User
	At           time.Time
	Members      int // the number of members of the group
}

// Block is a user whom an account has blocked.
type Block struct {
	User User
	At   time.Time
}

// InvitationsChanged says that an account was invited to a group, or that it has
// answered an invitation.
type InvitationsChanged struct{}

func (InvitationsChanged) event() {}

// Outstanding says which lists of an account may have entries. A new session reads only
// these lists, because most of them are empty for most accounts.
type Outstanding struct {
	Invitations bool
	Laters      bool // reminders and scheduled messages
	Threads     bool // with replies that the account has not seen
	Blocks      bool
	Requests    bool // to join the server; the store leaves it false
}

// ContactReader is the part of [Reader] about acquaintances, blocks and invitations.
type ContactReader interface {
	// Acquainted reports whether two accounts share a conversation that both chose: a
	// group other than #general, or a direct conversation in which both have written.
	Acquainted(ctx context.Context, one, other UserID) (bool, error)
	// HasBlocked reports whether a user has blocked another one.
	HasBlocked(ctx context.Context, user, other UserID) (bool, error)
	// Blocks returns the users whom a user has blocked, by handle.
	Blocks(ctx context.Context, user UserID) ([]Block, error)
	// Outstanding returns which lists of a user have entries.
	Outstanding(ctx context.Context, user UserID) (Outstanding, error)
	// HasLeft reports whether a user has left a conversation without being removed, and has
	// not returned.
	HasLeft(ctx context.Context, conversation ConversationID, user UserID) (bool, error)
	// CountConversations returns the number of a user's conversations, and how many of
	// them somebody else has added it to.
	CountConversations(ctx context.Context, user UserID) (all, added int, err error)
	// Invitations returns at most limit invitations that a user got after a time, the
	// latest first, without hidden ones.
	Invitations(ctx context.Context, user UserID, since time.Time, limit int) ([]GroupInvitation, error)
	// CountInvitationsOf returns how many of these invitations there are.
	CountInvitationsOf(ctx context.Context, user UserID, since time.Time) (int, error)
	// InvitationTo returns the latest of these invitations to a group with this name or
	// id. Without one, the error is [ErrNotFound].
	InvitationTo(ctx context.Context, user UserID, since time.Time, name string, id uuid.UUID) (GroupInvitation, error)
	// InvitedTo returns the users who were invited to a group after a time and have not
	// joined it, by handle. It includes users from whom the invitation is hidden.
	InvitedTo(ctx context.Context, conversation ConversationID, since time.Time) ([]User, error)
	// CountInvitations returns how many invitations a user got from another user after
	// a time, including hidden ones.
	CountInvitations(ctx context.Context, user, from UserID, since time.Time) (int, error)
}

// ContactTx is the part of [Tx] about acquaintances, blocks and invitations.
type ContactTx interface {
	// InsertBlock blocks a user for another. Blocking twice is no error.
	InsertBlock(ctx context.Context, user, other UserID, at time.Time) error
	// DeleteBlock removes a block and reports whether there was one.
	DeleteBlock(ctx context.Context, user, other UserID) (bool, error)
	// InsertDeparture stores that a user has left a conversation without being removed.
	// [MemberTx.InsertMembership] deletes this record.
	InsertDeparture(ctx context.Context, conversation ConversationID, user UserID, at time.Time) error
	// InsertInvitation adds an invitation, which may be hidden from the invited user, and
	// replaces an older one to the same group. [MemberTx.InsertMembership] removes it.
	InsertInvitation(ctx context.Context, conversation ConversationID, user, from UserID, at time.Time, hidden bool) error
	// HideInvitation hides an invitation from the invited user.
	HideInvitation(ctx context.Context, conversation ConversationID, user UserID) error
	// HideInvitationsFrom hides all invitations that one user has sent to another.
	HideInvitationsFrom(ctx context.Context, user, from UserID) error
	// DeleteInvitationsTo removes all invitations to a group.
	DeleteInvitationsTo(ctx context.Context, conversation ConversationID) error
	// PruneInvitations removes invitations that are older than a time.
	PruneInvitations(ctx context.Context, before time.Time) error
}

// Person is an account with its presence.
type Person struct {
	User
	Presence Presence
	// LastSeen is when the user was there last, the zero time if the reader may not know it.
	// Lists do not have it.
	LastSeen time.Time
	// Imported says that the account came from another chat and that nobody has claimed it
	// yet. Lists do not have such accounts.
	Imported bool
}

// NobodyReads says in a sentence why nobody reads messages to this account. It returns "" if
// somebody can.
func (p Person) NobodyReads() string {
	switch {
	case p.Imported:
		return "Nobody reads messages to @" + p.Name + " yet: the account was imported from another chat, and nobody has claimed it."
	case p.Disabled:
		return "Nobody reads messages to @" + p.Name + " at present: the account is disabled."
	}
	return ""
}
