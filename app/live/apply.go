package live

import (
	"fmt"
	"maps"
	"slices"

	"confab/app/chat"
)

// Apply applies a committed change to the open sessions. It is the only place that
// does so, for the changes of this process and for those that other processes have
// recorded. The writer calls it, in the order of the commits.
//
// The state in memory may already include a change, because it was read from the
// store after the commit. Applying the change again then has no effect.
func (h *Hub) Apply(c chat.Change) error {
	switch c := c.(type) {
	case chat.MessagePosted:
		h.deliver(c.Message.Conversation, c)
		if h.backing.Posted != nil {
			h.backing.Posted(c.Message)
		}
	case chat.MessageAltered:
		h.altered(c.Message, c.HiddenFrom, chat.MessageChanged{Message: c.Message})
	case chat.PostedElsewhere:
		h.deliver(c.Message.Conversation, chat.MessagePosted(c))
	case chat.LinePosted:
		if c.Message != nil { // else it has expired
			h.deliver(c.Conversation, chat.MessagePosted{Message: c.Message})
		}
	case chat.ContentsDropped:
		h.backing.Purged()
	case chat.MessageReacted:
		h.altered(c.Message, c.HiddenFrom, chat.Reacted{MessageReacted: c})
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
	case chat.PreferencesChanged:
		h.tell(c.User, c)
	case chat.InvitationsOf:
		h.tell(c.User, chat.InvitationsChanged{})
	case chat.LaterOf:
		h.tell(c.User, chat.LaterChanged{})
	case chat.BlockSet:
		h.blocked(c)
	case chat.SeenSet:
		h.unread(c.User, c.Conversation, c.Seen)
	case chat.MarkersMoved:
		if !c.Here {
			markersMoved(h, c)
		}
	case chat.ReceiptsSwitched:
		h.Withdraw(c)
		h.tell(c.User, chat.ListChanged{})
	case chat.ThreadsMoved:
		for _, user := range c.Users {
			h.tell(user, chat.ThreadsChanged{})
		}
	case chat.UserRenamed:
		h.renamed(c)
	case chat.StatusSet:
		setStatus(h, c)
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
		if c.Ban.Kind == chat.BanSilence {
			tellSilenced(h, chat.Silenced{Silence: c.Ban, Lifted: true})
			return nil
		}
		h.queue.wake("")
	case chat.JoinModeChanged:
		h.queue.wake("")
	case chat.WordsChanged:
		h.words.Store(c.Words)
		h.queue.wake("")
		tellAll(h, c)
	case chat.RequestAnswered:
		h.queue.wake(c.Fingerprint)
	case chat.RequestsWaiting:
		waiting(h, c)
	case chat.RequesterNamed:
		for _, user := range c.Staff {
			h.tell(user, chat.RequestNamed{Asked: c.Asked, Name: c.Name})
		}
	default:
		return fmt.Errorf("nothing applies a change of type %T", c)
	}
	return nil
}

// altered tells the sessions of a conversation that a message has changed. It leaves
// out accounts that may not see the message. A message that has expired by now is nil.
func (h *Hub) altered(m *chat.Message, hidden []chat.UserID, ev chat.Event) {
	if m == nil {
		return
	}
	v, ok := h.conversations.Load(m.Conversation)
	if !ok { // nobody is there
		return
	}
	c := v.(*conversation)
	c.replace(m)
	for _, s := range c.present() {
		if !slices.Contains(hidden, s.user) {
			s.box.put(ev)
		}
	}
}

// joined gives a new member's open sessions the events of the conversation.
// Sessions that are on their way in learn of it from the store.
func (h *Hub) joined(c chat.MemberJoined) {
	h.mu.Lock()
	if a := h.accounts[c.User]; a != nil {
		for _, s := range a.sessions {
			if _, in := s.conversations[c.Conversation]; in || !s.admitted {
				continue
			}
			s.enterLocked(c.Conversation)
			if !c.Direct { // direct messages are listed once someone writes
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

// parted removes the open sessions of a former member from the conversation. They
// receive none of its later events.
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

// blocked updates an account's blocks in its open sessions.
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
		s.box.put(chat.ListChanged{}) // which shows no status of users who are blocked
	}
}

// unread moves an account's own position back, and tells its sessions in the order
// of the moves.
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

// Withdraw turns an account's receipts off or on.
func (h *Hub) Withdraw(c chat.ReceiptsSwitched) {
	if c.Conversation != 0 {
		h.conversation(c.Conversation).withdraw(c.User, func(m *member) { m.ReceiptsOff = c.Off })
		return
	}
	for _, in := range allConversations(h) {
		in.withdraw(c.User, func(m *member) { m.AccountReceiptsOff = c.Off })
	}
}

// renamed tells everyone an account's new name.
func (h *Hub) renamed(c chat.UserRenamed) {
	h.mu.Lock()
	if a := h.accounts[c.User]; a != nil {
		for _, s := range a.sessions {
			s.SetNames(c.Name, c.DisplayName)
		}
	}
	for s := range h.scripts {
		if s.user == c.User {
			s.SetNames(c.Name, c.DisplayName)
		}
	}
	h.mu.Unlock()
	for _, in := range allConversations(h) {
		in.change(c.User, func(m *member) { m.Name, m.DisplayName = c.Name, c.DisplayName })
	}
	h.deliver(h.backing.General, c)
}

// setStatus tells an account's status to its own sessions, and to those who have direct
// conversations with it and have not blocked it.
func setStatus(h *Hub, c chat.StatusSet) {
	h.tell(c.User, c)
	for _, id := range c.Direct {
		v, ok := h.conversations.Load(id)
		if !ok { // nobody is there
			continue
		}
		for _, s := range v.(*conversation).present() {
			if s.user != c.User && !s.HasBlocked(c.User) {
				s.box.put(c)
			}
		}
	}
}

// deleted ends the sessions of a deleted account, and tells everyone.
func (h *Hub) deleted(c chat.UserDeleted) {
	h.endLogins(chat.DeletedReason, func(_ chat.Login, user chat.UserID) bool { return user == c.User })
	for _, in := range allConversations(h) {
		in.part(c.User)
		in.forget() // its reactions are gone
	}
	h.deliver(h.backing.General, c)
	if c.Purged {
		h.backing.Purged()
	}
}

// disabled ends the sessions of an account, and changes whether it counts in
// receipts, and how the lists of those who have direct messages with it show it.
func (h *Hub) disabled(c chat.UserDisabled) {
	if c.Disabled {
		h.endLogins(chat.DisabledReason, func(_ chat.Login, user chat.UserID) bool { return user == c.User })
	}
	for _, in := range allConversations(h) {
		in.change(c.User, func(m *member) { m.Disabled = c.Disabled })
	}
	for _, id := range c.Direct {
		h.deliver(id, chat.ListChanged{})
	}
}

// kicked ends the sessions that an account had. Sessions that it has opened since
// go on.
func (h *Hub) kicked(c chat.UserKicked) {
	h.endAdmitted(c.By+" has ended your session"+because(c.Reason)+". You may connect again.", func(s *session) bool {
		return s.user == c.User && !s.opened.After(c.At)
	})
}

// because formats a reason as part of a sentence.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// revokedReason is the message to the user of a session whose key was revoked.
const revokedReason = "The key that opened this session was revoked."

// revoked ends the sessions that a key opened. If its certificates were revoked too, it
// ends the sessions that they opened.
func (h *Hub) revoked(c chat.KeyRevoked) {
	h.endLogins(revokedReason, func(l chat.Login, _ chat.UserID) bool {
		if l.Authority == "" {
			return l.Key == c.Fingerprint
		}
		return c.Certificates && (l.Key == c.Fingerprint || l.Authority == c.Fingerprint)
	})
}

// endLogins ends the admitted sessions of the matching logins, and has the service look
// at the connections of these logins.
func (h *Hub) endLogins(reason string, match func(chat.Login, chat.UserID) bool) {
	h.endAdmitted(reason, func(s *session) bool { return match(s.login, s.user) })
	h.backing.Doubt(match)
}

// banned ends the sessions that a ban applies to, and applies the ban to new ones.
// It also ends sessions that are on their way in, because they were checked against
// the previous list of banned networks.
func (h *Hub) banned(c chat.BanAdded) error {
	b, now := c.Ban, h.now()
	if !b.Active(now) {
		return nil
	}
	if b.Kind == chat.BanSilence {
		_, err := h.bans.add(b, now)
		tellSilenced(h, chat.Silenced{Silence: b})
		return err
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

// tellSilenced tells an account's sessions that they may not write, or may again.
func tellSilenced(h *Hub, ev chat.Silenced) {
	h.tell(ev.Silence.User, ev)
	h.tell(ev.Silence.User, chat.ListChanged{}) // which has what the account may do
}

// waiting tells owners and admins the number of open requests, unless they know it.
func waiting(h *Hub, c chat.RequestsWaiting) {
	if h.queue.told.Swap(int64(c.Waiting)) == int64(c.Waiting) && !c.Other {
		return
	}
	for _, user := range c.Staff {
		h.tell(user, chat.RequestsChanged{Waiting: c.Waiting})
	}
}
