package chat

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// hub brings events to the open sessions and knows who is there. It holds no
// lock while it delivers and never waits for a session: each conversation has
// an immutable list of sessions that is replaced when someone comes or goes.
//
// Locks are taken in the order hub, room, ledger.
type hub struct {
	now     func() time.Time
	ledger  *ledger
	lobby   *lobby
	bans    networkBans
	general ConversationID // that everyone is in
	purged  chan struct{}  // holds one token when files of a deleted account wait to go
	counts  counters

	connections atomic.Pointer[func() []Connection] // those that are open; nil if nobody has said so
	// doubt ends those of the connections that match which may not stay.
	doubt func(match func(Login, UserID) bool)

	telling  sync.Mutex // held while presence is told, so that what is told last is so
	mu       sync.Mutex // guards changes; delivery reads snapshots
	accounts map[UserID]*account
	scripts  map[*Session]struct{} // those that get no events, see [Service.OpenScript]
	rooms    sync.Map              // ConversationID → *room
	stopped  string                // why no session may be added any more
}

func newHub(now func() time.Time, l *ledger) *hub {
	return &hub{
		now: now, ledger: l, lobby: newLobby(), purged: make(chan struct{}, 1),
		doubt:    func(func(Login, UserID) bool) {},
		accounts: make(map[UserID]*account), scripts: make(map[*Session]struct{}),
	}
}

// room returns a conversation's, which is made if it is not there.
func (h *hub) room(id ConversationID) *room {
	if r, ok := h.rooms.Load(id); ok {
		return r.(*room)
	}
	r, _ := h.rooms.LoadOrStore(id, newRoom(h, id))
	return r.(*room)
}

// add registers a session, so that what concerns its account reaches it. After
// stop it ends the session right away. It reports whether this makes the account
// one that is there.
func (h *hub) add(s *Session) bool {
	h.mu.Lock()
	if h.stopped != "" {
		h.mu.Unlock()
		s.box.end(h.stopped)
		return false
	}
	a := h.accounts[s.user.ID]
	if a == nil {
		a = newAccount()
		h.accounts[s.user.ID] = a
	}
	delete(h.scripts, s)
	came := a.away.Swap(false) || len(a.sessions) == 0
	a.sessions = append(a.sessions, s)
	s.account = a
	h.mu.Unlock()
	return came
}

// addScript registers a session that gets no events and makes nobody be there,
// so that it ends when it must.
func (h *hub) addScript(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped != "" {
		s.box.end(h.stopped)
		return
	}
	h.scripts[s] = struct{}{}
}

// follow makes a session get the events of its conversations; came says that
// others are to be told that its user is there.
func (h *hub) follow(s *Session, came bool, conversations, direct []ConversationID) {
	h.mu.Lock()
	if s.account == nil { // stopped
		h.mu.Unlock()
		return
	}
	s.admitted = true
	s.account.direct = direct
	for _, id := range conversations {
		h.enterLocked(s, id)
	}
	h.mu.Unlock()
	if came {
		h.tellPresence(s.user.ID, direct)
	}
}

// enterLocked puts a session into a room. The hub is locked.
func (h *hub) enterLocked(s *Session, id ConversationID) {
	if _, in := s.rooms[id]; in {
		return
	}
	r := h.room(id)
	s.rooms[id] = r
	r.enterLocked(s)
}

// remove takes a session off; to do so twice is no error.
func (h *hub) remove(s *Session) {
	h.mu.Lock()
	delete(h.scripts, s)
	a := h.accounts[s.user.ID]
	if a == nil || !slices.Contains(a.sessions, s) {
		h.mu.Unlock()
		return
	}
	a.sessions = slices.DeleteFunc(a.sessions, func(o *Session) bool { return o == s })
	for id, r := range s.rooms {
		r.leaveLocked(s)
		delete(s.rooms, id)
	}
	gone := len(a.sessions) == 0
	if gone {
		delete(h.accounts, s.user.ID)
	}
	direct := a.direct
	h.mu.Unlock()
	if gone {
		h.tellPresence(s.user.ID, direct)
	}
}

// deliver puts an event into the mailbox of every session of a conversation.
// Calls for one conversation must come from one goroutine, so that all
// sessions see the same order.
func (h *hub) deliver(id ConversationID, ev Event) {
	posted, isPosted := ev.(MessagePosted)
	if isPosted {
		h.counts.posted.Add(1) // also if nobody is there
	}
	v, ok := h.rooms.Load(id)
	if !ok {
		return
	}
	r := v.(*room)
	to := r.present()
	if isPosted {
		to = r.posted(posted.Message)
	}
	for _, s := range to {
		s.box.put(ev)
	}
}

// sessionsOf are the open sessions of an account.
func (h *hub) sessionsOf(user UserID) []*Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.accounts[user]; a != nil {
		return slices.Clone(a.sessions)
	}
	return nil
}

// tell puts an event into the mailboxes of an account's sessions, but for one.
func (h *hub) tell(user UserID, except *Session, ev Event) {
	for _, s := range h.sessionsOf(user) {
		if s != except {
			s.box.put(ev)
		}
	}
}

// end ends the sessions that match, for a reason that their users are shown.
func (h *hub) end(reason string, match func(*Session) bool) {
	h.endAdmitted(reason, match)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.accounts {
		for _, s := range a.sessions {
			if !s.admitted && match(s) {
				s.box.end(reason)
			}
		}
	}
}

// endAdmitted is end for all but those that are on their way in, which learn from the
// store, later than the change that is applied, whether they may stay.
func (h *hub) endAdmitted(reason string, match func(*Session) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.accounts {
		for _, s := range a.sessions {
			if s.admitted && match(s) {
				s.box.end(reason)
			}
		}
	}
	for s := range h.scripts {
		if match(s) {
			s.box.end(reason)
		}
	}
}

// stop ends all sessions and lets no new one in.
func (h *hub) stop(reason string) {
	h.mu.Lock()
	h.stopped = reason
	h.mu.Unlock()
	h.end(reason, func(*Session) bool { return true })
}
