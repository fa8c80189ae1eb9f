package chat

import (
	"time"

	"github.com/google/uuid"
)

// Markers are how far a member is in a conversation, as numbers of messages.
// They only grow, but for Seen when its owner marks something unread.
type Markers struct {
	Delivered Seq // has reached one of its running sessions
	Read      Seq // what others may know it has read, 0 if it tells nobody
	// ReadFrom is the last message that Read says nothing about: what was read
	// while the member kept it to itself stays untold for ever.
	ReadFrom Seq
	Seen     Seq // its own position, on all its devices, which nobody else sees
}

// markersAt are those of one who joins after a message.
func markersAt(s Seq) Markers { return Markers{Delivered: s, Read: s, ReadFrom: s, Seen: s} }

// MemberKey names the membership of a user in a conversation.
type MemberKey struct {
	Conversation ConversationID
	User         UserID
}

// Membership joins a user to a conversation.
type Membership struct {
	Conversation ConversationID
	User         UserID
	Role         Role // in the conversation; "" if the user is no member
	Joined       Seq  // the newest message when it joined
	Markers
	Added       bool // somebody else made the user a member, without asking it
	Invited     bool // and has not answered; not kept, see [Groups.AcceptInvitation]
	ReceiptsOff bool // keeps what it reads here to itself
	Pinned      bool
	MutedUntil  time.Time // the zero time if it is not muted
}

// Member reports whether the user is in the conversation.
func (m Membership) Member() bool { return m.Role != "" }

// Muted reports whether the member wants to hear nothing of the conversation.
func (m Membership) Muted(now time.Time) bool { return now.Before(m.MutedUntil) }

// mayManage reports whether the member's role is one that looks after others.
func (m Membership) mayManage() bool { return m.Role == RoleOwner || m.Role == RoleAdmin }

// Member is a membership with whose it is.
type Member struct {
	Membership
	UID  uuid.UUID // the user's
	Name string
	// DisplayName is [User.DisplayName].
	DisplayName string
	Bot         bool
	Disabled    bool
	Presence    Presence
	// AccountReceiptsOff is [User.ReceiptsOff].
	AccountReceiptsOff bool
}

// Counts reports whether anybody waits for the member to get or read anything: for
// programs, and for those who are kept out, nobody does.
func (m Member) Counts() bool { return !m.Bot && !m.Disabled }

// Shares reports whether the member tells others what it has read.
func (m Member) Shares() bool { return !m.ReceiptsOff && !m.AccountReceiptsOff }
