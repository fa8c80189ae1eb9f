package live

import (
	"slices"
	"time"

	"confab/app/chat"
)

// In conversations of at most receiptsNamed members, receipts name each member. In larger
// ones they are counts. Conversations of more than receiptsLimit members have no receipts,
// because nobody asks there what everyone has read.
const (
	receiptsNamed = 100
	receiptsLimit = 1000
)

// After a marker has moved, the hub waits this long for other moves, to send all of them
// together. The wait is one frame in most conversations, and longer in large ones, where
// many markers move at once.
const (
	tellAfter      = 40 * time.Millisecond
	tellAfterLarge = 250 * time.Millisecond
)

// tellLocked schedules sending the members' markers to the viewers, together with
// all moves until then. The conversation is locked.
func (c *conversation) tellLocked() {
	c.toldAll, c.open = true, nil
	c.tellSoonLocked()
}

// tellAuthorLocked is tellLocked for the author of a message. Only the author needs to know
// which members it has reached. The conversation is locked.
func (c *conversation) tellAuthorLocked(user chat.UserID) {
	if c.tellTo == nil {
		c.tellTo = make(map[chat.UserID]struct{})
	}
	c.tellTo[user], c.open = struct{}{}, nil
	c.tellSoonLocked()
}

// largeLocked reports whether there are so many members that receipts are counts. The
// conversation is locked.
func (c *conversation) largeLocked() bool { return len(c.members) > receiptsNamed }

// tellCountLocked tells all viewers of a large conversation how many members it has now,
// because those without messages of their own get no receipts otherwise. The conversation
// is locked.
func (c *conversation) tellCountLocked() {
	for _, s := range c.viewers {
		s.box.putReceipts(c.receiptsForLocked(s))
	}
}

// tellHereLocked tells the viewers that a user has come or gone. Large conversations do not
// name the users who are connected. The conversation is locked.
func (c *conversation) tellHereLocked(user chat.UserID) {
	if c.members[user] != nil && !c.largeLocked() {
		c.tellLocked()
	}
}

// tellSoonLocked starts the timer. The conversation is locked.
func (c *conversation) tellSoonLocked() {
	if c.telling || len(c.viewers) == 0 || c.members == nil || len(c.members) > receiptsLimit {
		return
	}
	c.telling = true
	after := tellAfter
	if c.largeLocked() {
		after = tellAfterLarge
	}
	time.AfterFunc(after, c.tell)
}

// tell sends the receipts to the viewers. The conversation stays locked, which
// costs little because a mailbox never makes the sender wait. So no session gets
// receipts after it has opened another conversation, was removed, or has turned
// receipts off.
func (c *conversation) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.telling = false
	if c.members == nil { // the members are being read
		return
	}
	all, authors := c.toldAll, c.tellTo
	c.toldAll, c.tellTo = false, nil
	viewers := slices.DeleteFunc(slices.Clone(c.viewers), func(s *session) bool {
		_, concerned := authors[s.user]
		return !all && !concerned || c.largeLocked() && !s.own.Load()
	})
	for _, s := range viewers {
		s.box.putReceipts(c.receiptsForLocked(s))
	}
}

// receiptsForLocked returns the receipts that a session may see. Members who share
// theirs get those of others. The conversation is locked.
func (c *conversation) receiptsForLocked(s *session) *chat.Receipts {
	if c.largeLocked() && !s.own.Load() {
		// Nothing on its screen shows receipts.
		return &chat.Receipts{Conversation: c.id, Count: len(c.members)}
	}
	open, withheld := c.receiptsLocked()
	if m := c.members[s.user]; m != nil && m.Shares() {
		return open
	}
	return withheld
}

// receiptsLocked returns the markers of the members, once for members who share
// receipts and once for those who don't. They are made again only after a marker
// has moved. The conversation is locked.
func (c *conversation) receiptsLocked() (open, withheld *chat.Receipts) {
	if c.open == nil {
		c.open, c.withheld = c.makeReceiptsLocked()
	}
	return c.open, c.withheld
}

func (c *conversation) makeReceiptsLocked() (open, withheld *chat.Receipts) {
	here := make(map[chat.UserID]bool, len(c.present()))
	for _, s := range c.present() {
		here[s.user] = true
	}
	open = &chat.Receipts{
		Conversation: c.id,
		Named:        !c.largeLocked(),
		Count:        len(c.members),
		Members:      make([]chat.MemberReceipt, 0, len(c.members)),
	}
	if len(c.members) > receiptsLimit {
		return open, open
	}
	for user, m := range c.members {
		r := chat.MemberReceipt{User: user, Name: m.Name, Joined: m.Joined, Delivered: m.Delivered, Shares: m.Shares(), Excluded: !m.Counts(), Disabled: m.Disabled, Here: here[user] || c.hub.others.presence(user) != chat.Offline}
		if here[user] {
			r.Delivered = max(r.Delivered, c.put)
		}
		if r.Shares {
			r.Read, r.ReadFrom, r.ReadAt = m.Read, m.ReadFrom, m.readAt
		}
		open.Members = append(open.Members, r)
	}
	slices.SortFunc(open.Members, func(a, b chat.MemberReceipt) int { return int(a.User - b.User) })
	withheld = &chat.Receipts{Conversation: c.id, Named: open.Named, Count: open.Count, Withheld: true, Members: slices.Clone(open.Members)}
	for i := range withheld.Members {
		r := &withheld.Members[i]
		r.Read, r.ReadFrom, r.ReadAt, r.Shares = 0, 0, time.Time{}, false
	}
	return open, withheld
}
