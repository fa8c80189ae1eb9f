package chat

import (
	"context"
	"time"
)

// Markers are the positions of a member in a conversation, as numbers of messages. They
// only grow, except for Seen, which moves back when the member marks messages as unread.
type Markers struct {
	Delivered Seq // has reached one of the member's sessions
	Read      Seq // others may know that the member has read up to here; 0 without receipts
	// Messages up to ReadFrom are never reported as read, because the member did not share
	// receipts when reading them.
	ReadFrom Seq
	Seen     Seq // the member's own position, on all devices, which nobody else sees
}

// MarkersAt returns the markers of a member who joins after a message.
func MarkersAt(s Seq) Markers { return Markers{Delivered: s, Read: s, ReadFrom: s, Seen: s} }

// Visit is what a session gets when it opens a conversation.
type Visit struct {
	Seen     Seq       // the user's own position
	Unread   int       // messages after Seen
	Mentions int       // of the user, in the unread messages
	Receipts *Receipts // how far the members are
}

// Advance moves a member's markers forward. A marker stays where it is if its value here is
// 0 or lower than the present one.
type Advance struct {
	Conversation          ConversationID
	User                  UserID
	Delivered, Read, Seen Seq
	ReadFrom              Seq
	// These are the times of the moves. A zero time is not stored. A message that is
	// delivered as soon as it is sent needs no time of its own.
	DeliveredAt, ReadAt time.Time
}

// MarkerTime is the time at which a marker of a member reached a message.
type MarkerTime struct {
	User UserID
	Read bool // else delivered
	At   time.Time
}

// MarkerReader is the part of [Reader] about how far members are.
type MarkerReader interface {
	// Unread counts the messages of others above seen, at most [UnreadLimit].
	Unread(ctx context.Context, conversation ConversationID, user UserID, seen Seq) (int, error)
	// Undelivered returns the conversations in which something waits for a user
	// to connect, each with the number of its newest message.
	Undelivered(ctx context.Context, user UserID) (map[ConversationID]Seq, error)
	// MarkerTimes returns when members' markers reached a message or passed it, as far as
	// the store still knows.
	MarkerTimes(ctx context.Context, conversation ConversationID, seq Seq) ([]MarkerTime, error)
}

// MarkerTx is the part of [Tx] about how far members are.
type MarkerTx interface {
	// AdvanceMarkers moves markers forward, never back. A batch has each member of a
	// conversation once at most.
	AdvanceMarkers(ctx context.Context, batch ...Advance) error
	// SetSeen moves a member's own position forward or back.
	SetSeen(ctx context.Context, conversation ConversationID, user UserID, seen Seq) error
	// WithdrawRead turns a member's receipts in one conversation off or on. In both cases
	// it hides what the member has read so far.
	WithdrawRead(ctx context.Context, conversation ConversationID, user UserID, off bool) error
	// SetReceiptsOff does the same for an account and all its conversations.
	SetReceiptsOff(ctx context.Context, user UserID, off bool) error
	// PruneMarkerTimes forgets when markers moved before a time.
	PruneMarkerTimes(ctx context.Context, before time.Time) error
}
