package chat

// recentLimit is how many of the newest messages of an open conversation are
// held once for all sessions: as many as a page of a screen.
const recentLimit = 64

// share replaces messages of a page that were read from the store by the same
// ones that other sessions hold already, so that a conversation that many have
// open is in memory once.
func (r *room) share(page []*Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.viewers) == 0 {
		return
	}
	for i, m := range page {
		if have := r.recent[m.Seq]; have != nil && *have == *m {
			page[i] = have
		} else {
			r.keepLocked(m)
		}
	}
}

// replace makes a message that was edited or deleted the one that is shared.
func (r *room) replace(m *Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.recent[m.Seq] != nil {
		r.recent[m.Seq] = m
	}
}

// keepLocked remembers a message if it is one of the newest. The room is locked.
func (r *room) keepLocked(m *Message) {
	if m.Seq+recentLimit <= r.last {
		return
	}
	if r.recent == nil {
		r.recent = make(map[Seq]*Message, recentLimit)
	}
	r.recent[m.Seq] = m
	if len(r.recent) < 2*recentLimit {
		return
	}
	for seq := range r.recent {
		if seq+recentLimit <= r.last {
			delete(r.recent, seq)
		}
	}
}
