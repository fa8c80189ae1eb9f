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

// MarkersMoved says that markers have moved forward. Only servers that share a database record
// it, so that each knows the markers of members who are connected to another one.
type MarkersMoved struct {
	Moves []MarkerMove
	Here  bool `json:"-"` // on this server, whose sessions know it already
}

// MarkerMove is an [Advance] of one or more members, without what is only for the store.
type MarkerMove struct {
	Conversation ConversationID
	Users        []UserID
	Delivered    Seq       `json:",omitempty"`
	Read         Seq       `json:",omitempty"`
	ReadFrom     Seq       `json:",omitempty"`
	Seen         Seq       `json:",omitempty"`
	ReadAt       time.Time `json:",omitzero"`
}

// MovesOf returns moves of a batch, those of members with the same markers together.
func MovesOf(batch []Advance) []MarkerMove {
	var moves []MarkerMove
	at := make(map[Advance]int)
	for _, a := range batch {
		same := a
		same.User, same.DeliveredAt = 0, time.Time{}
		i, known := at[same]
		if !known {
			i, at[same] = len(moves), len(moves)
			moves = append(moves, MarkerMove{
				Conversation: a.Conversation, Delivered: a.Delivered, Read: a.Read, ReadFrom: a.ReadFrom, Seen: a.Seen, ReadAt: a.ReadAt,
			})
		}
		moves[i].Users = append(moves[i].Users, a.User)
	}
	return moves
}

// WithdrawRead takes back what a move reports as read, because its member has turned receipts
// off or on since.
func (a *Advance) WithdrawRead() {
	a.Read, a.ReadAt, a.ReadFrom = 0, time.Time{}, max(a.ReadFrom, a.Seen)
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

// MemberReceipt says how much of a conversation one member has received and read, as far as
// others may know.
type MemberReceipt struct {
	User      UserID
	Name      string
	Joined    Seq
	Delivered Seq
	Read      Seq
	ReadFrom  Seq // nobody may know whether messages up to this one were read
	Shares    bool
	Excluded  bool      // a bot or a disabled account, which receipts leave out
	Disabled  bool      // nobody uses the account
	Here      bool      // is connected
	ReadAt    time.Time // when Read last moved; the zero time if not known
}

// Receipts says how much of a conversation its members have received and read. It is
// immutable, and all sessions that get it share it.
type Receipts struct {
	Conversation ConversationID
	Members      []MemberReceipt // by user
	// Withheld says that the user who gets this does not share read receipts, and so gets
	// none of others.
	Withheld bool
	// Named says that screens draw a marker for each member. In larger groups there would
	// be too many, so receipts are only counts beside the user's own messages. Screens that
	// show no such message (see [LiveSession.ShowsOwn]) get no Members then.
	Named bool
	// Count is the number of members, of whom Members may name none.
	Count int
}

// Tally counts the members whom a message has reached and who have read it.
type Tally struct {
	Delivered, DeliveredOf int
	Read, ReadOf           int // ReadOf leaves out members who do not share receipts
}

// Tick is the state of a message as its author sees it.
type Tick int

// The ticks. Each implies those before it.
const (
	TickSent      Tick = iota // on the server's disk
	TickDelivered             // has reached all others
	TickRead                  // was read by all others who share receipts
)

// Tally counts the receipts of a message. It looks at the members who were there when the
// message was sent and still are, without its author, bots and disabled accounts.
func (r *Receipts) Tally(author UserID, s Seq) Tally {
	var t Tally
	if r == nil {
		return t
	}
	for i := range r.Members {
		m := &r.Members[i]
		if m.Excluded || m.User == author || m.Joined >= s {
			continue
		}
		t.DeliveredOf++
		tells := !r.Withheld && m.tells(s)
		if m.Delivered >= s || tells && m.Read >= s {
			t.Delivered++
		}
		if !tells {
			continue
		}
		t.ReadOf++
		if m.Read >= s {
			t.Read++
		}
	}
	return t
}

// tells reports whether others may know if the member has read message s.
func (m *MemberReceipt) tells(s Seq) bool { return m.Shares && m.ReadFrom < s }

// Tick returns the tick that the author sees. Without other members it stays [TickSent],
// and without members who share receipts it never becomes [TickRead].
func (t Tally) Tick() Tick {
	switch {
	case t.ReadOf > 0 && t.Read == t.ReadOf && t.Delivered == t.DeliveredOf:
		return TickRead
	case t.DeliveredOf > 0 && t.Delivered == t.DeliveredOf:
		return TickDelivered
	default:
		return TickSent
	}
}

// Details has everything that its reader may know about one message.
type Details struct {
	Message  *Message
	Withheld bool // the reader does not share receipts, and so sees none of others
	Members  []MemberDetail
	// Reactions are the accounts that have reacted, in the order of the reactions.
	Reactions []Reactor
}

// MemberDetail says whether one member has received and read a message.
type MemberDetail struct {
	Name        string
	DisplayName string
	Delivered   bool
	DeliveredAt time.Time // the zero time if the store no longer has it
	Tells       bool      // the member shares receipts for this message
	Read        bool
	ReadAt      time.Time // the zero time if the store no longer has it
	BeforeEdit  bool      // the member read it before its last edit, and perhaps not since
}
