package chat

import "time"

// MemberReceipt is how far one member is, as others may know it.
type MemberReceipt struct {
	User      UserID
	Name      string
	Joined    Seq
	Delivered Seq
	Read      Seq
	ReadFrom  Seq // Read tells nothing of messages up to this one
	Shares    bool
	Excluded  bool      // a bot, or disabled: nobody waits for it
	ReadAt    time.Time // when Read last moved; the zero time if not known
}

// Receipts is how far the members of a conversation are. It is immutable and
// shared between the sessions that it is told to.
type Receipts struct {
	Conversation ConversationID
	Members      []MemberReceipt // by user
	// Withheld says that the one who gets this does not share what it reads, and
	// so is not told what others have.
	Withheld bool
	// Named says that markers are drawn by member. Otherwise there are too many,
	// and receipts are counts at the user's own messages. Screens that show none of
	// these (see [LiveSession.ShowsOwn]) get no members.
	Named bool
}

// Tally is how many of those who could have got a message have.
type Tally struct {
	Delivered, DeliveredOf int
	Read, ReadOf           int // ReadOf leaves out those who do not share
}

// Tick is the state of a message as its author sees it.
type Tick int

// The ticks, each implies those before it.
const (
	TickSent      Tick = iota // on the server's disk
	TickDelivered             // has reached all others
	TickRead                  // was read by all others who tell
)

// Tally counts for a message of an author: those who were members when it was
// sent and still are, without the author, without bots and without those
// whose accounts are disabled.
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

// tells reports whether the member lets others know if it has read s.
func (m *MemberReceipt) tells(s Seq) bool { return m.Shares && m.ReadFrom < s }

// Tick is what the author sees of it. With nobody else there, or nobody who
// tells, it goes no further than it can be known.
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

// Details is what is known of one message.
type Details struct {
	Message  *Message
	Withheld bool // the asker does not share what it reads, and so is not told
	Members  []MemberDetail
	// Reactions are who has reacted to it, in the order of the reactions.
	Reactions []Reactor
}

// MemberDetail is how far a message has come to one of those it was for.
type MemberDetail struct {
	Name        string
	DisplayName string
	Delivered   bool
	DeliveredAt time.Time // the zero time if the store no longer has it
	Tells       bool      // lets others know whether it has read it
	Read        bool
	ReadAt      time.Time // the zero time if the store no longer has it
	BeforeEdit  bool      // it was read before it was last edited, and maybe not since
}
