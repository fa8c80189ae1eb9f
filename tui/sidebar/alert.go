package sidebar

import "confab/app/chat"

// Alert is a reason to notify the user.
type Alert struct {
	From    string        // who has written
	Group   string        // the title of the group, "" for a direct message
	Message *chat.Message // nil if it is not known
}

func alertOf(l *chat.ConversationSummary, msg *chat.Message) *Alert {
	a := &Alert{From: msg.AuthorName, Message: msg}
	if l.Kind == chat.KindGroup {
		a.Group = l.Title()
	}
	return a
}

// news looks for what is new in a list that was read: the first direct message from
// somebody, and what came while events were dropped. It returns nil if nothing is.
func news(s *Sidebar, list conversations) (alert *Alert) {
	fresh := s.fresh
	s.fresh = nil
	if !s.listed {
		return nil
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
