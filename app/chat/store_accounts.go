package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// accountsReader is the part of [Reader] about an account's own data.
type accountsReader interface {
	// OwnMessages returns at most limit messages that an account wrote, in the order
	// of arrival, after the one where the page before ended; 0 begins.
	OwnMessages(ctx context.Context, user UserID, after int64, limit int) ([]OwnMessage, error)
	// CertificatesRevoked reports whether certificates of a key, or made by it, are
	// not to be taken.
	CertificatesRevoked(ctx context.Context, fingerprint string) (bool, error)
}

// accountsTx is the part of [Tx] about keys in use, and accounts that go.
type accountsTx interface {
	// UseKey notes that a key was used.
	UseKey(ctx context.Context, fingerprint string, at time.Time) error
	// RevokeCertificates refuses certificates of a key, and those made by it, from
	// now on; TakeCertificates ends that.
	RevokeCertificates(ctx context.Context, fingerprint string, at time.Time) error
	TakeCertificates(ctx context.Context, fingerprint string) error
	// EraseUser takes an account away: its keys, what it set, the codes for it and
	// those that it made, and its name. The memberships are for the caller.
	EraseUser(ctx context.Context, user UserID) error
	// PruneErasedNames forgets what deleted accounts were called before a time.
	PruneErasedNames(ctx context.Context, before time.Time) error
}

// OwnMessage is a message for its author's export.
type OwnMessage struct {
	Row          int64 // where a page ends
	In           ConversationID
	ID           uuid.UUID
	Conversation uuid.UUID
	Seq          Seq
	Body         string
	SentAt       time.Time
}
