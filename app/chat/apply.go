package chat

import (
	"fmt"
	"maps"
	"slices"
)

// apply makes the open sessions see a change that is committed. It is the only place
// that does, for the changes of this process and for those that others have recorded.
// The writer calls it, in the order of the commits.
//
// A change may be applied to what was read from the store after its commit, and so has
// it already: to apply a change where it holds changes nothing.
func (h *hub) apply(c Change) error {
	switch c := c.(type) {
	case MessagePosted:
		h.deliver(c.Message.Conversation, c)
	case MessageAltered:
		h.altered(c)
	case MemberJoined:
		h.joined(c)
	case MemberLeft:
		h.parted(c.Conversation, c.User)
	case MemberRoleChanged:
		h.room(c.Conversation).change(c.User, func(m *standing) { m.Role = c.Role })
		h.tell(c.User, nil, ListChanged{})
	case ConversationChanged:
		h.deliver(c.Conversation, ListChanged{})
	case HistoryExpired:
		h.room(c.Conversation).forget()
	case PersonalChanged:
		h.tell(c.User, nil, ListChanged{})
	case InvitationsOf:
		h.tell(c.User, nil, InvitationsChanged{})
	case BlockSet:
		h.blocked(c)
	case SeenSet:
		h.unread(c.User, c.Conversation, c.Seen)
	case ReceiptsSwitched:
		h.withdraw(c)
		h.tell(c.User, nil, ListChanged{})
	case UserRenamed:
		h.renamed(c)
	case UserDeleted:
		h.deleted(c)
	case UserDisabled:
		h.disabled(c)
	case UserKicked:
		h.kicked(c)
	case KeyAdded:
		h.lobby.wake(c.Fingerprint)
	case KeyRevoked:
		h.revoked(c)
	case BanAdded:
		return h.banned(c)
	case BanRemoved:
		h.bans.remove(c.Ban)
		h.lobby.wake("")
	case JoinModeChanged:
		h.lobby.wake("")
	case RequestAnswered:
		h.lobby.wake(c.Fingerprint)
	case RequestsWaiting:
		h.waiting(c)
	case RequesterNamed:
		for _, user := range c.Staff {
			h.tell(user, nil, RequestNamed{c.Asked, c.Name})
		}
	default:
		return fmt.Errorf("nothing applies a change of type %T", c)
	}
	return nil
}

// altered tells the sessions of a conversation that a message is not as it was, but
// for those of accounts that may not see it.
func (h *hub) altered(c MessageAltered) {
	v, ok := h.rooms.Load(c.Conversation)
	if !ok || c.Message == nil { // nobody is there, or the message has expired by now
		return
	}
	r := v.(*room)
	r.replace(c.Message)
	for _, s := range r.present() {
		if !slices.Contains(c.HiddenFrom, s.user.ID) {
			s.box.put(MessageChanged{c.Message})
		}
	}
}

// joined makes the open sessions of a new member get what happens in its
// conversation. Those that are on their way in learn of it from the store.
func (h *hub) joined(c MemberJoined) {
	h.mu.Lock()
	if a := h.accounts[c.User]; a != nil {
		for _, s := range a.sessions {
			if _, in := s.rooms[c.Conversation]; in || !s.admitted {
				continue
			}
			h.enterLocked(s, c.Conversation)
			if !c.Direct { // direct conversations are listed once somebody writes in them
				s.box.put(ListChanged{})
			}
		}
		if c.Direct && !slices.Contains(a.direct, c.Conversation) {
			a.direct = append(slices.Clone(a.direct), c.Conversation)
		}
	}
	h.mu.Unlock()
	h.room(c.Conversation).join(Member{
		Membership: Membership{Conversation: c.Conversation, User: c.User, Role: c.Role, Joined: c.Joined, Markers: markersAt(c.Joined)},
		Name:       c.Name, Bot: c.Bot, Disabled: c.Disabled, AccountReceiptsOff: c.ReceiptsOff,
	})
}

// parted takes the open sessions of someone who is no member any more out of
// the conversation; no event of it reaches them afterwards.
func (h *hub) parted(id ConversationID, user UserID) {
	h.mu.Lock()
	if a := h.accounts[user]; a != nil {
		for _, s := range a.sessions {
			if r, in := s.rooms[id]; in {
				r.leaveLocked(s)
				delete(s.rooms, id)
			}
		}
	}
	h.mu.Unlock()
	h.room(id).part(user)
	h.tell(user, nil, Removed{id})
}

// blocked makes the open sessions of an account know whom it has blocked.
func (h *hub) blocked(c BlockSet) {
	for _, s := range h.sessionsOf(c.User) {
		set := make(map[UserID]struct{})
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
func (h *hub) unread(user UserID, id ConversationID, seen Seq) {
	r := h.room(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	r.unread(user, seen)
	if a := h.accounts[user]; a != nil {
		for _, s := range a.sessions {
			s.box.put(SeenMoved{id, seen})
		}
	}
}

// withdraw makes an account begin or cease to keep what it reads to itself.
func (h *hub) withdraw(c ReceiptsSwitched) {
	if c.Conversation != 0 {
		h.room(c.Conversation).withdraw(c.User, func(m *standing) { m.ReceiptsOff = c.Off })
		return
	}
	for _, r := range h.allRooms() {
		r.withdraw(c.User, func(m *standing) { m.AccountReceiptsOff = c.Off })
	}
}

// renamed tells everyone what an account is called.
func (h *hub) renamed(c UserRenamed) {
	h.mu.Lock()
	if a := h.accounts[c.User]; a != nil {
		for _, s := range a.sessions {
			s.name.Store(&c.Name)
		}
	}
	for s := range h.scripts {
		if s.user.ID == c.User {
			s.name.Store(&c.Name)
		}
	}
	h.mu.Unlock()
	for _, r := range h.allRooms() {
		r.change(c.User, func(m *standing) { m.Name, m.DisplayName = c.Name, c.DisplayName })
	}
	h.deliver(h.general, c)
}

// deleted ends what an account had open, and tells everyone that it is no more.
func (h *hub) deleted(c UserDeleted) {
	h.endAdmitted(deletedReason, func(s *Session) bool { return s.user.ID == c.User })
	h.doubt(func(_ Login, user UserID) bool { return user == c.User })
	for _, r := range h.allRooms() {
		r.part(c.User)
	}
	h.deliver(h.general, c)
	if c.Purged {
		select {
		case h.purged <- struct{}{}:
		default: // one look at all files finds those of several accounts
		}
	}
}

// disabled ends what an account has open, and makes receipts wait for it or not.
func (h *hub) disabled(c UserDisabled) {
	if c.Disabled {
		h.endAdmitted(disabledReason, func(s *Session) bool { return s.user.ID == c.User })
		h.doubt(func(_ Login, user UserID) bool { return user == c.User })
	}
	for _, r := range h.allRooms() {
		r.change(c.User, func(m *standing) { m.Disabled = c.Disabled })
	}
}

// kicked ends the sessions that an account had: it may have come back since.
func (h *hub) kicked(c UserKicked) {
	h.endAdmitted(c.By+" has ended your session"+because(c.Reason)+". You may connect again.", func(s *Session) bool {
		return s.user.ID == c.User && !s.opened.After(c.At)
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

// revoked ends the sessions that a key opened, and if its certificates are not taken
// any more those that they opened.
func (h *hub) revoked(c KeyRevoked) {
	opened := func(l Login) bool {
		if l.Authority == "" {
			return l.Key == c.Fingerprint
		}
		return c.Certificates && (l.Key == c.Fingerprint || l.Authority == c.Fingerprint)
	}
	h.endAdmitted(revokedReason, func(s *Session) bool { return opened(s.login) })
	h.doubt(func(l Login, _ UserID) bool { return opened(l) })
}

// banned ends the sessions that a ban is about, and has it hold for those who come.
// It ends those too that are on their way in: they were asked about the bans of
// networks that the hub has, which this one was not among.
func (h *hub) banned(c BanAdded) error {
	b, now := c.Ban, h.now()
	if !b.active(now) {
		return nil
	}
	ends := func(l Login, user UserID) bool { return l.Key == b.Target && !slices.Contains(c.Spared, user) }
	switch b.Kind {
	case BanAccount:
		ends = func(_ Login, user UserID) bool { return user == b.User }
	case BanNetwork:
		network, err := h.bans.add(b, now)
		if err != nil {
			return err
		}
		ends = func(l Login, _ UserID) bool { return network.Contains(l.From) }
	}
	h.lobby.wake("")
	h.end(b.Text(), func(s *Session) bool { return ends(s.login, s.user.ID) })
	h.doubt(ends)
	return nil
}

// waiting tells the staff how many requests wait, if it does not know.
func (h *hub) waiting(c RequestsWaiting) {
	if h.lobby.told.Swap(int64(c.Waiting)) == int64(c.Waiting) && !c.Other {
		return
	}
	for _, user := range c.Staff {
		h.tell(user, nil, RequestsChanged{c.Waiting})
	}
}

// allRooms are the conversations that something is in memory of.
func (h *hub) allRooms() []*room {
	var found []*room
	h.rooms.Range(func(_, r any) bool {
		found = append(found, r.(*room))
		return true
	})
	return found
}
