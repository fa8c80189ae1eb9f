package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Change tells open sessions what a commit has changed, as plain data. The value has
// everything that applying it needs, and never changes. A use case returns its changes,
// and [Live.Apply] applies them after the commit. The changes of all processes are
// applied in the order of the commits.
//
// The writer records all changes except posted messages, in the transaction that makes
// them, so that other processes find them. The record never contains the text of a
// message, because deleted words must not stay in the database.
//
// This file has all types of changes. Some are also an [Event], which sessions get as
// it is.
type Change interface {
	// kind returns the name of the type in the record, or "" if it is not recorded.
	kind() string
}

// MessageAltered says that a message was edited or deleted.
type MessageAltered struct {
	Conversation ConversationID
	Seq          Seq
	At           time.Time
	HiddenFrom   []UserID `json:",omitempty"` // members who may not see the message
	By           UserID   `json:",omitempty"` // the account that did it, 0 for the host and for the server itself
	Bot          bool     `json:",omitempty"` // that account is a bot's
	// Message is the present state of the message. The record does not contain it, so a
	// process that applies a recorded change reads it from the store.
	Message *Message `json:"-"`
}

// PostedElsewhere says that another server of the same chat has posted a message. Each server
// finds such messages by their positions. Only the server that has posted a message does what
// must be done once, so this is no [MessagePosted].
type PostedElsewhere struct{ Message *Message }

// LinePosted says that the host has posted a system line. A [MessagePosted] would not be
// recorded, and the server in which people see the line is another process. Servers that
// share a database find all messages by their positions, and this one too.
type LinePosted struct {
	Conversation ConversationID
	Seq          Seq
	// Message is as in [MessageAltered].
	Message *Message `json:"-"`
}

// MessageReacted says that a member has reacted to a message, or has taken a reaction
// back.
type MessageReacted struct {
	Conversation ConversationID
	Seq          Seq
	User         UserID
	UID          uuid.UUID
	Name         string
	Bot          bool `json:",omitempty"`
	Emoji        string
	On           bool     // false if it was taken back
	HiddenFrom   []UserID `json:",omitempty"` // members who may not see the message
	// Message is as in [MessageAltered].
	Message *Message `json:"-"`
}

// ContentsDropped says that the host has deleted messages, and that contents of files may
// belong to no message now.
type ContentsDropped struct{}

// MemberJoined says that an account became a member of a conversation.
type MemberJoined struct {
	Conversation ConversationID
	Direct       bool // the conversation is a direct one
	User         UserID
	Name         string
	Role         Role
	Joined       Seq  // the newest message at that time, where all markers are
	Bot          bool `json:",omitempty"`
	Disabled     bool `json:",omitempty"`
	ReceiptsOff  bool `json:",omitempty"` // the account does not share its read receipts
}

// Member returns the new member, as the store has it at the time of the change.
func (c MemberJoined) Member() Member {
	return Member{
		Membership: Membership{Conversation: c.Conversation, User: c.User, Role: c.Role, Joined: c.Joined, Markers: MarkersAt(c.Joined)},
		Name:       c.Name, Bot: c.Bot, Disabled: c.Disabled, AccountReceiptsOff: c.ReceiptsOff,
	}
}

// MemberLeft says that an account is no longer a member of a conversation.
type MemberLeft struct {
	Conversation ConversationID
	User         UserID
}

// MemberRoleChanged says that a member has another role in a conversation.
type MemberRoleChanged struct {
	Conversation ConversationID
	User         UserID
	Role         Role
}

// ConversationChanged says that a conversation has another name, topic or setting.
type ConversationChanged struct{ Conversation ConversationID }

// HistoryExpired says that the oldest messages of a conversation were deleted.
type HistoryExpired struct{ Conversation ConversationID }

// PersonalChanged says that an account has pinned or muted a conversation, which
// only its own sessions show.
type PersonalChanged struct{ User UserID }

// InvitationsOf says that an account was invited to a group, or that one of its invitations
// is gone.
type InvitationsOf struct{ User UserID }

// LaterOf says that the reminders and scheduled messages of an account have changed.
type LaterOf struct{ User UserID }

// BlockSet says that an account has blocked or unblocked another one.
type BlockSet struct {
	User, Other UserID
	On          bool
}

// SeenSet says that an account has marked messages unread. Its own position is now
// Seen, which may be before the former one.
type SeenSet struct {
	Conversation ConversationID
	User         UserID
	Seen         Seq
}

// ReceiptsSwitched says that an account has begun or stopped sharing its read receipts.
type ReceiptsSwitched struct {
	User         UserID
	Conversation ConversationID // 0 for all
	Off          bool
}

// UserDisabled says that an account was disabled or enabled.
type UserDisabled struct {
	User     UserID
	Disabled bool
	Direct   []ConversationID `json:",omitempty"` // its direct conversations, whose lists show it
}

// UserKicked ends the sessions that an account had open at a time.
type UserKicked struct {
	User   UserID
	By     string // a handle, or "host"
	Reason string // "" if none was given
	At     time.Time
}

// KeyAdded says that a key opens an account now.
type KeyAdded struct{ Fingerprint string }

// KeyRevoked says that a key no longer opens an account.
type KeyRevoked struct {
	Fingerprint string
	// Certificates says that the server also stops accepting certificates of this key,
	// and certificates that it signed.
	Certificates bool
}

// BanAdded says that an account, a key or a network is banned.
type BanAdded struct {
	Ban Ban
	// Spared are the accounts that rank above the person who banned a key. The ban does not
	// apply to them.
	Spared []UserID
}

// BanRemoved says that a ban was lifted.
type BanRemoved struct{ Ban Ban }

// JoinModeChanged says that the server has another [JoinMode].
type JoinModeChanged struct{}

// RequestAnswered says that an owner or admin has decided on a request to join.
type RequestAnswered struct{ Fingerprint string }

// WordsChanged says what the host tells everybody from now on. The record contains the texts,
// which are for everybody.
type WordsChanged struct {
	Kind  WordKind // which of them has changed, "" if that is not known
	Words *Words
}

// RequestsWaiting says how many requests to join wait for the staff.
type RequestsWaiting struct {
	Waiting int
	Staff   []UserID
	Other   bool // the requests have changed, even if their number has not
}

// RequesterNamed says which handle a newcomer has chosen. The newcomer was let in, but
// had asked for a handle that was taken.
type RequesterNamed struct {
	Asked, Name string
	Staff       []UserID
}

func (MessagePosted) kind() string       { return "" } // messages are many, and found by their positions
func (PostedElsewhere) kind() string     { return "" }
func (PreferencesChanged) kind() string  { return "preferences-changed" }
func (MessageAltered) kind() string      { return "message-altered" }
func (MessageReacted) kind() string      { return "message-reacted" }
func (LinePosted) kind() string          { return "line-posted" }
func (ContentsDropped) kind() string     { return "contents-dropped" }
func (MemberJoined) kind() string        { return "member-joined" }
func (MemberLeft) kind() string          { return "member-left" }
func (MemberRoleChanged) kind() string   { return "member-role-changed" }
func (ConversationChanged) kind() string { return "conversation-changed" }
func (HistoryExpired) kind() string      { return "history-expired" }
func (PersonalChanged) kind() string     { return "personal-changed" }
func (InvitationsOf) kind() string       { return "invitations-of" }
func (LaterOf) kind() string             { return "later-of" }
func (ThreadsMoved) kind() string        { return "threads-moved" }
func (BlockSet) kind() string            { return "block-set" }
func (SeenSet) kind() string             { return "seen-set" }
func (MarkersMoved) kind() string        { return "markers-moved" }
func (ReceiptsSwitched) kind() string    { return "receipts-switched" }
func (UserRenamed) kind() string         { return "user-renamed" }
func (StatusSet) kind() string           { return "status-set" }
func (UserDeleted) kind() string         { return "user-deleted" }
func (UserDisabled) kind() string        { return "user-disabled" }
func (UserKicked) kind() string          { return "user-kicked" }
func (KeyAdded) kind() string            { return "key-added" }
func (KeyRevoked) kind() string          { return "key-revoked" }
func (BanAdded) kind() string            { return "ban-added" }
func (BanRemoved) kind() string          { return "ban-removed" }
func (JoinModeChanged) kind() string     { return "join-mode-changed" }
func (RequestAnswered) kind() string     { return "request-answered" }
func (WordsChanged) kind() string        { return "words-changed" }
func (RequestsWaiting) kind() string     { return "requests-waiting" }
func (RequesterNamed) kind() string      { return "requester-named" }

// changeDecoders has a function for each kind that is recorded.
var changeDecoders = map[string]func([]byte) (Change, error){
	"preferences-changed":  decodeChange[PreferencesChanged],
	"message-altered":      decodeChange[MessageAltered],
	"message-reacted":      decodeChange[MessageReacted],
	"line-posted":          decodeChange[LinePosted],
	"contents-dropped":     decodeChange[ContentsDropped],
	"member-joined":        decodeChange[MemberJoined],
	"member-left":          decodeChange[MemberLeft],
	"member-role-changed":  decodeChange[MemberRoleChanged],
	"conversation-changed": decodeChange[ConversationChanged],
	"history-expired":      decodeChange[HistoryExpired],
	"personal-changed":     decodeChange[PersonalChanged],
	"invitations-of":       decodeChange[InvitationsOf],
	"later-of":             decodeChange[LaterOf],
	"block-set":            decodeChange[BlockSet],
	"seen-set":             decodeChange[SeenSet],
	"markers-moved":        decodeChange[MarkersMoved],
	"receipts-switched":    decodeChange[ReceiptsSwitched],
	"user-renamed":         decodeChange[UserRenamed],
	"status-set":           decodeChange[StatusSet],
	"user-deleted":         decodeChange[UserDeleted],
	"user-disabled":        decodeChange[UserDisabled],
	"user-kicked":          decodeChange[UserKicked],
	"key-added":            decodeChange[KeyAdded],
	"key-revoked":          decodeChange[KeyRevoked],
	"ban-added":            decodeChange[BanAdded],
	"ban-removed":          decodeChange[BanRemoved],
	"join-mode-changed":    decodeChange[JoinModeChanged],
	"request-answered":     decodeChange[RequestAnswered],
	"words-changed":        decodeChange[WordsChanged],
	"requests-waiting":     decodeChange[RequestsWaiting],
	"requester-named":      decodeChange[RequesterNamed],
	"threads-moved":        decodeChange[ThreadsMoved],
}

func decodeChange[C Change](body []byte) (Change, error) {
	var c C
	err := json.Unmarshal(body, &c)
	return c, err
}

// Record returns the row in which a change is recorded. The store gives the row its
// position. Record reports false for a change that is not recorded.
func Record(c Change) (row RecordedChange, recorded bool, err error) {
	kind := c.kind()
	if kind == "" {
		return row, false, nil
	}
	body, err := json.Marshal(c)
	if err != nil {
		return row, false, fmt.Errorf("recording a change: %w", err)
	}
	return RecordedChange{Kind: kind, Body: body}, true, nil
}

// Change decodes the change that was recorded. It fails for a change that a later
// version has recorded.
func (r RecordedChange) Change() (Change, error) {
	decode, known := changeDecoders[r.Kind]
	if !known {
		return nil, fmt.Errorf("change %d: this version does not know the kind %q", r.Position, r.Kind)
	}
	c, err := decode(r.Body)
	if err != nil {
		return nil, fmt.Errorf("change %d: %w", r.Position, err)
	}
	return c, nil
}

// RecordedChange is a [Change] as the store keeps it for other processes.
type RecordedChange struct {
	Position int64 // 1, 2, 3… in the order of the commits, given by the store
	At       time.Time
	Origin   int64 // identifies the service that made it
	Kind     string
	Body     []byte // JSON
	After    int64  // the position of the newest message that comes before it, given by the store
}

// ChangeReader is the part of [Reader] about the record of changes.
type ChangeReader interface {
	// ChangesAfter returns at most limit recorded changes after a position, in order.
	ChangesAfter(ctx context.Context, position int64, limit int) ([]RecordedChange, error)
}

// ChangeTx is the part of [Tx] about the record of changes.
type ChangeTx interface {
	// AppendChange adds a change to the record and returns its position. It is ahead of so
	// many of the messages that the transaction has posted so far, and comes after the others.
	AppendChange(ctx context.Context, c RecordedChange, ahead int) (int64, error)
	// PruneChanges removes changes from before a time, up to a position. It keeps the
	// newest of all, so that positions only grow.
	PruneChanges(ctx context.Context, before time.Time, upTo int64) error
}

// Clock says how far a store is: the positions of the newest message and of the newest
// recorded change. Positions are given in the order of the commits, so everything up to a
// clock that was read is committed, and nothing is added to it later.
type Clock struct {
	Messages, Changes int64
	// Epoch is another one after the store was put back to an earlier state, which may have
	// lost messages and changes. A store that only one server uses has none.
	Epoch string
}

// Add returns the clock after so many more messages and changes.
func (c Clock) Add(o Clock) Clock {
	return Clock{c.Messages + o.Messages, c.Changes + o.Changes, c.Epoch}
}

// Before returns the clock before the newest so many messages and changes.
func (c Clock) Before(o Clock) Clock {
	return Clock{c.Messages - o.Messages, c.Changes - o.Changes, c.Epoch}
}

// Latest returns the later of both positions of two clocks.
func (c Clock) Latest(o Clock) Clock {
	return Clock{max(c.Messages, o.Messages), max(c.Changes, o.Changes), c.Epoch}
}

// Reached reports whether everything up to another clock is also up to this one.
func (c Clock) Reached(o Clock) bool { return c.Messages >= o.Messages && c.Changes >= o.Changes }

// Possible reports whether a store that is not empty can have this clock.
func (c Clock) Possible() bool {
	return min(c.Messages, c.Changes) >= 0 && max(c.Messages, c.Changes) > 0
}

// ClockReader is the part of [Reader] about how far the store is.
type ClockReader interface {
	// Clock returns the positions of the newest message and of the newest recorded change, 0
	// without any. In a transaction these can be its own.
	Clock(ctx context.Context) (Clock, error)
	// MessagesAtPositions returns the messages with positions above after and up to upTo, at
	// most limit, in this order.
	MessagesAtPositions(ctx context.Context, after, upTo int64, limit int) ([]*Message, error)
}
