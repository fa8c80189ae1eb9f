package chat

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"
)

// The limits on webhooks.
const (
	// MaxHooks is how many webhooks a group can have.
	MaxHooks = 20
	// MaxHooksMade is how many webhooks an account can make in [HooksMadeSpan]. Webhooks that
	// were revoked count, because the accounts of their bots stay.
	MaxHooksMade  = 20
	HooksMadeSpan = 24 * time.Hour
)

// Hook is an incoming webhook: other programs post to its address over HTTP, and a bot's
// account posts their messages to one group. The store keeps only the hash of the secret
// token in the address.
type Hook struct {
	Number       int64     // 1, 2, 3… within the server, for commands
	ID           uuid.UUID // the name space of the ids of its messages, see [Hook.MessageID]
	Conversation ConversationID
	Group        string // the present name of the group
	Bot          UserID // the account that posts
	BotName      string // its present handle
	Hash         []byte // SHA-256 of the token
	MadeBy       UserID // 0 for the host
	Maker        string // the maker's present handle, or [HostActor]
	MadeAt       time.Time
	UsedAt       time.Time // when it last posted, to the minute; the zero time if it never has
	Revoked      bool
}

// HashHook returns the hash by which the store knows the token of a webhook.
func HashHook(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// hookSelector is the length of the part of the hash, in bytes, by which the store finds a
// webhook. The whole hash is then compared in constant time.
const hookSelector = 4

// HookSelector returns the part of a hash by which the store finds webhooks.
func HookSelector(hash []byte) []byte { return hash[:hookSelector] }

// MessageID returns the id of the message for a delivery to which its sender gave a key. It
// is the same whenever the sender repeats the delivery, so the message is posted once.
func (h Hook) MessageID(key string) uuid.UUID { return uuid.NewSHA1(h.ID, []byte(key)) }

// HookReader is the part of [Reader] about webhooks.
type HookReader interface {
	// Hook returns a webhook by its number, even one that was revoked.
	Hook(ctx context.Context, number int64) (Hook, error)
	// Hooks returns the webhooks of a conversation that were not revoked, by number, or
	// those of all conversations for 0.
	Hooks(ctx context.Context, conversation ConversationID) ([]Hook, error)
	// HooksBySelector returns the webhooks with this [HookSelector], even those that were
	// revoked.
	HooksBySelector(ctx context.Context, selector []byte) ([]Hook, error)
	// CountHooksMade counts the webhooks that an account has made since a time, even those
	// that were revoked.
	CountHooksMade(ctx context.Context, by UserID, since time.Time) (int, error)
}

// HookTx is the part of [Tx] about webhooks.
type HookTx interface {
	// InsertHook adds a webhook and returns its number.
	InsertHook(ctx context.Context, h Hook) (number int64, err error)
	// RevokeHook makes a webhook unusable for good.
	RevokeHook(ctx context.Context, number int64) error
	// UseHook notes when a webhook last posted.
	UseHook(ctx context.Context, number int64, at time.Time) error
}
