package chat

import (
	"context"
	"time"
)

const (
	// MaxPins is how many messages of a conversation can be pinned at a time.
	MaxPins = 50
	// MaxSaved is how many messages an account can have saved.
	MaxSaved = 200
)

// Pin is a pinned message: all members of the conversation find it in a list.
type Pin struct {
	Message *Message
	By      string // the handle of the member who pinned it
	At      time.Time
}

// Saved is a message that an account has saved for itself.
type Saved struct {
	Message *Message
	// Conversation is the message's conversation as the account sees it in its list. The
	// store leaves it empty, and the use case adds it.
	Conversation ConversationSummary
	At           time.Time
}

// BookmarkReader is the part of [Reader] about pinned and saved messages.
type BookmarkReader interface {
	// Pins returns the pinned messages of a conversation with numbers above floor, the
	// latest pin first.
	Pins(ctx context.Context, conversation ConversationID, floor Seq) ([]Pin, error)
	// Pinned reports whether a message is pinned.
	Pinned(ctx context.Context, conversation ConversationID, seq Seq) (bool, error)
	// Saved returns the messages that an account has saved and may still see, the latest first.
	Saved(ctx context.Context, user UserID) ([]Saved, error)
	// IsSaved reports whether an account has saved a message.
	IsSaved(ctx context.Context, conversation ConversationID, seq Seq, user UserID) (bool, error)
}

// BookmarkTx is the part of [Tx] about pinned and saved messages.
type BookmarkTx interface {
	// InsertPin pins a message.
	InsertPin(ctx context.Context, m *Message, by UserID, at time.Time) error
	// DeletePin unpins a message.
	DeletePin(ctx context.Context, m *Message) error
	// InsertSaved saves a message for an account.
	InsertSaved(ctx context.Context, m *Message, user UserID, at time.Time) error
	// DeleteSaved removes a message from the saved ones of an account.
	DeleteSaved(ctx context.Context, m *Message, user UserID) error
}
