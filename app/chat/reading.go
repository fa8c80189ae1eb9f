package chat

import (
	"context"
	"slices"
)

// Visit is what a session gets when it opens a conversation.
type Visit struct {
	Seen     Seq       // the user's own position
	Unread   int       // after it
	Receipts *Receipts // where the members are
}

// Visit opens a conversation for the session, and closes the one it had open
// before. From here on the session gets the conversation's receipts.
func (s *Session) Visit(ctx context.Context, id ConversationID) (Visit, error) {
	if err := s.ask(ctx, costList); err != nil {
		return Visit{}, err
	}
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return Visit{}, err
	}
	r := s.service.hub.room(id)
	if err := s.view(r); err != nil {
		return Visit{}, err
	}
	if err := s.service.load(ctx, r, c.LastSeq, s.user.ID); err != nil {
		return Visit{}, err
	}
	r.mu.Lock()
	s.box.putReceipts(nil) // what waits is older, or of another conversation
	v := Visit{Seen: m.Seen}
	if own := r.members[s.user.ID]; own != nil {
		v.Seen = own.Seen
	}
	v.Seen = max(v.Seen, c.Expired)
	v.Receipts = r.receiptsForLocked(s)
	r.mu.Unlock()
	v.Unread, err = s.service.store.Unread(ctx, id, s.user.ID, v.Seen)
	return v, err
}

// view makes a room the one that the session has open, nil for none. It refuses
// one that the session gets no events of, since it was removed or has ended.
func (s *Session) view(r *room) error {
	h := s.service.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := s.viewing; old != nil && old != r {
		old.mu.Lock()
		old.unviewLocked(s)
		old.mu.Unlock()
	}
	s.viewing = nil
	s.own.Store(false)
	if r == nil {
		return nil
	}
	if s.rooms[r.id] != r {
		return Decide(Membership{}, Conversation{}, ActionRead)
	}
	s.viewing = r
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.viewers, s) {
		r.viewers = append(slices.Clone(r.viewers), s)
	}
	return nil
}

// ShowsOwn says whether the screen has messages of its user's own in the open
// conversation. In a large one, in which receipts are counts at one's own
// messages, others need not be told of every marker that moves.
func (s *Session) ShowsOwn(id ConversationID, own bool) {
	if s.own.Swap(own) == own || !own {
		return
	}
	h := s.service.hub
	h.mu.Lock()
	r := s.viewing
	h.mu.Unlock()
	if r == nil || r.id != id {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members != nil {
		s.box.putReceipts(r.receiptsForLocked(s))
	}
}

// load reads where the members of a conversation are, unless it is known. If
// one of them is not, another process has added it, and they are read again.
func (s *Service) load(ctx context.Context, r *room, last Seq, member UserID) error {
	r.mu.Lock()
	r.last = max(r.last, last)
	r.mu.Unlock()
	for {
		r.mu.Lock()
		known, before := r.members[member] != nil, r.changes
		r.mu.Unlock()
		if known {
			return nil
		}
		if err := s.ledger.settled(ctx); err != nil {
			return err
		}
		members, err := s.store.Members(ctx, r.id)
		if err != nil {
			return err
		}
		if r.install(members, before) {
			return nil
		}
	}
}

// install takes the members as they were read, unless something has changed
// since. Those that are known already stay as they are.
func (r *room) install(members []Member, before int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.viewers) == 0 {
		return true
	}
	if r.changes != before {
		return false
	}
	had := r.members
	r.members, r.open = make(map[UserID]*standing, len(members)), nil
	for _, m := range members {
		if r.members[m.User] = had[m.User]; had[m.User] == nil {
			r.members[m.User] = &standing{Member: m}
		}
	}
	if had != nil {
		r.tellLocked()
	}
	return true
}

// MarkRead says that the session's user has read a conversation that it has
// open, up to a message. It only moves forward, and waits for nothing.
func (s *Session) MarkRead(id ConversationID, to Seq) {
	s.read(id, to, nil)
}

// read is MarkRead; otherwise is what moves while nobody has the conversation
// open. The hub stays locked, so that the account's other sessions are told in
// the order in which it moves.
func (s *Session) read(id ConversationID, to Seq, otherwise *Advance) {
	h := s.service.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if r, in := s.rooms[id]; in {
		s.moveLocked(r, to, otherwise)
	}
}

// moveLocked moves the user's own position in a room and tells its other sessions.
// The hub is locked.
func (s *Session) moveLocked(r *room, to Seq, otherwise *Advance) {
	a := s.service.hub.accounts[s.user.ID]
	if seen, moved := r.read(s.user.ID, to, otherwise); moved && a != nil {
		for _, o := range a.sessions {
			if o != s {
				o.box.put(SeenMoved{r.id, seen})
			}
		}
	}
}

// readUpTo is what moves if a member reads up to a message.
func (s *Service) readUpTo(m Membership, user User, to Seq) *Advance {
	a := &Advance{Conversation: m.Conversation, User: m.User, Seen: to, ReadAt: s.now()}
	if !user.ReceiptsOff && !m.ReceiptsOff && to > m.ReadFrom {
		a.Read = to
	}
	return a
}

// MarkUnread makes a message and all after it unread again, for the session's
// user alone: what others were told stays told. What is unread before it stays
// unread.
func (s *Session) MarkUnread(ctx context.Context, id ConversationID, from Seq) error {
	l := s.service.ledger
	l.flushing.Lock() // what was read before is written before
	defer l.flushing.Unlock()
	if err := l.write(ctx, l.take()); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		m, _, err := s.access(ctx, tx, id, ActionRead)
		if err != nil {
			return nil, err
		}
		seen := min(m.Seen, max(from-1, m.Joined))
		return []Change{SeenSet{id, s.user.ID, seen}}, tx.SetSeen(ctx, id, s.user.ID, seen)
	})
}

// Unread counts what the session's user has not seen of a conversation, at
// most [UnreadLimit].
func (s *Session) Unread(ctx context.Context, id ConversationID) (int, error) {
	if err := s.ask(ctx, costLookup); err != nil {
		return 0, err
	}
	if err := s.service.ledger.settled(ctx); err != nil {
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
func (s *Session) ReadAll(ctx context.Context) error {
	if err := s.service.ledger.flush(ctx); err != nil {
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
		r := s.service.hub.room(c.ID)
		r.mu.Lock()
		r.last = max(r.last, c.LastSeq)
		r.mu.Unlock()
		s.read(c.ID, c.LastSeq, s.service.readUpTo(c.Mine, user, c.LastSeq))
	}
	if err := s.service.ledger.flush(ctx); err != nil {
		return err
	}
	s.service.hub.tell(s.user.ID, nil, ListChanged{})
	return nil
}

// ReadUpTo says that the session's user has read a conversation up to a
// message, wherever: it works without a screen that has it open, and returns
// when it is kept. It only moves forward.
func (s *Session) ReadUpTo(ctx context.Context, id ConversationID, to Seq) error {
	if err := s.service.ledger.flush(ctx); err != nil {
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
	h := s.service.hub
	r := h.room(id)
	r.mu.Lock()
	r.last = max(r.last, c.LastSeq)
	r.mu.Unlock()
	h.mu.Lock()
	s.moveLocked(r, to, s.service.readUpTo(m, user, to))
	h.mu.Unlock()
	return s.service.ledger.flush(ctx)
}

// Received says that a script of the session's user has got a conversation up
// to a message.
func (s *Session) Received(id ConversationID, to Seq) {
	s.service.hub.room(id).delivered(s.user.ID, to)
}

// deliverAll notes that what waited for an account has reached it.
func (s *Service) deliverAll(ctx context.Context, user UserID) error {
	waiting, err := s.store.Undelivered(ctx, user)
	if err != nil {
		return err
	}
	for id, last := range waiting {
		s.hub.room(id).delivered(user, last)
	}
	return nil
}
