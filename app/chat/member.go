package chat

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// MemberKey identifies the membership of a user in a conversation.
type MemberKey struct {
	Conversation ConversationID
	User         UserID
}

// Membership joins a user to a conversation.
type Membership struct {
	Conversation ConversationID
	User         UserID
	Role         Role // in the conversation; "" if the user is no member
	Joined       Seq  // the newest message when the user joined
	Markers
	Added bool // somebody else made the user a member without asking
	// AddedBy is the member who has added the user to a group that the user has not opened
	// since; 0 otherwise. Until then the group counts as unread.
	AddedBy     UserID
	Invited     bool // has an open invitation and is no member; not stored, see [GroupInvitation]
	ReceiptsOff bool // does not share read receipts here
	Pinned      bool
	MutedUntil  time.Time // the zero time if it is not muted
	// Staff says that the account is an owner or admin of the server, and so moderates
	// public groups. Silence is why the account may not write now, nil for no reason. Both are
	// those of the account. [MemberReader.Members] leaves them out.
	Staff   bool
	Silence *Ban
	// Halt says that the server is in maintenance, in which the account may not write; nil
	// otherwise. It is not stored.
	Halt *Word
}

// Member reports whether the user is in the conversation.
func (m Membership) Member() bool { return m.Role != "" }

// Muted reports whether the member has muted the conversation at a time.
func (m Membership) Muted(now time.Time) bool { return now.Before(m.MutedUntil) }

// mayManage reports whether the member is an owner or admin of the conversation.
func (m Membership) mayManage() bool { return m.Role == RoleOwner || m.Role == RoleAdmin }

// moderates reports whether the member moderates the conversation: as its owner or admin,
// or as one of the server.
func (m Membership) moderates(c Conversation) bool {
	return m.mayManage() || m.Staff && c.Kind == KindGroup && c.Public
}

// Member is a membership, together with its user.
type Member struct {
	Membership
	UID  uuid.UUID // the user's
	Name string
	// DisplayName is [User.DisplayName].
	DisplayName string
	Bot         bool
	Disabled    bool
	Presence    Presence
	LastSeen    time.Time // as in [Person]; only of the other member of a direct conversation
	Status      Status
	// AccountReceiptsOff is [User.ReceiptsOff].
	AccountReceiptsOff bool
}

// Counts reports whether receipts count the member. They leave out programs and disabled accounts.
func (m Member) Counts() bool { return !m.Bot && !m.Disabled }

// Shares reports whether the member shares read receipts.
func (m Member) Shares() bool { return !m.ReceiptsOff && !m.AccountReceiptsOff }

// MemberReader is the part of [Reader] about the members of conversations.
type MemberReader interface {
	// Membership returns the membership of a user in a conversation. If the user is not a
	// member, or the conversation does not exist, the result has no role and no error.
	Membership(ctx context.Context, conversation ConversationID, user UserID) (Membership, error)
	// LastSlowPost returns when a user last posted in a group in slow mode, or the zero time.
	LastSlowPost(ctx context.Context, conversation ConversationID, user UserID) (time.Time, error)
	// Members returns the members of a conversation, by user, without
	// [Member.Presence].
	Members(ctx context.Context, conversation ConversationID) ([]Member, error)
	// CountMembers returns how many members a conversation has, and how many of
	// them are owners.
	CountMembers(ctx context.Context, conversation ConversationID) (members, owners int, err error)
}

// MemberTx is the part of [Tx] about the members of conversations.
type MemberTx interface {
	// InsertMembership makes a user a member. It has no effect on someone who is a member
	// already. It removes the user's invitation and the record that the user had left.
	InsertMembership(ctx context.Context, m Membership) error
	// DeleteMembership ends a membership and deletes everything that was stored for it. If
	// the account posts there for webhooks, it also revokes them.
	DeleteMembership(ctx context.Context, conversation ConversationID, user UserID) error
	// SetMemberRole changes what a member may do.
	SetMemberRole(ctx context.Context, conversation ConversationID, user UserID, role Role) error
	// SetPinned says whether a conversation stays at the top of a member's list.
	SetPinned(ctx context.Context, conversation ConversationID, user UserID, pinned bool) error
	// SetMutedUntil mutes a conversation for a member. The zero time unmutes it.
	SetMutedUntil(ctx context.Context, conversation ConversationID, user UserID, until time.Time) error
	// NoteSlowPost stores when a user last posted in a group in slow mode, until slow mode is
	// turned off there.
	NoteSlowPost(ctx context.Context, conversation ConversationID, user UserID, at time.Time) error
	// SetOpened stores that a member has opened a group to which somebody else has added
	// them. It does not move the markers.
	SetOpened(ctx context.Context, conversation ConversationID, user UserID) error
}
