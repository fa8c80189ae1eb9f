package live

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// conversation is the state of a conversation in memory: the sessions that get its
// events and, while a session has it open, the markers of its members.
type conversation struct {
	hub      *Hub
	id       chat.ConversationID
	sessions atomic.Pointer[[]*session] // replaced; readers never see an element change

	mu      sync.Mutex
	last    chat.Seq // the newest known message
	put     chat.Seq // the newest message in the mailboxes of the sessions here
	viewers []*session
	members map[chat.UserID]*member  // nil while no session has it open
	changes int                      // counts changes that a reading of the members may have missed
	telling bool                     // a timer will tell the viewers
	toldAll bool                     // all members have moved, or
	tellTo  map[chat.UserID]struct{} // only these users

	recent map[chat.Seq]*chat.Message // the newest messages, while a session has it open

	// These are the latest receipts, or nil if something has moved since they were
	// made.
	open, withheld *chat.Receipts
}

// member is the position of a member in a conversation.
type member struct {
	chat.Member
	readAt time.Time
}

func newConversation(h *Hub, id chat.ConversationID) *conversation {
	return &conversation{hub: h, id: id}
}

// present returns the sessions that get the conversation's events.
func (c *conversation) present() []*session {
	if p := c.sessions.Load(); p != nil {
		return *p
	}
	return nil
}

// watching returns the sessions that have it open.
func (c *conversation) watching() []*session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.viewers)
}

// noteNewest notes that there are messages up to this one.
func (c *conversation) noteNewest(s chat.Seq) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, s)
}

// enterLocked adds a session. The hub is locked.
func (c *conversation) enterLocked(s *session) {
	came := !c.has(s.user)
	// Earlier lists end before the new element, so all can share one array: copying the list
	// for each session that comes would cost as much as there are sessions.
	list := append(c.present(), s)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions.Store(&list)
	c.open = nil
	if came {
		c.tellHereLocked(s.user)
	}
}

// has reports whether a session of a user gets the conversation's events.
func (c *conversation) has(user chat.UserID) bool {
	return slices.ContainsFunc(c.present(), func(s *session) bool { return s.user == user })
}

// leaveLocked removes a session. The hub is locked.
func (c *conversation) leaveLocked(s *session) {
	list := slices.DeleteFunc(slices.Clone(c.present()), func(o *session) bool { return o == s })
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.members[s.user]; m != nil {
		m.Delivered = max(m.Delivered, c.put)
	}
	c.changedLocked()
	c.open = nil
	c.unviewLocked(s)
	c.hub.flusher.leave(c.id, s.user, func() { c.sessions.Store(&list) })
	if !c.has(s.user) {
		c.tellHereLocked(s.user)
	}
}

// unviewLocked closes the conversation for a session. When no session has it open
// any longer, it forgets the members. The conversation is locked.
func (c *conversation) unviewLocked(s *session) {
	c.viewers = slices.DeleteFunc(slices.Clone(c.viewers), func(o *session) bool { return o == s })
	if len(c.viewers) == 0 {
		c.members, c.recent, c.open = nil, nil, nil
		c.changes++
	}
}

// changedLocked notes that a member has changed since a reading of the members may
// have begun. Once the members are known, they are kept up to date. The
// conversation is locked.
func (c *conversation) changedLocked() {
	if c.members == nil {
		c.changes++
	}
}

// rewind forgets everything that is known of the messages and of the members.
func (c *conversation) rewind() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.put, c.members, c.recent, c.open, c.withheld = 0, 0, nil, nil, nil, nil
	c.changes++
}

// posted notes that a message is being delivered, and returns the sessions to
// deliver it to. The message is known before any session has it, so that a read
// marker on it is accepted at once.
func (c *conversation) posted(m *chat.Message) []*session {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.put = max(c.last, m.Seq), max(c.put, m.Seq)
	c.open = nil
	if len(c.viewers) > 0 {
		c.keepLocked(m)
	}
	c.hub.flusher.delivered(c, m.Seq)
	if c.members != nil {
		c.tellAuthorLocked(m.Author)
	}
	return c.present()
}

// delivered notes that waiting messages have reached a member.
func (c *conversation) delivered(user chat.UserID, to chat.Seq) {
	now := c.hub.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changedLocked()
	if m := c.members[user]; m != nil && to > m.Delivered {
		m.Delivered = to
		c.tellLocked()
	}
	c.hub.flusher.advance(chat.Advance{Conversation: c.id, User: user, Delivered: to, DeliveredAt: now})
}

// join adds a member. A known member was read from the store in the meantime, and
// may have moved on since.
func (c *conversation) join(m chat.Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	if c.members != nil && c.members[m.User] == nil {
		c.members[m.User] = &member{Member: m}
		c.tellLocked()
		if c.largeLocked() {
			c.tellCountLocked()
		}
	}
}

// part removes a former member and its marker.
func (c *conversation) part(user chat.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	large := c.largeLocked()
	delete(c.members, user)
	if c.tellLocked(); large {
		c.tellCountLocked()
	}
}

// read moves a member's own position forward, and the read marker that others may
// see. It returns the position and whether it moved. While the members are not in
// memory, it moves only the position in otherwise, if that is not nil.
func (c *conversation) read(user chat.UserID, to chat.Seq, otherwise *chat.Advance) (chat.Seq, bool) {
	now := c.hub.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changedLocked()
	m := c.members[user]
	if m == nil {
		if c.members == nil && otherwise != nil {
			c.hub.flusher.advance(*otherwise)
			return otherwise.Seen, true
		}
		return 0, false
	}
	to = min(to, c.last)
	a := chat.Advance{Conversation: c.id, User: user}
	if len(c.members) <= receiptsNamed {
		a.ReadAt = now
	}
	moved := to > m.Seen
	if moved {
		m.Seen, a.Seen = to, to
	}
	if m.Shares() && to > m.Read && to > m.ReadFrom {
		m.Read, m.readAt, a.Read = to, now, to
		c.tellLocked()
	}
	if a.Seen > 0 || a.Read > 0 {
		c.hub.flusher.advance(a)
	}
	return m.Seen, moved
}

// withdraw turns a member's receipts off or on, as do says. From then on, nobody
// learns what the member has read so far.
func (c *conversation) withdraw(user chat.UserID, do func(*member)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changedLocked()
	c.hub.flusher.withdraw(c.id, user)
	m := c.members[user]
	if m == nil {
		return
	}
	do(m)
	m.Read, m.readAt, m.ReadFrom = 0, time.Time{}, max(m.ReadFrom, m.Seen)
	c.tellLocked()
}

// unread moves a member's own position back.
func (c *conversation) unread(user chat.UserID, seen chat.Seq) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changedLocked()
	c.hub.flusher.unsee(c.id, user)
	if m := c.members[user]; m != nil {
		m.Seen = seen
	}
}

// change changes a member in place, if the members are known.
func (c *conversation) change(user chat.UserID, do func(*member)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changedLocked()
	if m := c.members[user]; m != nil {
		do(m)
		c.tellLocked()
	}
}
