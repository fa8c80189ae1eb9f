package live

import (
	"context"
	"slices"
	"time"

	"confab/app/chat"
)

// Visit opens a conversation for the session, and closes the one that was open.
// From then on the session gets the conversation's receipts.
func (s *session) Visit(ctx context.Context, in chat.Conversation, own chat.Membership) (chat.Visit, error) {
	c := s.hub.conversation(in.ID)
	if err := s.view(c); err != nil {
		return chat.Visit{}, err
	}
	c.noteNewest(in.LastSeq)
	if err := c.load(ctx, s.user); err != nil {
		return chat.Visit{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.box.putReceipts(nil) // the waiting receipts are older, or of another conversation
	v := chat.Visit{Seen: own.Seen}
	if m := c.members[s.user]; m != nil {
		v.Seen = m.Seen
	}
	v.Seen = max(v.Seen, in.Expired)
	v.Receipts = c.receiptsForLocked(s)
	return v, nil
}

// view makes a conversation the session's open one, or closes it for nil. It
// refuses a conversation whose events the session does not get: its user was
// removed, or the session has ended.
func (s *session) view(c *conversation) error {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := s.viewing; old != nil && old != c {
		old.mu.Lock()
		old.unviewLocked(s)
		old.mu.Unlock()
	}
	s.viewing = nil
	s.own.Store(false)
	if c == nil {
		return nil
	}
	if s.conversations[c.id] != c {
		return chat.Decide(chat.Membership{}, chat.Conversation{}, chat.ActionRead, time.Time{})
	}
	s.viewing = c
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.viewers, s) {
		c.viewers = append(c.viewers, s)
	}
	return nil
}

// load reads the members of a conversation, unless they are known. If the session's
// user is not among the known ones, another process has added it, and all members
// are read again.
func (c *conversation) load(ctx context.Context, user chat.UserID) error {
	for {
		c.mu.Lock()
		known, before := c.members[user] != nil, c.changes
		c.mu.Unlock()
		if known {
			return nil
		}
		if err := c.hub.flusher.FlushForReading(ctx); err != nil {
			return err
		}
		members, err := c.hub.backing.Members(ctx, c.id)
		if err != nil {
			return err
		}
		if c.install(members, before) {
			return nil
		}
	}
}

// install uses the members that were read, unless something has changed since.
// Members that are already known stay as they are.
func (c *conversation) install(members []chat.Member, before int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.viewers) == 0 {
		return true
	}
	if c.changes != before {
		return false
	}
	had := c.members
	c.members, c.open = make(map[chat.UserID]*member, len(members)), nil
	for _, m := range members {
		if c.members[m.User] = had[m.User]; had[m.User] == nil {
			c.members[m.User] = &member{Member: m}
		}
	}
	if had != nil {
		c.tellLocked()
	}
	return true
}

// renew uses the members in the store, if a session has the conversation open.
// Markers that have moved since are on their way to the store.
func (c *conversation) renew(members []chat.Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.recent = nil
	if c.members == nil {
		return
	}
	had := c.members
	c.members = make(map[chat.UserID]*member, len(members))
	for _, m := range members {
		now := &member{Member: m}
		if was := had[m.User]; was != nil {
			now.Seen, now.Delivered = max(m.Seen, was.Seen), max(m.Delivered, was.Delivered)
			if m.Shares() && was.Read > max(m.Read, m.ReadFrom) {
				now.Read, now.readAt = was.Read, was.readAt
			}
		}
		c.members[m.User] = now
	}
	c.tellLocked()
}

// MarkRead moves the user's own position forward in a conversation whose events the
// session gets. The hub stays locked, so that the user's other sessions learn of
// the moves in order.
func (s *session) MarkRead(id chat.ConversationID, to chat.Seq, otherwise *chat.Advance) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if c, in := s.conversations[id]; in {
		s.moveLocked(c, to, otherwise)
	}
}

// ReadUpTo is MarkRead for any conversation.
func (s *session) ReadUpTo(id chat.ConversationID, to chat.Seq, otherwise *chat.Advance) {
	c := s.hub.conversation(id)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.moveLocked(c, to, otherwise)
}

// moveLocked moves the user's own position in a conversation and tells its other
// sessions. The hub is locked.
func (s *session) moveLocked(c *conversation, to chat.Seq, otherwise *chat.Advance) {
	a := s.hub.accounts[s.user]
	if seen, moved := c.read(s.user, to, otherwise); moved && a != nil {
		for _, o := range a.sessions {
			if o != s {
				o.box.put(chat.SeenMoved{Conversation: c.id, Seen: seen})
			}
		}
	}
}

// ShowsOwn notes whether messages of the user's own are on the screen.
func (s *session) ShowsOwn(id chat.ConversationID, own bool) {
	if s.own.Swap(own) == own || !own {
		return
	}
	s.hub.mu.Lock()
	c := s.viewing
	s.hub.mu.Unlock()
	if c == nil || c.id != id {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members != nil {
		s.box.putReceipts(c.receiptsForLocked(s))
	}
}
