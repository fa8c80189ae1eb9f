package sidebar

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
)

// posted handles a message that was committed in any conversation.
func (s *Sidebar) posted(ev chat.MessagePosted) tea.Cmd {
	msg := ev.Message
	s.stirred = s.stirred || s.typing[msg.Conversation] != nil
	s.typing.stop(msg.Conversation, msg.Author)
	s.meanwhile(ev)
	l := s.list.entry(msg.Conversation)
	if l == nil {
		s.fresh, s.stirred = msg, true
		return s.Read() // a new conversation
	}
	known := msg.Seq <= l.LastSeq
	looking := s.open.Conversation() == msg.Conversation && s.open.There()
	if counts := s.count(l, msg); known || looking || l.Mine.Muted(s.o.Now()) || !counts && !msg.ThreadOnly {
		return nil
	}
	if l.Kind == chat.KindDirect && msg.Author != s.o.Self.ID || addresses(s, msg) {
		s.alert = alertOf(l, msg)
	}
	return nil
}

// count counts a message. It reports whether it is news.
func (s *Sidebar) count(l *chat.ConversationSummary, msg *chat.Message) bool {
	if msg.Seq <= l.LastSeq {
		return false // the list was read after it
	}
	first := l.LastSeq == 0
	if l.LastSeq, l.LastAt = msg.Seq, msg.SentAt; first {
		s.sections.number(s.list)
		s.stirred = true
	}
	if msg.Author == s.o.Self.ID || !msg.Counts() || msg.Seq <= l.Mine.Seen {
		return false
	}
	l.Unread = min(l.Unread+1, chat.UnreadLimit)
	here := s.open.Conversation() == msg.Conversation
	if here && !s.open.Watching() {
		s.upToDate = false
	}
	s.stirred = s.stirred || !here || !s.upToDate // what the user sees arrive is not shown as unread
	if s.mentioned(msg) {
		l.Mentions = min(l.Mentions+1, chat.UnreadLimit)
	}
	return true
}

// altered handles a message that was edited or deleted, in any conversation.
func (s *Sidebar) altered(msg *chat.Message) tea.Cmd {
	l := s.list.entry(msg.Conversation)
	if l == nil || msg.Author == s.o.Self.ID || msg.Seq <= l.Mine.Seen {
		return nil
	}
	switch {
	case s.listing:
		return s.Read()
	case msg.Deleted() || l.Mentions > 0 || s.mentioned(msg):
		// The state of the message before the change is not known here.
		s.changes++
		return s.recount(l)
	}
	return nil
}

// Seen notes how far the user has seen a conversation, on any screen.
func (s *Sidebar) Seen(id chat.ConversationID, seen chat.Seq) tea.Cmd {
	s.meanwhile(chat.SeenMoved{Conversation: id, Seen: seen})
	l := s.list.entry(id)
	if l == nil {
		return nil
	}
	return s.seenIn(l, seen)
}

func (s *Sidebar) seenIn(l *chat.ConversationSummary, seen chat.Seq) tea.Cmd {
	l.Mine.Seen = seen
	s.stirred = s.stirred || l.Unread > 0 || l.Mentions > 0
	n, ok := s.open.CountUnread(l.ID)
	switch {
	case seen >= l.LastSeq:
		s.seenAll(l)
	case ok && (n == 0 || l.Mentions == 0):
		l.Unread, l.Mentions = n, 0
	default:
		return s.recount(l)
	}
	return nil
}

// Sent handles one of the user's own messages that was posted. The user has seen everything
// before it.
func (s *Sidebar) Sent(msg *chat.Message) {
	if msg.Thread != 0 {
		return // the conversation is not open, and the event will follow
	}
	s.meanwhile(chat.SeenMoved{Conversation: msg.Conversation, Seen: msg.Seq})
	l := s.list.entry(msg.Conversation)
	if l == nil {
		return
	}
	if first := l.LastSeq == 0; msg.Seq > l.LastSeq {
		if l.LastSeq, l.LastAt = msg.Seq, msg.SentAt; first {
			s.sections.number(s.list)
		}
	}
	l.Mine.Seen = max(l.Mine.Seen, msg.Seq)
	if l.Mine.Seen >= l.LastSeq {
		s.seenAll(l)
	}
}

// seenAll notes that the user has seen all of a conversation.
func (s *Sidebar) seenAll(l *chat.ConversationSummary) {
	l.Unread, l.Mentions = 0, 0
	if s.open.Conversation() == l.ID {
		s.upToDate = true
	}
}

// Opened says that another conversation is on the screen. Entered follows.
func (s *Sidebar) Opened() { s.upToDate = false }

// Known returns the list's data about a conversation.
func (s *Sidebar) Known(id chat.ConversationID) chat.Visit {
	if l := s.list.entry(id); l != nil {
		return chat.Visit{Seen: l.Mine.Seen, Unread: l.Unread, Mentions: l.Mentions}
	}
	return chat.Visit{}
}

// Entered takes the chat's answer about the conversation that was opened.
func (s *Sidebar) Entered(id chat.ConversationID, v chat.Visit) {
	s.upToDate = v.Unread == 0
	if l := s.list.entry(id); l != nil {
		l.Mine.Seen, l.Unread, l.Mentions = v.Seen, v.Unread, v.Mentions
		l.Mine.AddedBy, l.AddedBy = 0, ""
	}
}

// recount returns the command that counts the unread messages.
func (s *Sidebar) recount(l *chat.ConversationSummary) tea.Cmd {
	msg := unreadMsg{conversation: l.ID, last: l.LastSeq, seen: l.Mine.Seen, changes: s.changes}
	return func() tea.Msg {
		msg.unread, msg.err = ask.For(func(ctx context.Context) (unread int, err error) {
			unread, msg.mentions, err = s.o.Counter.UnreadMentions(ctx, msg.conversation)
			return unread, err
		})
		return msg
	}
}

// recounted takes a count, unless something has happened since it was asked for.
func (s *Sidebar) recounted(msg unreadMsg) tea.Cmd {
	if msg.err != nil {
		s.o.OnError("counting unread messages", msg.err)
		return nil
	}
	l := s.list.entry(msg.conversation)
	if l == nil || l.Mine.Seen >= l.LastSeq {
		return nil
	}
	if l.LastSeq != msg.last || l.Mine.Seen != msg.seen || s.changes != msg.changes {
		return s.recount(l)
	}
	l.Unread, l.Mentions = msg.unread, msg.mentions
	return nil
}
