package live

import "confab/app/chat"

// recentLimit is how many of the newest messages of an open conversation all
// sessions share: as many as a page of a screen.
const recentLimit = 64

// Share replaces the messages of a page from the store with the same ones that
// other sessions already hold. So a conversation that many sessions have open is in
// memory once.
func (h *Hub) Share(id chat.ConversationID, page []*chat.Message) {
	c := h.conversation(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.viewers) == 0 {
		return
	}
	for i, m := range page {
		if have := c.recent[m.Seq]; have != nil && have.Same(m) {
			page[i] = have
		} else {
			c.keepLocked(m)
		}
	}
}

// replace puts an edited or deleted message in place of the shared one.
func (c *conversation) replace(m *chat.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recent[m.Seq] != nil {
		c.recent[m.Seq] = m
	}
}

// keepLocked remembers a message if it is among the newest. The conversation is locked.
func (c *conversation) keepLocked(m *chat.Message) {
	if m.Seq+recentLimit <= c.last {
		return
	}
	if c.recent == nil {
		c.recent = make(map[chat.Seq]*chat.Message, recentLimit)
	}
	c.recent[m.Seq] = m
	if len(c.recent) < 2*recentLimit {
		return
	}
	for seq := range c.recent {
		if seq+recentLimit <= c.last {
			delete(c.recent, seq)
		}
	}
}

// forget drops the shared messages, some of which have expired.
func (c *conversation) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recent = nil
}
