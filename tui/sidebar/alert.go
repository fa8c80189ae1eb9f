package sidebar

import (
	"strconv"

	"confab/app/chat"
)

// Alert is a reason to notify the user.
type Alert struct {
	From    string        // who has written
	Group   string        // the title of the group, "" for a direct message
	Message *chat.Message // nil if it is not known
	// Added is the number of groups to which somebody has added the user. If it is 1, From
	// is that person, and Group is the group. If it is 0, the alert is for a message.
	Added int
	Quiet bool // it has waited for the user to connect, and need not ring
}

// AddedText names the groups to which the user was added. It is "" if the alert is for a
// message.
func (a *Alert) AddedText() string {
	switch a.Added {
	case 0:
		return ""
	case 1:
		return a.From + " added you to " + a.Group
	default:
		return "You were added to " + strconv.Itoa(a.Added) + " groups"
	}
}

func alertOf(l *chat.ConversationSummary, msg *chat.Message) *Alert {
	a := &Alert{From: msg.AuthorName, Message: msg}
	if l.Kind == chat.KindGroup {
		a.Group = l.Title()
	}
	return a
}

// additions looks in a list that was read for groups to which the user was added since the
// previous list. It returns nil if there are none.
func additions(s *Sidebar, list conversations) *Alert {
	alert := &Alert{Quiet: !s.listed}
	for i := range list {
		if l := &list[i]; l.New() && s.list.entry(l.ID) == nil {
			alert.Added++
			alert.From, alert.Group = l.AddedBy, l.Title()
		}
	}
	if alert.Added == 0 {
		return nil
	}
	return alert
}

// news looks for what is new in a list that was read: the first direct message from
// somebody, what came while events were dropped, and groups to which the user was added.
// It returns nil if nothing is.
func news(s *Sidebar, list conversations) (alert *Alert) {
	fresh := s.fresh
	s.fresh = nil
	if added := additions(s, list); added != nil || !s.listed {
		return added
	}
	for i := range list {
		l, was := &list[i], s.list.entry(list[i].ID)
		var had chat.ConversationSummary
		if was != nil {
			had = *was
		}
		arrived := l.LastSeq > had.LastSeq && (l.Kind == chat.KindDirect && l.Unread > had.Unread || l.Mentions > had.Mentions)
		looking := s.open.Conversation() == l.ID && s.open.There()
		if !arrived || looking || l.Mine.Muted(s.o.Now()) {
			continue
		}
		switch {
		case fresh != nil && fresh.Conversation == l.ID:
			alert = alertOf(l, fresh)
		case l.Kind == chat.KindDirect:
			alert = &Alert{From: l.Other.Name}
		default:
			alert = &Alert{From: l.Title()}
		}
	}
	return alert
}

// addresses reports whether a message mentions the user or has one of the user's keywords.
// This includes replies that only their threads show, although they are not unread in the
// conversation.
func addresses(s *Sidebar, msg *chat.Message) bool {
	if msg.Author == s.o.Self.ID || s.o.Blocker.HasBlocked(msg.Author) {
		return false
	}
	return s.mentioned(msg) || msg.ThreadOnly && msg.Names(s.o.Self.Name) || s.o.Keyword != nil && s.o.Keyword(msg.Body)
}
