package app

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
	m, c, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return Visit{}, err
	}
	r := s.service.hub.room(id)
	s.view(r)
	if err := s.service.load(ctx, r, c.LastSeq); err != nil {
		return Visit{}, err
	}
	r.mu.Lock()
	v := Visit{Seen: m.Seen}
	if own := r.members[s.user.ID]; own != nil {
		v.Seen = own.Seen
	}
	open, withheld := r.receipts()
	if v.Receipts = withheld; r.mayKnow(s.user.ID) {
		v.Receipts = open
	}
	r.mu.Unlock()
	v.Unread, err = s.service.store.Unread(ctx, id, s.user.ID, v.Seen)
	return v, err
}

// view makes a room the one that the session has open.
func (s *Session) view(r *room) {
	h := s.service.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := s.viewing; old != nil && old != r {
		old.mu.Lock()
		old.unview(s)
		old.mu.Unlock()
	}
	s.viewing = r
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.viewers, s) {
		r.viewers = append(slices.Clone(r.viewers), s)
	}
}

// load reads where the members of a conversation are, unless it is known.
func (s *Service) load(ctx context.Context, r *room, last Seq) error {
	for {
		r.mu.Lock()
		known, before := r.members != nil, r.changes
		r.last = max(r.last, last)
		r.mu.Unlock()
		if known {
			return nil
		}
		if err := s.ledger.flush(ctx); err != nil {
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
// since.
func (r *room) install(members []Member, before int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members != nil || len(r.viewers) == 0 {
		return true
	}
	if r.changes != before {
		return false
	}
	r.members = make(map[UserID]*standing, len(members))
	for _, m := range members {
		r.members[m.User] = &standing{Member: m}
	}
	return true
}

// reload reads the members of a conversation again, if they are in memory: for
// when another process changed them.
func (s *Service) reload(ctx context.Context, id ConversationID) error {
	r := s.hub.room(id)
	r.mu.Lock()
	had := r.members != nil
	r.members = nil
	r.mu.Unlock()
	if !had {
		return nil
	}
	if err := s.load(ctx, r, 0); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell()
	return nil
}

// MarkRead says that the session's user has read a conversation that it has
// open, up to a message. It only moves forward, and waits for nothing.
func (s *Session) MarkRead(id ConversationID, to Seq) {
	h := s.service.hub
	h.mu.Lock()
	r, in := s.rooms[id]
	h.mu.Unlock()
	if !in {
		return
	}
	if seen, moved := r.read(s.user.ID, to); moved {
		h.tell(s.user.ID, s, SeenMoved{id, seen})
	}
}

// MarkUnread makes a message and all after it unread again, for the session's
// user alone: what others were told stays told.
func (s *Session) MarkUnread(ctx context.Context, id ConversationID, from Seq) error {
	m, _, err := s.access(ctx, s.service.store, id, ActionRead)
	if err != nil {
		return err
	}
	seen := max(from-1, m.Joined)
	l := s.service.ledger
	l.flushing.Lock() // what was read before is written before
	defer l.flushing.Unlock()
	if err := l.write(ctx, l.take()); err != nil {
		return err
	}
	return s.service.writer.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
		return []effect{func(h *hub) {
			h.room(id).change(s.user.ID, func(m *standing) { m.Seen = seen })
			h.tell(s.user.ID, nil, SeenMoved{id, seen})
		}}, tx.SetSeen(ctx, id, s.user.ID, seen)
	})
}

// Unread counts what the session's user has not seen of a conversation, at
// most [UnreadLimit].
func (s *Session) Unread(ctx context.Context, id ConversationID) (int, error) {
	if err := s.service.ledger.flush(ctx); err != nil {
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
	list, err := s.service.store.ListOf(ctx, s.user.ID)
	if err != nil {
		return err
	}
	user, err := s.service.store.UserByID(ctx, s.user.ID)
	if err != nil {
		return err
	}
	now := s.service.now()
	for _, c := range list {
		if c.Mine.Seen >= c.LastSeq {
			continue
		}
		r := s.service.hub.room(c.ID)
		r.mu.Lock()
		r.last = max(r.last, c.LastSeq)
		r.mu.Unlock()
		if _, moved := r.read(s.user.ID, c.LastSeq); !moved {
			// Not in memory: straight to the store.
			a := Advance{Conversation: c.ID, User: s.user.ID, Seen: c.LastSeq, Delivered: c.LastSeq, ReadAt: now, DeliveredAt: now, Timed: true}
			if !user.ReceiptsOff && !c.Mine.ReceiptsOff && c.LastSeq > c.Mine.ReadFrom {
				a.Read = c.LastSeq
			}
			s.service.ledger.advance(a)
		}
	}
	if err := s.service.ledger.flush(ctx); err != nil {
		return err
	}
	s.service.hub.tell(s.user.ID, nil, ListChanged{})
	return nil
}

// deliverAll notes that what waited for an account has reached it.
func (s *Service) deliverAll(ctx context.Context, user UserID) error {
	waiting, err := s.store.Undelivered(ctx, user)
	if err != nil {
		return err
	}
	now := s.now()
	for id, last := range waiting {
		s.ledger.advance(Advance{Conversation: id, User: user, Delivered: last, DeliveredAt: now, Timed: true})
	}
	return nil
}
