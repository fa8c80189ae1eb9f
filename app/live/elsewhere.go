package live

import "confab/app/chat"

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
