package live

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// Hub delivers events to the open sessions and knows who is connected. It holds no
// lock while it delivers and never waits for a session: each conversation has an
// immutable list of sessions, which is replaced when a session comes or goes.
//
// Locks are taken in the order hub, conversation, marker flusher.
type Hub struct {
	backing chat.Backing // set by Start
	now     func() time.Time
	flusher *flusher
	queue   *joinQueue
	others  elsewhere
	bans    knownBans
	words   atomic.Pointer[chat.Words]
	counts  counters

	telling       sync.Mutex // held while presence is sent, so that the last event is the current one
	mu            sync.Mutex // guards changes; delivery reads snapshots
	accounts      map[chat.UserID]*account
	scripts       map[*session]struct{} // sessions that get no events
	conversations sync.Map              // chat.ConversationID → *conversation
	stopped       string                // why no session can be added, once the hub has stopped
}

var _ chat.Live = (*Hub)(nil)

// New makes a hub without connections, for a service, which starts it.
func New() *Hub {
	h := &Hub{
		flusher: newFlusher(), queue: newJoinQueue(),
		accounts: make(map[chat.UserID]*account), scripts: make(map[*session]struct{}),
	}
	h.others = elsewhere{hub: h, changed: make(chan struct{}, 1), writing: make(chan chat.Typing, 16)}
	return h
}

// Start gives the hub the parts of the service that it needs. It must be called
// first.
func (h *Hub) Start(b chat.Backing) {
	h.backing, h.now, h.bans.now, h.queue.now = b, b.Now, b.Now, b.Now
	h.flusher.log, h.flusher.advanceMarkers = b.Log, b.AdvanceMarkers
	h.queue.told.Store(int64(b.Requests))
	h.words.Store(cmp.Or(b.Words, &chat.Words{}))
}

// Words returns what the host tells everybody.
func (h *Hub) Words() *chat.Words { return h.words.Load() }

// Markers returns the flusher of the markers that are not in the store yet.
func (h *Hub) Markers() chat.MarkerFlusher { return h.flusher }

// Elsewhere returns what the hub exchanges with other servers.
func (h *Hub) Elsewhere() chat.Elsewhere { return &h.others }

// JoinQueue returns the queue of strangers at the join screen.
func (h *Hub) JoinQueue() chat.JoinQueue { return h.queue }

// NetworkBans returns the bans that are checked for each connection.
func (h *Hub) NetworkBans() chat.NetworkBans { return &h.bans }

// conversation returns a live conversation, and creates a missing one.
func (h *Hub) conversation(id chat.ConversationID) *conversation {
	if c, ok := h.conversations.Load(id); ok {
		return c.(*conversation)
	}
	c, _ := h.conversations.LoadOrStore(id, newConversation(h, id))
	return c.(*conversation)
}

// allConversations returns the conversations that are in memory.
func allConversations(h *Hub) []*conversation {
	var found []*conversation
	h.conversations.Range(func(_, c any) bool {
		found = append(found, c.(*conversation))
		return true
	})
	return found
}

// deliver puts an event into the mailbox of every session of a conversation. All
// calls for one conversation must come from one goroutine, so that all sessions see
// the same order.
func (h *Hub) deliver(id chat.ConversationID, ev chat.Event) {
	posted, isPosted := ev.(chat.MessagePosted)
	if isPosted {
		h.counts.posted.Add(1) // even if nobody is connected
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

// sessionsOf returns the open sessions of an account.
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

// tellAll puts an event into the mailboxes of all sessions that get events.
func tellAll(h *Hub, ev chat.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.accounts {
		for _, s := range a.sessions {
			s.box.put(ev)
		}
	}
}

// end ends the matching sessions for a reason, which their users see.
func (h *Hub) end(reason string, match func(*session) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.accounts {
		for _, s := range a.sessions {
			if match(s) {
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

// endAdmitted is end without the sessions that are on their way in. They read from
// the store, after the change, whether they may stay. Scripts, which have no account
// here, are never on their way in.
func (h *Hub) endAdmitted(reason string, match func(*session) bool) {
	h.end(reason, func(s *session) bool { return (s.admitted || s.account == nil) && match(s) })
}

// Stop ends all sessions and all visits at the join screen, and admits no new ones.
func (h *Hub) Stop(reason string) {
	h.queue.stop(reason)
	h.mu.Lock()
	h.stopped = reason
	h.mu.Unlock()
	h.end(reason, func(*session) bool { return true })
}

// Sessions returns the connected sessions, including scripts.
func (h *Hub) Sessions() []chat.LiveSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []chat.LiveSession
	for s := range h.scripts {
		found = append(found, s)
	}
	for _, a := range h.accounts {
		for _, s := range a.sessions {
			found = append(found, s)
		}
	}
	return found
}

// Renew reads the markers of the members of open conversations from the store
// again, and has the strangers at the join screen check again.
func (h *Hub) Renew(ctx context.Context) error {
	for _, c := range allConversations(h) {
		members, err := h.backing.Members(ctx, c.id)
		if err != nil {
			return err
		}
		c.renew(members)
	}
	h.queue.wake("")
	return nil
}

// Rewind ends all sessions. It forgets how far conversations are, and the markers that are not in
// the store yet, because their messages may be gone.
func (h *Hub) Rewind(reason string) {
	h.end(reason, func(*session) bool { return true })
	h.flusher.rewind()
	for _, c := range allConversations(h) {
		c.rewind()
	}
}

// NoteNewest notes that a conversation has messages up to this one.
func (h *Hub) NoteNewest(id chat.ConversationID, newest chat.Seq) {
	h.conversation(id).noteNewest(newest)
}

// Delivered notes that a user has received a conversation up to a message.
func (h *Hub) Delivered(id chat.ConversationID, user chat.UserID, to chat.Seq) {
	h.conversation(id).delivered(user, to)
}
