package live

import (
	"slices"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// awayAfter is how long after the last key a user counts as away.
const awayAfter = 5 * time.Minute

// account is a user with open sessions. The hub guards it.
type account struct {
	sessions []*session
	direct   []chat.ConversationID // the conversations in which others see its presence
	away     atomic.Bool
	attended int64 // when the user last used a session that has ended, Unix nanoseconds
}

// attendedLocked is when the user last used any session. The hub is locked.
func (a *account) attendedLocked() time.Time {
	last := a.attended
	for _, s := range a.sessions {
		last = max(last, s.attended.Load())
	}
	return time.Unix(0, last)
}

// presenceLocked returns the presence that others see. The hub is locked.
func (h *Hub) presenceLocked(user chat.UserID) chat.Presence {
	switch a := h.accounts[user]; {
	case a == nil:
		return h.others.presence(user)
	case a.away.Load() && h.others.presence(user) == chat.Online:
		return chat.Online
	case a.away.Load():
		return chat.Away
	default:
		return chat.Online
	}
}

// Presences returns the presence of each user.
func (h *Hub) Presences(users []chat.UserID) []chat.Presence {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := make([]chat.Presence, len(users))
	for i, u := range users {
		found[i] = h.presenceLocked(u)
	}
	return found
}

// Others returns at most so many other users who have a screen open, and how many more there are.
// Of those here it returns a session each; the others are connected to other servers. With one
// server, it takes the same time however many there are, because each person who is new here asks.
func (h *Hub) Others(than chat.UserID, most int) (some []chat.LiveSession, there []chat.UserID, more int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	more = len(h.accounts)
	if h.accounts[than] != nil {
		more--
	}
	for id, a := range h.accounts {
		if len(some) == most {
			break
		}
		if id != than {
			some = append(some, a.sessions[0])
		}
	}
	if elsewhere := h.others.there.Load(); elsewhere != nil {
		for id := range *elsewhere {
			switch {
			case id == than || h.accounts[id] != nil:
			case len(some)+len(there) < most:
				there = append(there, id)
			default:
				more++
			}
		}
	}
	return some, there, more - len(some)
}

// tellPresence tells the presence of a user who is or was connected here to the people with
// whom it has direct messages, and to other servers.
func (h *Hub) tellPresence(user chat.UserID, direct []chat.ConversationID) {
	h.others.note()
	h.others.Tell(user, direct)
}

// Tell tells the presence of a user to the members of these conversations here.
func (e *elsewhere) Tell(user chat.UserID, direct []chat.ConversationID) {
	h := e.hub
	h.telling.Lock()
	defer h.telling.Unlock()
	p := h.Presences([]chat.UserID{user})[0]
	for _, id := range direct {
		h.deliver(id, chat.PresenceChanged{User: user, Presence: p})
	}
}

// NoteAway finds users who have gone away. It checks all accounts now and then, so
// that no session needs a timer.
func (h *Hub) NoteAway() {
	type gone struct {
		user   chat.UserID
		direct []chat.ConversationID
		at     time.Time
	}
	var left []gone
	limit := h.now().Add(-awayAfter).UnixNano()
	h.mu.Lock()
	for user, a := range h.accounts {
		attended := slices.ContainsFunc(a.sessions, func(s *session) bool { return s.attended.Load() > limit })
		if !attended && a.away.CompareAndSwap(false, true) {
			left = append(left, gone{user, a.direct, a.attendedLocked()})
		}
	}
	h.mu.Unlock()
	for _, g := range left {
		h.tellPresence(g.user, g.direct)
		h.backing.Left(g.user, g.at)
	}
}

// Attend notes that the session's user is at the screen.
func (s *session) Attend() {
	h := s.hub
	s.attended.Store(h.now().UnixNano())
	h.mu.Lock()
	back := s.account != nil && s.account.away.CompareAndSwap(true, false)
	var direct []chat.ConversationID
	if back {
		direct = s.account.direct
	}
	h.mu.Unlock()
	if back {
		h.tellPresence(s.user, direct)
	}
}

// Typing tells the members who have the conversation open that the session's user
// is typing. In direct messages it tells the other person.
func (s *session) Typing(id chat.ConversationID) {
	h := s.hub
	now := h.now()
	h.mu.Lock()
	if s.typed.id == id && now.Sub(s.typed.at) < chat.TypingEvery/2 {
		h.mu.Unlock()
		return
	}
	s.typed.id, s.typed.at = id, now
	c, in := s.conversations[id]
	direct := s.account != nil && slices.Contains(s.account.direct, id)
	h.mu.Unlock()
	if !in || h.bans.silences(s.user) {
		return
	}
	handle, _ := s.Names()
	t := chat.Typing{Conversation: id, User: s.user, Name: handle}
	if c.typing(t, direct) {
		h.others.typing(t)
	}
}

// typing tells the people here who may see it that somebody is typing. In a large conversation
// someone always is, so it tells nobody and returns false.
func (c *conversation) typing(t chat.Typing, direct bool) bool {
	to := c.watching()
	if direct {
		to = c.present()
	} else if len(to) > receiptsNamed {
		return false
	}
	for _, o := range to {
		if o.user != t.User && !o.HasBlocked(t.User) {
			o.box.put(t)
		}
	}
	return true
}

// Sending tells the people who have the conversation open how much of a file of the user's
// has arrived. In a large conversation it tells only the user.
func (s *session) Sending(id chat.ConversationID, sent string) {
	c, ok := s.hub.conversations.Load(id)
	if !ok {
		return
	}
	handle, _ := s.Names()
	to := c.(*conversation).watching()
	for _, o := range to {
		if o.user == s.user || len(to) <= receiptsNamed && !o.HasBlocked(s.user) {
			o.box.put(chat.Typing{Conversation: id, User: s.user, Name: handle, Sent: sent})
		}
	}
}

// Wrote ends a report by Typing, so that the next key is reported at once.
func (s *session) Wrote() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.typed.id = 0
}
