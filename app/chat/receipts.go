package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ReadReceipts are what a session's user has read, and what it and others are told of
// that. See [Session.Receipts].
type ReadReceipts struct{ *session }

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
	// these (see [ReadReceipts.ShowsOwn]) get no members.
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

// ShareReceipts switches whether the account shows others what it has read, and
// sees what they have: for everything, or for one conversation if id is not 0.
// It takes effect at once, on all open screens. Nothing of what was read while
// it was off is told later.
func (s ReadReceipts) ShareReceipts(ctx context.Context, id ConversationID, on bool) error {
	if id != 0 {
		if _, _, err := s.access(ctx, s.service.store, id, ActionRead); err != nil {
			return err
		}
	}
	same, err := s.sharesAlready(ctx, id, on)
	if err != nil || same {
		return err
	}
	// Off is in memory first, so that from here on nothing more is told. Then what
	// had moved before is written, and only then taken back.
	switched := ReceiptsSwitched{User: s.user.ID, Conversation: id, Off: !on}
	if !on {
		s.service.live.Withdraw(switched)
	}
	return s.service.live.Markers().FlushAnd(ctx, func() error {
		return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
			changes := []Change{switched} // also where the members were read from the store meanwhile
			if id == 0 {
				return changes, tx.SetReceiptsOff(ctx, s.user.ID, !on)
			}
			return changes, tx.WithdrawRead(ctx, id, s.user.ID, !on)
		})
	})
}

func (s ReadReceipts) sharesAlready(ctx context.Context, id ConversationID, on bool) (bool, error) {
	if id == 0 {
		u, err := s.service.store.UserByID(ctx, s.user.ID)
		return u.ReceiptsOff == !on, err
	}
	m, err := s.service.store.Membership(ctx, id, s.user.ID)
	return m.ReceiptsOff == !on, err
}

// markerTimesKept is how long it is known when a message was read or delivered.
const markerTimesKept = 30 * 24 * time.Hour

// Details is what is known of one message.
type Details struct {
	Message  *Message
	Withheld bool // the asker does not share what it reads, and so is not told
	Members  []MemberDetail
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

// Details returns how far a message has come to each who was a member when it
// was sent and still is, but for its author and for bots.
func (s ReadReceipts) Details(ctx context.Context, id ConversationID, seq Seq) (Details, error) {
	var d Details
	page, err := Messages(s).After(ctx, id, seq-1, 1)
	if err != nil {
		return d, err
	}
	if len(page) == 0 || page[0].Seq != seq {
		return d, Refuse(ErrNotFound, "There is no such message here.")
	}
	d.Message = page[0]
	if err := s.service.live.Markers().FlushForReading(ctx); err != nil {
		return d, err
	}
	if err := s.ask(ctx, costList); err != nil {
		return d, err
	}
	store := s.service.store
	members, err1 := store.Members(ctx, id)
	times, err2 := store.MarkerTimes(ctx, id, seq)
	if err := errors.Join(err1, err2); err != nil {
		return d, err
	}
	s.owe(len(members) + len(times))
	own := slices.IndexFunc(members, func(m Member) bool { return m.User == s.user.ID })
	d.Withheld = own < 0 || !members[own].Shares()
	if !d.Message.Counts() {
		return d, nil
	}
	// The store has the times of later deliveries, but only for a while.
	var atOnce time.Time
	if s.service.now().Sub(d.Message.SentAt) < markerTimesKept {
		atOnce = d.Message.SentAt
	}
	for _, m := range members {
		if !m.Counts() || m.User == d.Message.Author || m.Joined >= seq {
			continue
		}
		one := MemberDetail{Name: m.Name, DisplayName: m.DisplayName, Delivered: m.Delivered >= seq}
		one.Tells = !d.Withheld && m.Shares() && m.ReadFrom < seq
		one.Read = one.Tells && m.Read >= seq
		// A message that was read has been delivered. Only people who may know that a
		// member has read it learn of the delivery from that.
		one.Delivered = one.Delivered || one.Read
		if one.Delivered {
			one.DeliveredAt = atOnce
		}
		for _, t := range times {
			switch {
			case t.User != m.User:
			case t.Read && one.Read:
				one.ReadAt = t.At
				one.BeforeEdit = t.At.Before(d.Message.EditedAt)
			case !t.Read && one.Delivered && t.At.After(d.Message.SentAt):
				one.DeliveredAt = t.At
			}
		}
		d.Members = append(d.Members, one)
	}
	return d, nil
}
