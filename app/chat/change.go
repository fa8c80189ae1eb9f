package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Change is what a commit means for open sessions, as plain data: the value has all
// that is needed to apply it, and nothing in it changes later. A use case returns
// the changes that it has made; [Live.Apply] applies them after the commit, in the
// order of the commits, whichever process made them.
//
// The writer records all changes but posted messages in the transaction that makes
// them, so that other processes find them. The record never holds what somebody
// wrote, since words that are deleted must not stay in the database.
//
// The types in this file are all changes that there are. Some are an [Event] too:
// sessions get them as they are.
type Change interface {
	// kind is what the record calls the type, "" if it is not recorded.
	kind() string
}

// MessageAltered says that a message was edited or deleted.
type MessageAltered struct {
	Conversation ConversationID
	Seq          Seq
	At           time.Time
	HiddenFrom   []UserID `json:",omitempty"` // members who may not see the message
	// Message is the message as it is now. A change from the record has none:
	// whoever applies it reads the message from the store.
	Message *Message `json:"-"`
}

// MemberJoined says that an account became a member of a conversation.
type MemberJoined struct {
	Conversation ConversationID
	Direct       bool // the conversation is a direct one
	User         UserID
	Name         string
	Role         Role
	Joined       Seq  // the newest message at that time, which all markers are at
	Bot          bool `json:",omitempty"`
	Disabled     bool `json:",omitempty"`
	ReceiptsOff  bool `json:",omitempty"` // the account keeps what it reads to itself
}

// Member is the new member as the store has it at the time of the change.
func (c MemberJoined) Member() Member {
	return Member{
		Membership: Membership{Conversation: c.Conversation, User: c.User, Role: c.Role, Joined: c.Joined, Markers: markersAt(c.Joined)},
		Name:       c.Name, Bot: c.Bot, Disabled: c.Disabled, AccountReceiptsOff: c.ReceiptsOff,
	}
}

// MemberLeft says that an account is no member of a conversation any more.
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

// InvitationsOf says that an account was invited to a group, or has no invitation any
// more that it had.
type InvitationsOf struct{ User UserID }

// BlockSet says that an account has blocked another one, or has taken that back.
type BlockSet struct {
	User, Other UserID
	On          bool
}

// SeenSet says that an account has marked messages unread: its own position is this
// one, which may be before the one it had.
type SeenSet struct {
	Conversation ConversationID
	User         UserID
	Seen         Seq
}

// ReceiptsSwitched says that an account began or ceased to share what it reads.
type ReceiptsSwitched struct {
	User         UserID
	Conversation ConversationID // 0 for all
	Off          bool
}

// UserDisabled says that an account may not be used any more, or may be again.
type UserDisabled struct {
	User     UserID
	Disabled bool
}

// UserKicked says that the sessions that an account had open at a time end.
type UserKicked struct {
	User   UserID
	By     string // a handle, or "host"
	Reason string // "" if none was given
	At     time.Time
}

// KeyAdded says that a key opens an account now.
type KeyAdded struct{ Fingerprint string }

// KeyRevoked says that a key opens no account any more.
type KeyRevoked struct {
	Fingerprint string
	// Certificates says that certificates of this key, and those made by it, are
	// not taken any more either.
	Certificates bool
}

// BanAdded says that an account, a key or a network is banned. The ban of a key does
// not hold for accounts that are above whoever made it.
type BanAdded struct {
	Ban    Ban
	Spared []UserID
}

// BanRemoved says that a ban was taken back.
type BanRemoved struct{ Ban Ban }

// JoinModeChanged says that people join the server in another way.
type JoinModeChanged struct{}

// RequestAnswered says that somebody of the staff has decided on a request to join.
type RequestAnswered struct{ Fingerprint string }

// RequestsWaiting says how many requests to join wait for the staff.
type RequestsWaiting struct {
	Waiting int
	Staff   []UserID
	Other   bool // they are not the same requests, even if they are as many as before
}

// RequesterNamed says which handle a newcomer has chosen who had asked for one that was
// taken and was let in.
type RequesterNamed struct {
	Asked, Name string
	Staff       []UserID
}

func (MessagePosted) kind() string       { return "" } // messages are many, and found by their numbers
func (MessageAltered) kind() string      { return "message-altered" }
func (MemberJoined) kind() string        { return "member-joined" }
func (MemberLeft) kind() string          { return "member-left" }
func (MemberRoleChanged) kind() string   { return "member-role-changed" }
func (ConversationChanged) kind() string { return "conversation-changed" }
func (HistoryExpired) kind() string      { return "history-expired" }
func (PersonalChanged) kind() string     { return "personal-changed" }
func (InvitationsOf) kind() string       { return "invitations-of" }
func (BlockSet) kind() string            { return "block-set" }
func (SeenSet) kind() string             { return "seen-set" }
func (ReceiptsSwitched) kind() string    { return "receipts-switched" }
func (UserRenamed) kind() string         { return "user-renamed" }
func (UserDeleted) kind() string         { return "user-deleted" }
func (UserDisabled) kind() string        { return "user-disabled" }
func (UserKicked) kind() string          { return "user-kicked" }
func (KeyAdded) kind() string            { return "key-added" }
func (KeyRevoked) kind() string          { return "key-revoked" }
func (BanAdded) kind() string            { return "ban-added" }
func (BanRemoved) kind() string          { return "ban-removed" }
func (JoinModeChanged) kind() string     { return "join-mode-changed" }
func (RequestAnswered) kind() string     { return "request-answered" }
func (RequestsWaiting) kind() string     { return "requests-waiting" }
func (RequesterNamed) kind() string      { return "requester-named" }

// changeDecoders has a function for each kind that is recorded.
var changeDecoders = map[string]func([]byte) (Change, error){
	"message-altered":      decodeChange[MessageAltered],
	"member-joined":        decodeChange[MemberJoined],
	"member-left":          decodeChange[MemberLeft],
	"member-role-changed":  decodeChange[MemberRoleChanged],
	"conversation-changed": decodeChange[ConversationChanged],
	"history-expired":      decodeChange[HistoryExpired],
	"personal-changed":     decodeChange[PersonalChanged],
	"invitations-of":       decodeChange[InvitationsOf],
	"block-set":            decodeChange[BlockSet],
	"seen-set":             decodeChange[SeenSet],
	"receipts-switched":    decodeChange[ReceiptsSwitched],
	"user-renamed":         decodeChange[UserRenamed],
	"user-deleted":         decodeChange[UserDeleted],
	"user-disabled":        decodeChange[UserDisabled],
	"user-kicked":          decodeChange[UserKicked],
	"key-added":            decodeChange[KeyAdded],
	"key-revoked":          decodeChange[KeyRevoked],
	"ban-added":            decodeChange[BanAdded],
	"ban-removed":          decodeChange[BanRemoved],
	"join-mode-changed":    decodeChange[JoinModeChanged],
	"request-answered":     decodeChange[RequestAnswered],
	"requests-waiting":     decodeChange[RequestsWaiting],
	"requester-named":      decodeChange[RequesterNamed],
}

func decodeChange[C Change](body []byte) (Change, error) {
	var c C
	err := json.Unmarshal(body, &c)
	return c, err
}

// change returns the change that was recorded.
func (r RecordedChange) change() (Change, error) {
	decode, known := changeDecoders[r.Kind]
	if !known {
		return nil, fmt.Errorf("change %d: this version knows no %q", r.Position, r.Kind)
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
	Origin   int64 // of the service that made it, see [Service]
	Kind     string
	Body     []byte // JSON
}

// ChangeReader is the part of [Reader] about the record of changes.
type ChangeReader interface {
	// LastChange returns the position of the newest recorded change, 0 if there is
	// none.
	LastChange(ctx context.Context) (int64, error)
	// ChangesAfter returns at most limit recorded changes after a position, in order.
	ChangesAfter(ctx context.Context, position int64, limit int) ([]RecordedChange, error)
}

// ChangeTx is the part of [Tx] about the same.
type ChangeTx interface {
	// AppendChange adds a change to the record and returns its position.
	AppendChange(ctx context.Context, c RecordedChange) (int64, error)
	// PruneChanges removes changes from before a time, up to a position, but never
	// the newest of all: positions only ever grow.
	PruneChanges(ctx context.Context, before time.Time, upTo int64) error
}
