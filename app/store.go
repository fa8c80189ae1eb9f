package app

import (
	"context"

	"github.com/google/uuid"
)

// Reader is what can be asked of the store. What is not there is reported as
// an error that is [ErrNotFound]. All methods may be called from several
// goroutines.
type Reader interface {
	// UserByKey returns the account that the key with this fingerprint opens.
	UserByKey(ctx context.Context, fingerprint string) (User, error)
	// UserByName returns the account with this handle.
	UserByName(ctx context.Context, name string) (User, error)
	// Owners returns the accounts with [RoleOwner], oldest first.
	Owners(ctx context.Context) ([]User, error)
	// Keys returns the authorized keys of one account, or of all for "",
	// ordered by handle and then by age.
	Keys(ctx context.Context, name string) ([]AuthorizedKey, error)
	// Key returns the key with this fingerprint.
	Key(ctx context.Context, fingerprint string) (AuthorizedKey, error)
	// ConversationByName returns a conversation.
	ConversationByName(ctx context.Context, name string) (Conversation, error)
	// ConversationsOf returns the conversations a user is a member of.
	ConversationsOf(ctx context.Context, user UserID) ([]Conversation, error)
	// Membership says whether a user is in a conversation; not to be in it,
	// or that it does not exist, is no error.
	Membership(ctx context.Context, conversation ConversationID, user UserID) (Membership, error)
	// MessagesBefore returns at most limit messages with numbers below before,
	// the newest of them, in ascending order.
	MessagesBefore(ctx context.Context, conversation ConversationID, before Seq, limit int) ([]*Message, error)
	// MessagesAfter returns at most limit messages with numbers above after,
	// the oldest of them, in ascending order.
	MessagesAfter(ctx context.Context, conversation ConversationID, after Seq, limit int) ([]*Message, error)
	// MessageByID returns one message.
	MessageByID(ctx context.Context, id uuid.UUID) (*Message, error)
	// Audit returns at most limit entries of the audit log after the one with
	// the given id, in order.
	Audit(ctx context.Context, after int64, limit int) ([]AuditEntry, error)
	// LastAudit returns the id of the newest audit entry, 0 if there is none.
	LastAudit(ctx context.Context) (int64, error)
}

// Tx is a transaction: it sees its own writes, and what it wrote is either
// all kept or all gone. It may be used by one goroutine only, and not after
// the function it was given to has returned.
type Tx interface {
	Reader

	// InsertUser adds an account and returns it with its id.
	InsertUser(ctx context.Context, u User) (User, error)
	// InsertKey adds an authorized key.
	InsertKey(ctx context.Context, k AuthorizedKey) error
	// DeleteKey removes an authorized key.
	DeleteKey(ctx context.Context, fingerprint string) error
	// InsertConversation adds a conversation and returns it with its id.
	InsertConversation(ctx context.Context, c Conversation) (Conversation, error)
	// InsertMembership makes a user a member; to be one already is no error.
	InsertMembership(ctx context.Context, m Membership) error
	// InsertMessage gives the message the next number of its conversation and
	// adds it. It reports false, and changes nothing, if a message with this
	// id exists already.
	InsertMessage(ctx context.Context, m *Message) (bool, error)
	// AppendAudit adds an entry to the audit log; the id is given by the store.
	AppendAudit(ctx context.Context, e AuditEntry) error
}

// Store keeps everything that must survive a restart.
type Store interface {
	Reader

	// Update runs fn in one transaction. If fn returns nil the transaction is
	// committed, and when Update returns nil it is on disk for good; otherwise
	// nothing of it is kept and fn's error is returned. Calls wait for each
	// other.
	Update(ctx context.Context, fn func(Tx) error) error
}
