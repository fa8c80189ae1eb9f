package sidebar

import (
	"context"
	"math"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
)

// Messages reads messages. Its calls may take a while.
type Messages interface {
	// Before returns at most limit messages of a conversation below a number.
	Before(ctx context.Context, id chat.ConversationID, root, before chat.Seq, limit int) ([]*chat.Message, error)
}

const (
	// missedMost is how many messages of a conversation are searched for keywords after
	// events were dropped, and missedIn is how many conversations are. That bounds what a
	// slow terminal costs the server.
	missedMost = 64
	missedIn   = 16
)

// Resync returns the command that reads the list again, because events were dropped. The list
// counts mentions, but it does not know of keywords. If the user has some, the command also
// reads the newest messages that have come meanwhile.
func Resync(s *Sidebar) tea.Cmd {
	if s.missing == nil && s.listed && s.o.Keywords != nil && s.o.Keywords() {
		s.missing = make(map[chat.ConversationID]chat.Seq, len(s.list))
		for i := range s.list {
			s.missing[s.list[i].ID] = s.list[i].LastSeq
		}
	}
	return s.Read()
}

// missed reads the messages of groups that have come since these numbers, and may be news for
// the user.
func missed(s *Sidebar, since map[chat.ConversationID]chat.Seq, list conversations) (found []*chat.Message, err error) {
	read := 0
	for i := range list {
		l := &list[i]
		had, ok := since[l.ID]
		if !ok || l.Kind != chat.KindGroup || l.Unread == 0 || l.LastSeq <= had || l.Mine.Muted(s.o.Now()) {
			continue
		}
		if read++; read > missedIn {
			break
		}
		page, err := ask.For(func(ctx context.Context) ([]*chat.Message, error) {
			return s.o.Messages.Before(ctx, l.ID, 0, chat.Seq(math.MaxInt64), missedMost)
		})
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			if m.Seq > max(had, l.Mine.Seen) && m.Counts() {
				found = append(found, m)
			}
		}
	}
	return found, nil
}

// worded looks in messages that were missed for one with a keyword. It returns nil if there
// is none.
func worded(s *Sidebar, msg ListMsg) (alert *Alert) {
	if msg.missedErr != nil {
		s.o.OnError("looking for keywords in messages", msg.missedErr)
	}
	list := conversations(msg.list)
	for _, m := range msg.missed {
		looking := s.open.Conversation() == m.Conversation && s.open.There()
		if l := list.entry(m.Conversation); l != nil && !looking && addresses(s, m) {
			alert = alertOf(l, m)
		}
	}
	return alert
}
