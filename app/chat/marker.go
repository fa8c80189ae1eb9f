package chat

import (
	"context"
	"time"
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

// markersAt returns the markers of a member who joins after a message.
func markersAt(s Seq) Markers { return Markers{Delivered: s, Read: s, ReadFrom: s, Seen: s} }

// Visit is what a session gets when it opens a conversation.
type Visit struct {
	Seen     Seq       // the user's own position
	Unread   int       // after it
	Receipts *Receipts // where the members are
}

// Visit opens a conversation for the session, and closes the one it had open
// before. From here on the session gets the conversation's receipts.
func (s ReadReceipts) Visit(ctx context.Context, id ConversationID) (Visit, error) {
	if err := s.ask(ctx, costList); err != nil {
		return Visit{}, err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return Visit{}, err
	}
	v, err := s.live.Visit(ctx, c, m)
	if err != nil {
		return Visit{}, err
	}
	v.Unread, err = s.service.store.Unread(ctx, id, s.user.ID, v.Seen)
	return v, err
}

// ShowsOwn says whether the screen has messages of its user's own in the open
// conversation. In a large one, in which receipts are counts at one's own
// messages, others need not be told of every marker that moves.
func (s ReadReceipts) ShowsOwn(id ConversationID, own bool) { s.live.ShowsOwn(id, own) }

// MarkRead says that the session's user has read a conversation that it has
// open, up to a message. It only moves forward, and waits for nothing.
func (s ReadReceipts) MarkRead(id ConversationID, to Seq) { s.live.MarkRead(id, to, nil) }

// readUpTo is what moves if a member reads up to a message.
func (s *service) readUpTo(m Membership, user User, to Seq) *Advance {
	a := &Advance{Conversation: m.Conversation, User: m.User, Seen: to, ReadAt: s.now()}
	if !user.ReceiptsOff && !m.ReceiptsOff && to > m.ReadFrom {
		a.Read = to
	}
	return a
}

// MarkUnread makes a message and all later ones unread again, for the session's user
// alone. Receipts that others have seen stay. Earlier unread messages stay unread.
func (s ReadReceipts) MarkUnread(ctx context.Context, id ConversationID, from Seq) error {
	// Markers that moved before are written before.
	return s.service.live.Markers().FlushAnd(ctx, func() error {
		return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
			m, _, err := s.access(ctx, tx, id, ActionRead)
			if err != nil {
				return nil, err
			}
			seen := min(m.Seen, max(from-1, m.Joined))
			return []Change{SeenSet{id, s.user.ID, seen}}, tx.SetSeen(ctx, id, s.user.ID, seen)
		})
	})
}

// Unread counts what the session's user has not seen of a conversation, at
// most [UnreadLimit].
func (s ReadReceipts) Unread(ctx context.Context, id ConversationID) (int, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	if err := s.service.live.Markers().FlushForReading(ctx); err != nil {
		return 0, err
	}
	m, _, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return 0, err
	}
	return s.service.store.Unread(ctx, id, s.user.ID, m.Seen)
}

// ReadAll marks all conversations of the session's user read, as if it had
// looked at each.
func (s ReadReceipts) ReadAll(ctx context.Context) error {
	if err := s.service.live.Markers().Flush(ctx); err != nil {
		return err
	}
	list, err := s.service.store.ListOf(ctx, s.user.ID)
	if err != nil {
		return err
	}
	user, err := s.service.store.UserByID(ctx, s.user.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Mine.Seen >= c.LastSeq {
			continue
		}
		s.service.live.NoteNewest(c.ID, c.LastSeq)
		s.live.MarkRead(c.ID, c.LastSeq, s.service.readUpTo(c.Mine, user, c.LastSeq))
	}
	if err := s.service.live.Markers().Flush(ctx); err != nil {
		return err
	}
	return s.service.live.Apply(PersonalChanged{s.user.ID})
}

// ReadUpTo says that the session's user has read a conversation up to a
// message, wherever: it works without a screen that has it open, and returns
// when it is kept. It only moves forward.
func (s ReadReceipts) ReadUpTo(ctx context.Context, id ConversationID, to Seq) error {
	if err := s.service.live.Markers().Flush(ctx); err != nil {
		return err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return err
	}
	user, err := s.service.store.UserByID(ctx, s.user.ID)
	if err != nil {
		return err
	}
	if to = min(to, c.LastSeq); to <= m.Seen {
		return nil
	}
	s.service.live.NoteNewest(id, c.LastSeq)
	s.live.ReadUpTo(id, to, s.service.readUpTo(m, user, to))
	return s.service.live.Markers().Flush(ctx)
}

// Received says that a script of the session's user has got a conversation up
// to a message.
func (s ReadReceipts) Received(id ConversationID, to Seq) {
	s.service.live.Delivered(id, s.user.ID, to)
}

// deliverAll notes that what waited for an account has reached it.
func (s *service) deliverAll(ctx context.Context, user UserID) error {
	waiting, err := s.store.Undelivered(ctx, user)
	if err != nil {
		return err
	}
	for id, last := range waiting {
		s.live.Delivered(id, user, last)
	}
	return nil
}

// Advance moves a member's markers forward; those that are 0, or behind where
// the markers are, stay.
type Advance struct {
	Conversation          ConversationID
	User                  UserID
	Delivered, Read, Seen Seq
	ReadFrom              Seq
	// When it moved, the zero time if that is not to be kept: what is delivered as
	// it is sent needs no time of its own.
	DeliveredAt, ReadAt time.Time
}

// MarkerTime is when a marker of a member came to a message.
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
	// MarkerTimes returns when members' markers came to a message or past it, as
	// far as it was kept.
	MarkerTimes(ctx context.Context, conversation ConversationID, seq Seq) ([]MarkerTime, error)
}

// MarkerTx is the part of [Tx] about the same.
type MarkerTx interface {
	// AdvanceMarkers moves markers forward, never back.
	AdvanceMarkers(ctx context.Context, a Advance) error
	// SetSeen moves a member's own position, also back.
	SetSeen(ctx context.Context, conversation ConversationID, user UserID, seen Seq) error
	// WithdrawRead turns a member's receipts in one conversation off or on. Either way,
	// nobody learns any longer what it has read so far.
	WithdrawRead(ctx context.Context, conversation ConversationID, user UserID, off bool) error
	// SetReceiptsOff does the same for an account and all its conversations.
	SetReceiptsOff(ctx context.Context, user UserID, off bool) error
	// PruneMarkerTimes forgets when markers moved before a time.
	PruneMarkerTimes(ctx context.Context, before time.Time) error
}
