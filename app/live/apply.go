package live

import (
	"fmt"
	"maps"
	"slices"

	"confab/app/chat"
)

// Apply makes the open sessions see a change that is committed. It is the only place
// that does, for the changes of this process and for those that others have recorded.
// The writer calls it, in the order of the commits.
//
// A change may be applied to what was read from the store after its commit, and so has
// it already: to apply a change where it holds changes nothing.
func (h *Hub) Apply(c chat.Change) error {
	switch c := c.(type) {
	case chat.MessagePosted:
		h.deliver(c.Message.Conversation, c)
	case chat.MessageAltered:
		h.altered(c)
	case chat.MemberJoined:
		h.joined(c)
	case chat.MemberLeft:
		h.parted(c.Conversation, c.User)
	case chat.MemberRoleChanged:
		h.conversation(c.Conversation).change(c.User, func(m *member) { m.Role = c.Role })
		h.tell(c.User, chat.ListChanged{})
	case chat.ConversationChanged:
		h.deliver(c.Conversation, chat.ListChanged{})
	case chat.HistoryExpired:
		h.conversation(c.Conversation).forget()
	case chat.PersonalChanged:
		h.tell(c.User, chat.ListChanged{})
	case chat.InvitationsOf:
		h.tell(c.User, chat.InvitationsChanged{})
	case chat.BlockSet:
		h.blocked(c)
	case chat.SeenSet:
		h.unread(c.User, c.Conversation, c.Seen)
	case chat.ReceiptsSwitched:
		h.Withdraw(c)
		h.tell(c.User, chat.ListChanged{})
	case chat.UserRenamed:
		h.renamed(c)
	case chat.UserDeleted:
		h.deleted(c)
	case chat.UserDisabled:
		h.disabled(c)
	case chat.UserKicked:
		h.kicked(c)
	case chat.KeyAdded:
		h.queue.wake(c.Fingerprint)
	case chat.KeyRevoked:
		h.revoked(c)
	case chat.BanAdded:
		return h.banned(c)
	case chat.BanRemoved:
		h.bans.remove(c.Ban)
		h.queue.wake("")
	case chat.JoinModeChanged:
		h.queue.wake("")
	case chat.RequestAnswered:
		h.queue.wake(c.Fingerprint)
	case chat.RequestsWaiting:
		h.waiting(c)
	case chat.RequesterNamed:
		for _, user := range c.Staff {
			h.tell(user, chat.RequestNamed{Asked: c.Asked, Name: c.Name})
		}
	default:
		return fmt.Errorf("nothing applies a change of type %T", c)
	}
	return nil
}

// altered tells the sessions of a conversation that a message is not as it was, without
// those of accounts that may not see it.
func (h *Hub) altered(ch chat.MessageAltered) {
	v, ok := h.conversations.Load(ch.Conversation)
	if !ok || ch.Message == nil { // nobody is there, or the message has expired by now
		return
	}
	c := v.(*conversation)
	c.replace(ch.Message)
	for _, s := range c.present() {
		if !slices.Contains(ch.HiddenFrom, s.user) {
			s.box.put(chat.MessageChanged{Message: ch.Message})
		}
	}
}

// joined makes the open sessions of a new member get what happens in its
// conversation. Sessions that are on their way in learn of it from the store.
func (h *Hub) joined(c chat.MemberJoined) {
	h.mu.Lock()
	if a := h.accounts[c.User]; a != nil {
		for _, s := range a.sessions {
			if _, in := s.conversations[c.Conversation]; in || !s.admitted {
				continue
			}
			s.enterLocked(c.Conversation)
			if !c.Direct { // direct conversations are listed once somebody writes in them
				s.box.put(chat.ListChanged{})
			}
		}
		if c.Direct && !slices.Contains(a.direct, c.Conversation) {
			a.direct = append(slices.Clone(a.direct), c.Conversation)
		}
	}
	h.mu.Unlock()
	h.conversation(c.Conversation).join(c.Member())
}

// parted takes the open sessions of somebody whose membership has ended out of the
// conversation. No event of it reaches them afterwards.
func (h *Hub) parted(id chat.ConversationID, user chat.UserID) {
	h.mu.Lock()
	if a := h.accounts[user]; a != nil {
		for _, s := range a.sessions {
			if c, in := s.conversations[id]; in {
				c.leaveLocked(s)
				delete(s.conversations, id)
			}
		}
	}
	h.mu.Unlock()
	h.conversation(id).part(user)
	h.tell(user, chat.Removed{Conversation: id})
}

// blocked makes the open sessions of an account know whom it has blocked.
func (h *Hub) blocked(c chat.BlockSet) {
	for _, s := range h.sessionsOf(c.User) {
		set := make(map[chat.UserID]struct{})
		if have := s.blocked.Load(); have != nil {
			maps.Copy(set, *have)
		}
		delete(set, c.Other)
		if c.On {
			set[c.Other] = struct{}{}
		}
		s.blocked.Store(&set)
	}
}

// unread moves an account's own position back, and tells its sessions in the
// order in which it moves.
func (h *Hub) unread(user chat.UserID, id chat.ConversationID, seen chat.Seq) {
	c := h.conversation(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	c.unread(user, seen)
	if a := h.accounts[user]; a != nil {
		for _, s := range a.sessions {
			s.box.put(chat.SeenMoved{Conversation: id, Seen: seen})
		}
	}
}

// Withdraw makes an account start or stop keeping what it reads to itself.
func (h *Hub) Withdraw(c chat.ReceiptsSwitched) {
	if c.Conversation != 0 {
		h.conversation(c.Conversation).withdraw(c.User, func(m *member) { m.ReceiptsOff = c.Off })
		return
	}
	for _, in := range h.allConversations() {
		in.withdraw(c.User, func(m *member) { m.AccountReceiptsOff = c.Off })
	}
}

// renamed tells everybody what an account is called.
func (h *Hub) renamed(c chat.UserRenamed) {
	h.mu.Lock()
	if a := h.accounts[c.User]; a != nil {
		for _, s := range a.sessions {
			s.name.Store(&c.Name)
		}
	}
	for s := range h.scripts {
		if s.user == c.User {
			s.name.Store(&c.Name)
		}
	}
	h.mu.Unlock()
	for _, in := range h.allConversations() {
		in.change(c.User, func(m *member) { m.Name, m.DisplayName = c.Name, c.DisplayName })
	}
	h.deliver(h.backing.General, c)
}

// deleted ends what an account had open, and tells everybody that it was deleted.
func (h *Hub) deleted(c chat.UserDeleted) {
	h.endAdmitted(chat.DeletedReason, func(s *session) bool { return s.user == c.User })
	h.backing.Doubt(func(_ chat.Login, user chat.UserID) bool { return user == c.User })
	for _, in := range h.allConversations() {
		in.part(c.User)
	}
	h.deliver(h.backing.General, c)
	if c.Purged {
		h.backing.Purged()
	}
}

// disabled ends what an account has open, and makes receipts wait for it or not.
func (h *Hub) disabled(c chat.UserDisabled) {
	if c.Disabled {
		h.endAdmitted(chat.DisabledReason, func(s *session) bool { return s.user == c.User })
		h.backing.Doubt(func(_ chat.Login, user chat.UserID) bool { return user == c.User })
	}
	for _, in := range h.allConversations() {
		in.change(c.User, func(m *member) { m.Disabled = c.Disabled })
	}
}

// kicked ends the sessions that an account had. Those that it opened since go on.
func (h *Hub) kicked(c chat.UserKicked) {
	h.endAdmitted(c.By+" has ended your session"+because(c.Reason)+". You may connect again.", func(s *session) bool {
		return s.user == c.User && !s.opened.After(c.At)
	})
}

// because is a reason in a sentence.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// revokedReason is what the user of a session sees whose key was taken away.
const revokedReason = "The key that opened this session was revoked."

// revoked ends the sessions that a key opened. If its certificates were revoked too, it
// ends the sessions that they opened.
func (h *Hub) revoked(c chat.KeyRevoked) {
	opened := func(l chat.Login) bool {
		if l.Authority == "" {
			return l.Key == c.Fingerprint
		}
		return c.Certificates && (l.Key == c.Fingerprint || l.Authority == c.Fingerprint)
	}
	h.endAdmitted(revokedReason, func(s *session) bool { return opened(s.login) })
	h.backing.Doubt(func(l chat.Login, _ chat.UserID) bool { return opened(l) })
}

// banned ends the sessions that a ban is about, and makes the ban hold for new ones.
// It also ends sessions that are on their way in: they were checked against the bans of
// networks that the hub had before.
func (h *Hub) banned(c chat.BanAdded) error {
	b, now := c.Ban, h.now()
	if !b.Active(now) {
		return nil
	}
	ends := func(l chat.Login, user chat.UserID) bool {
		return l.Key == b.Target && !slices.Contains(c.Spared, user)
	}
	switch b.Kind {
	case chat.BanAccount:
		ends = func(_ chat.Login, user chat.UserID) bool { return user == b.User }
	case chat.BanNetwork:
		network, err := h.bans.add(b, now)
		if err != nil {
			return err
		}
		ends = func(l chat.Login, _ chat.UserID) bool { return network.Contains(l.From) }
	}
	h.queue.wake("")
	h.end(b.Text(), func(s *session) bool { return ends(s.login, s.user) })
	h.backing.Doubt(ends)
	return nil
}

// waiting tells the staff how many requests wait, unless they know.
func (h *Hub) waiting(c chat.RequestsWaiting) {
	if h.queue.told.Swap(int64(c.Waiting)) == int64(c.Waiting) && !c.Other {
		return
	}
	for _, user := range c.Staff {
		h.tell(user, chat.RequestsChanged{Waiting: c.Waiting})
	}
}
