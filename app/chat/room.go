package chat

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How long moved markers wait for others to be told together: one frame's
// worth in most conversations, longer in large ones, where many move at once.
const (
	tellAfter      = 40 * time.Millisecond
	tellAfterLarge = 250 * time.Millisecond
)

// room is what is in memory of a conversation: the sessions that get its
// events, and while someone has it open, where its members are.
type room struct {
	hub      *hub
	id       ConversationID
	sessions atomic.Pointer[[]*Session] // replaced, never changed

	mu      sync.Mutex
	last    Seq // the newest message that is known of
	put     Seq // the newest that was put into the mailboxes of those who are there
	viewers []*Session
	members map[UserID]*standing // nil while nobody has it open
	changes int                  // counts what a reading of the members may have missed
	telling bool                 // a timer will tell the viewers
	toldAll bool                 // all of them, or
	tellTo  map[UserID]struct{}  // those of these

	recent map[Seq]*Message // the newest messages, while somebody has it open

	// The receipts as they were made last, nil when something has moved since.
	open, withheld *Receipts
}

// standing is where a member is.
type standing struct {
	Member
	readAt time.Time
}

func newRoom(h *hub, id ConversationID) *room { return &room{hub: h, id: id} }

// present are the sessions that get the conversation's events.
func (r *room) present() []*Session {
	if p := r.sessions.Load(); p != nil {
		return *p
	}
	return nil
}

// watching are those that have it open.
func (r *room) watching() []*Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.viewers)
}

// enterLocked adds a session. The hub is locked.
func (r *room) enterLocked(s *Session) {
	list := append(slices.Clone(r.present()), s)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions.Store(&list)
	r.open = nil
}

// leaveLocked takes a session out. The hub is locked.
func (r *room) leaveLocked(s *Session) {
	list := slices.DeleteFunc(slices.Clone(r.present()), func(o *Session) bool { return o == s })
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.members[s.user.ID]; m != nil {
		m.Delivered = max(m.Delivered, r.put)
	}
	r.changedLocked()
	r.open = nil
	r.unviewLocked(s)
	r.hub.ledger.settle(r.id, s.user.ID, func() { r.sessions.Store(&list) })
}

// unviewLocked closes the conversation for a session. When nobody has it open the
// members are forgotten. The room is locked.
func (r *room) unviewLocked(s *Session) {
	r.viewers = slices.DeleteFunc(slices.Clone(r.viewers), func(o *Session) bool { return o == s })
	if len(r.viewers) == 0 {
		r.members, r.recent, r.open = nil, nil, nil
		r.changes++
	}
}

// changedLocked notes that a member is not where a reading of the members may have
// found it. Once they are known they are kept up to date. The room is locked.
func (r *room) changedLocked() {
	if r.members == nil {
		r.changes++
	}
}

// posted takes notice of a message that is being delivered, and returns to
// whom. It is known before anyone has it, so that who reads it at once is
// believed.
func (r *room) posted(m *Message) []*Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.put = max(r.last, m.Seq), max(r.put, m.Seq)
	r.open = nil
	if len(r.viewers) > 0 {
		r.keepLocked(m)
	}
	r.hub.ledger.delivered(r, m.Seq)
	if r.members != nil {
		// Whom it has reached is of interest to nobody but its author.
		if r.tellTo == nil {
			r.tellTo = make(map[UserID]struct{})
		}
		r.tellTo[m.Author] = struct{}{}
		r.tellSoonLocked()
	}
	return r.present()
}

// delivered notes that what waited for a member has reached it.
func (r *room) delivered(user UserID, to Seq) {
	now := r.hub.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changedLocked()
	if m := r.members[user]; m != nil && to > m.Delivered {
		m.Delivered = to
		r.tellLocked()
	}
	r.hub.ledger.advance(Advance{Conversation: r.id, User: user, Delivered: to, DeliveredAt: now})
}

// join adds a member. One that is known was read from the store meanwhile, and may
// have moved on since.
func (r *room) join(m Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	if r.members != nil && r.members[m.User] == nil {
		wasLarge := r.largeLocked()
		r.members[m.User] = &standing{Member: m}
		r.tellLocked()
		if r.largeLocked() && !wasLarge { // those who will not be told any more
			for _, s := range r.viewers {
				s.box.putReceipts(r.receiptsForLocked(s))
			}
		}
	}
}

// part drops one who is no member any more, and its marker with it.
func (r *room) part(user UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	delete(r.members, user)
	r.tellLocked()
}

// read moves a member's own position, and what others may know of it, forward.
// It reports where the position is now and whether it moved. While the members
// are not in memory nothing moves but what otherwise, which may be nil, says.
func (r *room) read(user UserID, to Seq, otherwise *Advance) (Seq, bool) {
	now := r.hub.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changedLocked()
	m := r.members[user]
	if m == nil {
		if r.members == nil && otherwise != nil {
			r.hub.ledger.advance(*otherwise)
			return otherwise.Seen, true
		}
		return 0, false
	}
	to = min(to, r.last)
	a := Advance{Conversation: r.id, User: user}
	if len(r.members) <= receiptsNamed {
		a.ReadAt = now
	}
	moved := to > m.Seen
	if moved {
		m.Seen, a.Seen = to, to
	}
	if m.shares() && to > m.Read && to > m.ReadFrom {
		m.Read, m.readAt, a.Read = to, now, to
		r.tellLocked()
	}
	if a.Seen > 0 || a.Read > 0 {
		r.hub.ledger.advance(a)
	}
	return m.Seen, moved
}

// withdraw makes a member begin or end to keep to itself what it reads, as do
// says. Nothing of what it has seen so far is told any more.
func (r *room) withdraw(user UserID, do func(*standing)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changedLocked()
	r.hub.ledger.withdraw(r.id, user)
	m := r.members[user]
	if m == nil {
		return
	}
	do(m)
	m.Read, m.readAt, m.ReadFrom = 0, time.Time{}, max(m.ReadFrom, m.Seen)
	r.tellLocked()
}

// unread moves a member's own position to where it was before.
func (r *room) unread(user UserID, seen Seq) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changedLocked()
	r.hub.ledger.unsee(r.id, user)
	if m := r.members[user]; m != nil {
		m.Seen = seen
	}
}

// change changes a member in place, if the members are known.
func (r *room) change(user UserID, do func(*standing)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changedLocked()
	if m := r.members[user]; m != nil {
		do(m)
		r.tellLocked()
	}
}

// tellLocked has the viewers told of the members' markers in a moment, together with
// whatever else moves until then. The room is locked.
func (r *room) tellLocked() {
	r.toldAll, r.open = true, nil
	r.tellSoonLocked()
}

// largeLocked reports whether there are so many members that receipts are counts. The
// room is locked.
func (r *room) largeLocked() bool { return len(r.members) > receiptsNamed }

// tellSoonLocked starts the timer. The room is locked.
func (r *room) tellSoonLocked() {
	if r.telling || len(r.viewers) == 0 || r.members == nil || len(r.members) > receiptsLimit {
		return
	}
	r.telling = true
	after := tellAfter
	if r.largeLocked() {
		after = tellAfterLarge
	}
	time.AfterFunc(after, r.told)
}

// told tells the viewers. The room stays locked, which costs little since a
// mailbox never makes one wait: who has gone on to another conversation, was
// removed, or has its receipts off by now is not told any more.
func (r *room) told() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.telling = false
	if r.members == nil { // being read
		return
	}
	all, authors := r.toldAll, r.tellTo
	r.toldAll, r.tellTo = false, nil
	viewers := slices.DeleteFunc(slices.Clone(r.viewers), func(s *Session) bool {
		_, concerned := authors[s.user.ID]
		return !all && !concerned || r.largeLocked() && !s.own.Load()
	})
	if len(viewers) == 0 {
		return
	}
	open, withheld := r.receiptsLocked()
	for _, s := range viewers {
		if r.mayKnowLocked(s.user.ID) {
			s.box.putReceipts(open)
		} else {
			s.box.putReceipts(withheld)
		}
	}
}

// mayKnowLocked reports whether a member shares what it reads, and so is told what
// others have read. The room is locked.
func (r *room) mayKnowLocked(user UserID) bool {
	m := r.members[user]
	return m != nil && m.shares()
}

// receiptsForLocked are the receipts as a session may know them. The room is locked.
func (r *room) receiptsForLocked(s *Session) *Receipts {
	if r.largeLocked() && !s.own.Load() {
		// There is nothing on its screen that they would be drawn at.
		return &Receipts{Conversation: r.id}
	}
	open, withheld := r.receiptsLocked()
	if r.mayKnowLocked(s.user.ID) {
		return open
	}
	return withheld
}

// receiptsLocked are where the members are, as those may know it who share theirs,
// and as those who do not. They are made anew only after something has moved.
// The room is locked.
func (r *room) receiptsLocked() (open, withheld *Receipts) {
	if r.open == nil {
		r.open, r.withheld = r.makeReceiptsLocked()
	}
	return r.open, r.withheld
}

func (r *room) makeReceiptsLocked() (open, withheld *Receipts) {
	here := make(map[UserID]bool, len(r.present()))
	for _, s := range r.present() {
		here[s.user.ID] = true
	}
	open = &Receipts{
		Conversation: r.id,
		Named:        !r.largeLocked(),
		Members:      make([]MemberReceipt, 0, len(r.members)),
	}
	if len(r.members) > receiptsLimit {
		return open, open
	}
	for user, m := range r.members {
		c := MemberReceipt{User: user, Name: m.Name, Joined: m.Joined, Delivered: m.Delivered, Shares: m.shares(), Aside: !m.counts()}
		if here[user] {
			c.Delivered = max(c.Delivered, r.put)
		}
		if c.Shares {
			c.Read, c.ReadFrom, c.ReadAt = m.Read, m.ReadFrom, m.readAt
		}
		open.Members = append(open.Members, c)
	}
	slices.SortFunc(open.Members, func(a, b MemberReceipt) int { return int(a.User - b.User) })
	withheld = &Receipts{Conversation: r.id, Named: open.Named, Withheld: true, Members: slices.Clone(open.Members)}
	for i := range withheld.Members {
		c := &withheld.Members[i]
		c.Read, c.ReadFrom, c.ReadAt, c.Shares = 0, 0, time.Time{}, false
	}
	return open, withheld
}
