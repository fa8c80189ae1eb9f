package live

import (
	"slices"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// session is the live side of one open connection of an account: its mailbox, the
// conversations whose events it gets, and the conversation that it has open.
type session struct {
	hub    *Hub
	user   chat.UserID
	login  chat.Login
	opened time.Time
	box    *mailbox
	names  atomic.Pointer[names] // which may change

	// The hub's lock guards these.
	account       *account
	admitted      bool // it may stay, and gets events
	conversations map[chat.ConversationID]*conversation
	viewing       *conversation // the open conversation
	typed         struct {      // the last time that others were told its user is typing
		id chat.ConversationID
		at time.Time
	}

	blocked  atomic.Pointer[map[chat.UserID]struct{}] // the users whom its user has blocked; replaced, never changed
	attended atomic.Int64                             // when its user last did something, Unix nanoseconds
	own      atomic.Bool                              // messages of its user's own are on the screen
}

// names are what a user is called: the handle, and the display name or "".
type names struct{ handle, display string }

var _ chat.LiveSession = (*session)(nil)

// Open makes the live side of a session, which is not connected yet.
func (h *Hub) Open(l chat.Login, user chat.User, opened time.Time) chat.LiveSession {
	s := &session{
		hub: h, user: user.ID, login: l, opened: opened,
		box: newMailbox(&h.counts), conversations: make(map[chat.ConversationID]*conversation),
	}
	s.attended.Store(h.now().UnixNano())
	s.SetNames(user.Name, user.DisplayName)
	return s
}

// User returns the user of the session.
func (s *session) User() chat.UserID { return s.user }

// Login returns how the user logged in.
func (s *session) Login() chat.Login { return s.login }

// Names returns the user's present handle and display name.
func (s *session) Names() (handle, display string) {
	is := s.names.Load()
	return is.handle, is.display
}

// SetNames sets what the user is called.
func (s *session) SetNames(handle, display string) { s.names.Store(&names{handle, display}) }

// Mailbox returns the mailbox for the session's events.
func (s *session) Mailbox() chat.Mailbox { return s.box }

// End makes the session end for a reason, which its user sees.
func (s *session) End(reason string) { s.box.end(reason) }

// Connect registers the session, so that it gets the events of its account. After a
// stop the session ends at once.
func (s *session) Connect(script bool) (came bool) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped != "" {
		s.box.end(h.stopped)
		return false
	}
	if script {
		h.scripts[s] = struct{}{}
		return false
	}
	a := h.accounts[s.user]
	if a == nil {
		a = &account{}
		h.accounts[s.user] = a
	}
	delete(h.scripts, s)
	came = a.away.Swap(false) || len(a.sessions) == 0
	a.sessions = append(a.sessions, s)
	s.account = a
	return came
}

// Follow gives the session the events of its conversations, and tells others if the user came.
func (s *session) Follow(came bool, all, direct []chat.ConversationID) {
	h := s.hub
	h.mu.Lock()
	if s.account == nil { // the hub has stopped
		h.mu.Unlock()
		return
	}
	s.admitted = true
	s.account.direct = direct
	for _, id := range all {
		s.enterLocked(id)
	}
	h.mu.Unlock()
	if came {
		h.tellPresence(s.user, direct)
	}
}

// enterLocked gives the session the events of a conversation. The hub is locked.
func (s *session) enterLocked(id chat.ConversationID) {
	if _, in := s.conversations[id]; in {
		return
	}
	c := s.hub.conversation(id)
	s.conversations[id] = c
	c.enterLocked(s)
}

// Renew gives the session the events of exactly these conversations, if it gets
// any, and has it read everything again.
func (s *session) Renew(all, direct []chat.ConversationID) {
	s.move(all, direct)
	s.box.lose()
}

func (s *session) move(all, direct []chat.ConversationID) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if !s.admitted || s.account == nil {
		return
	}
	s.account.direct = direct
	for id, c := range s.conversations {
		if !slices.Contains(all, id) {
			c.leaveLocked(s)
			delete(s.conversations, id)
		}
	}
	for _, id := range all {
		s.enterLocked(id)
	}
}

// Close unregisters the session. It may be called twice.
func (s *session) Close() {
	_ = s.view(nil)
	h := s.hub
	h.mu.Lock()
	delete(h.scripts, s)
	a := h.accounts[s.user]
	if a == nil || !slices.Contains(a.sessions, s) {
		h.mu.Unlock()
		return
	}
	a.attended = max(a.attended, s.attended.Load())
	a.sessions = slices.DeleteFunc(a.sessions, func(o *session) bool { return o == s })
	for id, c := range s.conversations {
		c.leaveLocked(s)
		delete(s.conversations, id)
	}
	gone := len(a.sessions) == 0
	if gone {
		delete(h.accounts, s.user)
	}
	direct, at := a.direct, a.attendedLocked()
	h.mu.Unlock()
	if gone {
		h.tellPresence(s.user, direct)
		h.backing.Left(s.user, at)
	}
}

// HasBlocked reports whether the user has blocked another user.
func (s *session) HasBlocked(user chat.UserID) bool {
	set := s.blocked.Load()
	if set == nil {
		return false
	}
	_, is := (*set)[user]
	return is
}

// SetBlocked sets the users whom the user has blocked.
func (s *session) SetBlocked(users map[chat.UserID]struct{}) { s.blocked.Store(&users) }
