package live

import (
	"slices"
	"sync/atomic"

	"confab/app/chat"
)

// elsewhere is what the hub knows of people who are connected to other servers.
type elsewhere struct {
	hub     *Hub
	there   atomic.Pointer[map[chat.UserID]chat.Presence] // replaced, never changed; nil without other servers
	changed chan struct{}                                 // holds one token while Here may have changed
	writing chan chat.Typing                              // who is typing here; full without other servers
}

// presence returns the presence of a user on other servers.
func (e *elsewhere) presence(user chat.UserID) chat.Presence {
	if there := e.there.Load(); there != nil {
		return (*there)[user]
	}
	return chat.Offline
}

// note notes that Here may have changed.
func (e *elsewhere) note() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// Changed returns the channel that receives when Here may have changed.
func (e *elsewhere) Changed() <-chan struct{} { return e.changed }

// Writing returns the channel that receives who is typing here.
func (e *elsewhere) Writing() <-chan chat.Typing { return e.writing }

// typing has other servers told that somebody is typing here. If they are told too slowly, it
// does nothing.
func (e *elsewhere) typing(t chat.Typing) {
	select {
	case e.writing <- t:
	default:
	}
}

// Sees reports whether people here would see it if a user typed in a conversation elsewhere.
func (e *elsewhere) Sees(id chat.ConversationID, user chat.UserID) bool {
	_, here := e.hub.conversations.Load(id)
	return here && !e.hub.bans.silences(user)
}

// Typed tells the people here that somebody is typing on another server.
func (e *elsewhere) Typed(t chat.Typing) {
	v, ok := e.hub.conversations.Load(t.Conversation)
	if !ok { // nobody is here
		return
	}
	c := v.(*conversation)
	direct := false
	e.hub.mu.Lock()
	for _, s := range c.present() {
		direct = direct || s.account != nil && slices.Contains(s.account.direct, c.id)
		if direct || len(c.present()) > receiptsNamed {
			break
		}
	}
	e.hub.mu.Unlock()
	c.typing(t, direct)
}

// Here returns the presence of the users who are connected to this server.
func (e *elsewhere) Here() map[chat.UserID]chat.Presence {
	e.hub.mu.Lock()
	defer e.hub.mu.Unlock()
	here := make(map[chat.UserID]chat.Presence, len(e.hub.accounts))
	for user, a := range e.hub.accounts {
		if here[user] = chat.Online; a.away.Load() {
			here[user] = chat.Away
		}
	}
	return here
}

// Replace notes who is connected to other servers, and shows it where receipts name who is here.
func (e *elsewhere) Replace(there map[chat.UserID]chat.Presence) (changed []chat.UserID) {
	var before map[chat.UserID]chat.Presence
	if p := e.there.Swap(&there); p != nil {
		before = *p
	}
	for user, p := range there {
		if before[user] != p {
			changed = append(changed, user)
		}
	}
	for user := range before {
		if _, still := there[user]; !still {
			changed = append(changed, user)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	for _, c := range allConversations(e.hub) {
		c.mu.Lock()
		c.open = nil
		for _, user := range changed {
			c.tellHereLocked(user)
		}
		c.mu.Unlock()
	}
	return changed
}

// markersMoved applies markers that have moved on another server.
func markersMoved(h *Hub, moved chat.MarkersMoved) {
	for _, move := range moved.Moves {
		v, ok := h.conversations.Load(move.Conversation)
		if !ok { // nobody is here
			continue
		}
		c := v.(*conversation)
		c.follow(move)
		if move.Seen > 0 {
			seenElsewhere(h, c, move)
		}
	}
}

// seenElsewhere moves the own positions of users who have read on another server, and tells
// their sessions here. The hub stays locked, so that they learn of the moves in order.
func seenElsewhere(h *Hub, c *conversation, move chat.MarkerMove) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, user := range move.Users {
		a := h.accounts[user]
		if seen, moved := c.see(user, move.Seen); moved && a != nil {
			for _, s := range a.sessions {
				s.box.put(chat.SeenMoved{Conversation: c.id, Seen: seen})
			}
		}
	}
}

// see moves a member's own position forward, which another server has written. It returns the
// position and whether it may have moved.
func (c *conversation) see(user chat.UserID, to chat.Seq) (chat.Seq, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members == nil {
		waiting := c.hub.flusher.seen(c.id, user)
		return max(to, waiting), to > waiting
	}
	m := c.members[user]
	if m == nil || to <= m.Seen {
		return 0, false
	}
	m.Seen = to
	return to, true
}

// follow moves the markers that others may see, and tells the viewers.
func (c *conversation) follow(move chat.MarkerMove) {
	now := c.hub.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changedLocked()
	for _, user := range move.Users {
		m := c.members[user]
		if m == nil {
			continue
		}
		if move.Delivered > m.Delivered {
			c.deliveredLocked(m.Delivered, move.Delivered)
			m.Delivered = move.Delivered
		}
		m.ReadFrom = max(m.ReadFrom, move.ReadFrom)
		if m.Shares() && move.Read > m.Read && move.Read > m.ReadFrom {
			if m.Read, m.readAt = move.Read, move.ReadAt; m.readAt.IsZero() {
				m.readAt = now
			}
			c.tellLocked()
		}
	}
}

// deliveredLocked tells the authors of messages that these have reached a member. It tells all
// viewers if there are messages among them that it does not know. The conversation is locked.
func (c *conversation) deliveredLocked(after, upTo chat.Seq) {
	if int(upTo-after) > len(c.recent) {
		c.tellLocked()
		return
	}
	for seq := after + 1; seq <= upTo; seq++ {
		m := c.recent[seq]
		if m == nil {
			c.tellLocked()
			return
		}
		c.tellAuthorLocked(m.Author)
	}
}
