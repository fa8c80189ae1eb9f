package chat

import (
	"context"
	"time"
)

// namesReader is the part of [Reader] about what accounts are and were called.
type namesReader interface {
	// UserBySkeleton returns the account whose handle looks like that.
	UserBySkeleton(ctx context.Context, skeleton string) (User, error)
	// FormerNames returns what an account was called before, oldest first.
	FormerNames(ctx context.Context, user UserID) ([]FormerName, error)
	// NamesKeptBack returns former handles that look like that and were given up
	// after a time, the latest first. Those of deleted accounts are known for 30 days.
	NamesKeptBack(ctx context.Context, skeleton string, since time.Time) ([]FormerName, error)
}

// namesTx is the part of [Tx] about what accounts are called.
type namesTx interface {
	// SetUserName changes a handle, also as the one who made a code.
	SetUserName(ctx context.Context, user UserID, name string) error
	// SetDisplayName changes a display name; "" takes it away.
	SetDisplayName(ctx context.Context, user UserID, name string) error
	// InsertFormerName keeps that an account was called something.
	InsertFormerName(ctx context.Context, n FormerName) error
}
