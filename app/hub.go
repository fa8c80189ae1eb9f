package app

import (
	"slices"
	"sync"
	"sync/atomic"
)

// hub brings events to the open sessions. It holds no lock while it delivers
// and never waits for a session: each conversation has an immutable list of
// mailboxes that is replaced when someone comes or goes.
type hub struct {
	mu       sync.Mutex // guards changes; delivery reads snapshots
	sessions map[*Session]struct{}
	rooms    sync.Map // ConversationID → *room
	stopped  string   // why no session may be added any more
}

type room struct {
	boxes atomic.Pointer[[]*Mailbox]
}

func newHub() *hub {
	return &hub{sessions: make(map[*Session]struct{})}
}

// add registers a session for the events of its conversations. After stop it
// ends the session right away.
func (h *hub) add(s *Session, conversations []ConversationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped != "" {
		s.box.end(h.stopped)
		return
	}
	h.sessions[s] = struct{}{}
	for _, id := range conversations {
		v, _ := h.rooms.LoadOrStore(id, new(room))
		r := v.(*room)
		boxes := []*Mailbox{s.box}
		if old := r.boxes.Load(); old != nil {
			boxes = append(slices.Clone(*old), s.box)
		}
		r.boxes.Store(&boxes)
		s.rooms = append(s.rooms, r)
	}
}

// remove takes a session off; to do so twice is no error.
func (h *hub) remove(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sessions, s)
	for _, r := range s.rooms {
		boxes := slices.DeleteFunc(slices.Clone(*r.boxes.Load()), func(b *Mailbox) bool { return b == s.box })
		r.boxes.Store(&boxes)
	}
	s.rooms = nil
}

// deliver puts an event into the mailbox of every session of a conversation.
// Calls for one conversation must come from one goroutine, so that all
// sessions see the same order.
func (h *hub) deliver(id ConversationID, ev Event) {
	v, ok := h.rooms.Load(id)
	if !ok {
		return
	}
	for _, box := range *v.(*room).boxes.Load() {
		box.put(ev)
	}
}

// end ends the sessions that match, for a reason that their users are shown.
func (h *hub) end(reason string, match func(*Session) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sessions {
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
