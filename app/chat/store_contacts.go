package chat

import (
	"context"
	"time"
)

// contactsReader is the part of [Reader] about what accounts have to do with each
// other: whom they know, whom they blocked, and who asked them to join a group.
type contactsReader interface {
	// Acquainted reports whether two accounts share a conversation that both chose:
	// a group other than #general, or a direct one in which both wrote.
	Acquainted(ctx context.Context, one, other UserID) (bool, error)
	// HasBlocked reports whether a user has blocked another one.
	HasBlocked(ctx context.Context, user, other UserID) (bool, error)
	// Blocks returns whom a user has blocked, by handle.
	Blocks(ctx context.Context, user UserID) ([]Block, error)
	// HasLeft reports whether a user left a conversation by itself and has not come
	// back.
	HasLeft(ctx context.Context, conversation ConversationID, user UserID) (bool, error)
	// CountConversations returns how many conversations a user is in, and to how many
	// of them somebody else added it.
	CountConversations(ctx context.Context, user UserID) (all, added int, err error)
	// Invitations returns at most limit groups that a user was asked to join after a
	// time, the latest first, without those that are hidden from it.
	Invitations(ctx context.Context, user UserID, since time.Time, limit int) ([]GroupInvitation, error)
	// InvitedTo returns who was asked to join a group after a time and has not, by
	// handle, also those from whom it is hidden.
	InvitedTo(ctx context.Context, conversation ConversationID, since time.Time) ([]User, error)
	// CountInvitations returns how many of a user's invitations are from another one
	// and later than a time, with those that are hidden.
	CountInvitations(ctx context.Context, user, from UserID, since time.Time) (int, error)
}

// contactsTx is the part of [Tx] about the same.
type contactsTx interface {
	// InsertBlock blocks a user for another; to do so twice is no error.
	InsertBlock(ctx context.Context, user, other UserID, at time.Time) error
	// DeleteBlock takes that back and reports whether there was a block.
	DeleteBlock(ctx context.Context, user, other UserID) (bool, error)
	// InsertDeparture keeps that a user left a conversation by itself, until
	// [Tx.InsertMembership] makes it a member again.
	InsertDeparture(ctx context.Context, conversation ConversationID, user UserID, at time.Time) error
	// InsertInvitation adds an invitation in place of one to the same group, hidden
	// from the invited user or not. [Tx.InsertMembership] takes it away.
	InsertInvitation(ctx context.Context, conversation ConversationID, user, from UserID, at time.Time, hidden bool) error
	// HideInvitation hides an invitation from the invited user.
	HideInvitation(ctx context.Context, conversation ConversationID, user UserID) error
	// HideInvitationsFrom hides all that one user sent to another.
	HideInvitationsFrom(ctx context.Context, user, from UserID) error
	// DeleteInvitationsTo takes away all invitations to a group.
	DeleteInvitationsTo(ctx context.Context, conversation ConversationID) error
	// PruneInvitations takes away those that are older than a time.
	PruneInvitations(ctx context.Context, before time.Time) error
}
