package live

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"confab/app/chat"
)

// Hub brings events to the open sessions and knows who is there. It holds no lock
// while it delivers and never waits for a session: each conversation has an immutable
// list of sessions that is replaced when a session comes or goes.
//
// Locks are taken in the order hub, conversation, marker flusher.
type Hub struct {
	backing chat.Backing // set by Start
	now     func() time.Time
	flusher *flusher
	queue   *joinQueue
	bans    networkBans
	counts  counters

	telling       sync.Mutex // held while presence is told, so that the last event is the true one
	mu            sync.Mutex // guards changes; delivery reads snapshots
	accounts      map[chat.UserID]*account
	scripts       map[*session]struct{} // those that get no events
	conversations sync.Map              // chat.ConversationID → *conversation
	stopped       string                // why no session may be added any more
}

var _ chat.Live = (*Hub)(nil)

// New makes a hub with nobody connected, for [chat.New], which starts it.
func New() *Hub {
	return &Hub{
		flusher: newFlusher(), queue: newJoinQueue(),
		accounts: make(map[chat.UserID]*account), scripts: make(map[*session]struct{}),
	}
}

// Start gives the hub what it needs of the service, before anything else is called.
func (h *Hub) Start(b chat.Backing) {
	h.backing, h.now, h.bans.now, h.queue.now = b, b.Now, b.Now, b.Now
	h.flusher.log, h.flusher.advanceMarkers = b.Log, b.AdvanceMarkers
	h.queue.told.Store(int64(b.Requests))
}

// Markers are the markers on their way to the store.
func (h *Hub) Markers() chat.MarkerFlusher { return h.flusher }

// JoinQueue is where strangers wait at the join screen.
func (h *Hub) JoinQueue() chat.JoinQueue { return h.queue }

// NetworkBans are the bans that are checked for each connection.
func (h *Hub) NetworkBans() chat.NetworkBans { return &h.bans }

// conversation returns a live conversation, which is made if it is not there.
func (h *Hub) conversation(id chat.ConversationID) *conversation {
	if c, ok := h.conversations.Load(id); ok {
		return c.(*conversation)
	}
	c, _ := h.conversations.LoadOrStore(id, newConversation(h, id))
	return c.(*conversation)
}

// allConversations are those that something is in memory of.
func (h *Hub) allConversations() []*conversation {
	var found []*conversation
	h.conversations.Range(func(_, c any) bool {
		found = append(found, c.(*conversation))
		return true
	})
	return found
}

// deliver puts an event into the mailbox of every session of a conversation.
// Calls for one conversation must come from one goroutine, so that all
// sessions see the same order.
func (h *Hub) deliver(id chat.ConversationID, ev chat.Event) {
	posted, isPosted := ev.(chat.MessagePosted)
	if isPosted {
		h.counts.posted.Add(1) // also if nobody is there
	}
	v, ok := h.conversations.Load(id)
	if !ok {
		return
	}
	c := v.(*conversation)
	to := c.present()
	if isPosted {
		to = c.posted(posted.Message)
	}
	for _, s := range to {
		s.box.put(ev)
	}
}

// sessionsOf are the open sessions of an account.
func (h *Hub) sessionsOf(user chat.UserID) []*session {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.accounts[user]; a != nil {
		return slices.Clone(a.sessions)
	}
	return nil
}

// tell puts an event into the mailboxes of an account's sessions.
func (h *Hub) tell(user chat.UserID, ev chat.Event) {
	for _, s := range h.sessionsOf(user) {
		s.box.put(ev)
	}
}

// end ends the sessions that match, for a reason that their users are shown.
func (h *Hub) end(reason string, match func(*session) bool) {
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

// endAdmitted is end without the sessions that are on their way in. They read from the
// store, after the change that is applied, whether they may stay.
func (h *Hub) endAdmitted(reason string, match func(*session) bool) {
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

// Stop ends all sessions and all visits at the join screen, and lets no new ones in.
func (h *Hub) Stop(reason string) {
	h.queue.stop(reason)
	h.mu.Lock()
	h.stopped = reason
	h.mu.Unlock()
	h.end(reason, func(*session) bool { return true })
}

// Sessions returns the sessions that are connected, scripts among them.
func (h *Hub) Sessions() []chat.LiveSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []chat.LiveSession
	for s := range maps.Keys(h.scripts) {
		found = append(found, s)
	}
	for _, a := range h.accounts {
		for _, s := range a.sessions {
			found = append(found, s)
		}
	}
	return found
}

// Renew reads again from the store where the members of open conversations are, and
// has the strangers at the join screen look again.
func (h *Hub) Renew(ctx context.Context) error {
	for _, c := range h.allConversations() {
		members, err := h.backing.Members(ctx, c.id)
		if err != nil {
			return err
		}
		c.renew(members)
	}
	h.queue.wake("")
	return nil
}

// NoteNewest says that a conversation has messages up to this one.
func (h *Hub) NoteNewest(id chat.ConversationID, newest chat.Seq) {
	h.conversation(id).noteNewest(newest)
}

// Delivered says that a user has received a conversation up to a message.
func (h *Hub) Delivered(id chat.ConversationID, user chat.UserID, to chat.Seq) {
	h.conversation(id).delivered(user, to)
}
