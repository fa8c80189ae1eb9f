package chat

import (
	"slices"
	"sync/atomic"
	"time"
)

// Presence says whether someone is there.
type Presence int

const (
	// Offline: no session is open.
	Offline Presence = iota
	// Away: none of the open sessions was attended for [awayAfter].
	Away
	// Online: a session is open and attended.
	Online
)

// awayAfter is how long after the last key one counts as away.
const awayAfter = 5 * time.Minute

// TypingLasts is how long "is typing" holds unless it is said again. A screen
// says it again at most every [TypingEvery].
const (
	TypingLasts = 6 * time.Second
	TypingEvery = 3 * time.Second
)

// account is someone who has open sessions. The hub guards it.
type account struct {
	sessions []*Session
	direct   []ConversationID // where others see its presence
	away     atomic.Bool
}

func newAccount() *account { return &account{} }

// presenceLocked is what others see. The hub is locked.
func (h *hub) presenceLocked(user UserID) Presence {
	switch a := h.accounts[user]; {
	case a == nil:
		return Offline
	case a.away.Load():
		return Away
	default:
		return Online
	}
}

// presences looks up several at once.
func (h *hub) presences(users []UserID) []Presence {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := make([]Presence, len(users))
	for i, u := range users {
		found[i] = h.presenceLocked(u)
	}
	return found
}

// tellPresence tells those who have a direct conversation with someone whether
// that one is there now.
func (h *hub) tellPresence(user UserID, direct []ConversationID) {
	h.telling.Lock()
	defer h.telling.Unlock()
	p := h.presences([]UserID{user})[0]
	for _, id := range direct {
		h.deliver(id, PresenceChanged{user, p})
	}
}

// sweep finds out who has gone away: one look at all accounts now and then, so
// that no session needs a timer.
func (h *hub) sweep() {
	type gone struct {
		user   UserID
		direct []ConversationID
	}
	var left []gone
	limit := h.now().Add(-awayAfter).UnixNano()
	h.mu.Lock()
	for user, a := range h.accounts {
		attended := slices.ContainsFunc(a.sessions, func(s *Session) bool { return s.attended.Load() > limit })
		if !attended && a.away.CompareAndSwap(false, true) {
			left = append(left, gone{user, a.direct})
		}
	}
	h.mu.Unlock()
	for _, g := range left {
		h.tellPresence(g.user, g.direct)
	}
}

// Attend says that the session's user is at the screen: it pressed a key, or
// the terminal got the focus.
func (s *Session) Attend() {
	s.attended.Store(s.service.now().UnixNano())
	h := s.service.hub
	h.mu.Lock()
	back := s.account != nil && s.account.away.CompareAndSwap(true, false)
	var direct []ConversationID
	if back {
		direct = s.account.direct
	}
	h.mu.Unlock()
	if back {
		h.tellPresence(s.user.ID, direct)
	}
}

// Typing tells those who have the conversation open, or the other one of a
// direct one, that the session's user is writing. It costs the store nothing;
// more often than every [TypingEvery], and where more than a hundred look, it
// does nothing.
func (s *Session) Typing(id ConversationID) {
	now := s.service.now()
	h := s.service.hub
	h.mu.Lock()
	if s.typed.id == id && now.Sub(s.typed.at) < TypingEvery/2 {
		h.mu.Unlock()
		return
	}
	s.typed.id, s.typed.at = id, now
	r, in := s.rooms[id]
	direct := s.account != nil && slices.Contains(s.account.direct, id)
	h.mu.Unlock()
	if !in {
		return
	}
	to := r.watching()
	if direct {
		to = r.present()
	} else if len(to) > receiptsNamed {
		return // somebody always is
	}
	for _, o := range to {
		if o.user.ID != s.user.ID && !o.HasBlocked(s.user.ID) {
			o.box.put(Typing{id, s.user.ID, s.handle()})
		}
	}
}
