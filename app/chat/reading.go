package chat

import "context"

// ReadReceipts are what a session's user has read, and what it and others are told of
// that. See [Session.Receipts].
type ReadReceipts struct{ *session }

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

// MarkUnread makes a message and all after it unread again, for the session's
// user alone: what others were told stays told. What is unread before it stays
// unread.
func (s ReadReceipts) MarkUnread(ctx context.Context, id ConversationID, from Seq) error {
	// What was read before is written before.
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
