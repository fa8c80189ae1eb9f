package chat

import "time"

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
