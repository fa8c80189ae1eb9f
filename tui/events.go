package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app"
)

// events takes what happened meanwhile, all of it before the next frame.
func (m *Model) events(b eventsMsg) tea.Cmd {
	if b.Ended != "" {
		m.ended = b.Ended
		return tea.Quit
	}
	var cmds []tea.Cmd
	if b.Resync {
		if m.open != nil {
			m.open.resync()
		}
		cmds = append(cmds, m.readList())
	}
	for _, ev := range b.Events {
		cmds = append(cmds, m.event(ev))
	}
	if b.Receipts != nil && m.open != nil && m.open.conversation == b.Receipts.Conversation {
		m.open.receipts = b.Receipts
	}
	if len(b.Events) > 0 {
		m.sort()
	}
	return tea.Batch(cmds...)
}

func (m *Model) event(ev app.Event) tea.Cmd {
	switch ev := ev.(type) {
	case app.MessagePosted:
		return m.posted(ev.Message)
	case app.SeenMoved:
		return m.seen(ev.Conversation, ev.Seen)
	case app.ListChanged:
		return m.readList()
	case app.Removed:
		return m.removed(ev.Conversation)
	case app.PresenceChanged:
		for i := range m.list {
			if m.list[i].Other.ID == ev.User {
				m.list[i].Presence = ev.Presence
			}
		}
	case app.Typing:
		return m.types(ev)
	case app.UserDeleted:
		m.userDeleted(ev)
	case app.UserRenamed:
		m.rename(ev)
	case app.RequestsChanged:
		m.waiting = ev.Waiting
		return m.requestsChanged()
	}
	return nil
}

// posted takes a message that was committed in any conversation.
func (m *Model) posted(msg *app.Message) tea.Cmd {
	if t := m.typing[msg.Conversation]; t.user == msg.Author {
		delete(m.typing, msg.Conversation)
	}
	if m.open != nil && m.open.conversation == msg.Conversation {
		m.open.posted(msg)
	}
	l := m.entry(msg.Conversation)
	if l == nil {
		return m.readList() // one that was not listed before
	}
	if msg.Seq <= l.LastSeq {
		return nil // the list was read after it
	}
	l.LastSeq, l.LastAt = msg.Seq, msg.SentAt
	if !unread(msg, m.self.ID) {
		return nil
	}
	l.Unread = min(l.Unread+1, app.UnreadLimit)
	named := slices.Contains(app.Mentions(msg.Body), m.self.Name)
	l.Mentioned = l.Mentioned || named
	if !named && (l.Kind != app.KindDirect || l.Mine.Muted(m.now())) {
		return nil
	}
	if m.open != nil && m.open.conversation == msg.Conversation && m.there(m.now()) {
		return nil // one is looking at it
	}
	return tea.Raw("\a")
}

// seen takes the user's own position in a conversation, from wherever.
func (m *Model) seen(id app.ConversationID, seen app.Seq) tea.Cmd {
	if m.open != nil && m.open.conversation == id {
		m.open.seen = seen
	}
	l := m.entry(id)
	if l == nil {
		return nil
	}
	l.Mine.Seen = seen
	if seen >= l.LastSeq {
		l.Unread, l.Mentioned = 0, false
		m.sort()
		return nil
	}
	if n, ok := m.countUnread(id); ok {
		l.Unread = n
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		n, err := m.chat.Unread(ctx, id)
		return unreadMsg{id, n, err}
	}
}

// countUnread counts what is unread in the open conversation, if all of it is
// in the window.
func (m *Model) countUnread(id app.ConversationID) (int, bool) {
	t := m.open
	if t == nil || t.conversation != id || !t.atEnd() || len(t.window) == 0 || t.first() > t.seen+1 {
		return 0, false
	}
	n := 0
	for i := len(t.window) - 1; i >= 0 && t.window[i].Seq > t.seen && n < app.UnreadLimit; i-- {
		if unread(t.window[i], m.self.ID) {
			n++
		}
	}
	return n, true
}

// unreadMsg has a count that was asked for.
type unreadMsg struct {
	conversation app.ConversationID
	count        int
	err          error
}

func (m *Model) recounted(msg unreadMsg) {
	if msg.err != nil {
		m.fail("counting unread messages", msg.err)
		return
	}
	if l := m.entry(msg.conversation); l != nil && l.Mine.Seen < l.LastSeq {
		l.Unread = msg.count
		m.sort()
	}
}

// removed takes a conversation off that one is no member of any more.
func (m *Model) removed(id app.ConversationID) tea.Cmd {
	title := "a conversation"
	if l := m.entry(id); l != nil {
		title = l.Title()
	}
	m.list = slices.DeleteFunc(m.list, func(l app.Listed) bool { return l.ID == id })
	delete(m.drafts, id)
	delete(m.timelines, id)
	if m.previous == id {
		m.previous = 0
	}
	if m.open == nil || m.open.conversation != id {
		return nil
	}
	m.open, m.overlay, m.selected = nil, nil, 0
	m.composer.clear()
	cmd := m.home()
	m.notice = "You are not a member of " + title + " any more."
	return cmd
}

// typist is someone who is writing.
type typist struct {
	user  app.UserID
	name  string
	until time.Time
}

// typingMsg says that it may be time to show someone as writing no more.
type typingMsg struct{}

func (m *Model) types(ev app.Typing) tea.Cmd {
	m.typing[ev.Conversation] = typist{ev.User, ev.Name, m.now().Add(app.TypingLasts)}
	return m.tick(app.TypingLasts, func(time.Time) tea.Msg { return typingMsg{} })
}

func (m *Model) typingEnds() {
	now := m.now()
	for id, t := range m.typing {
		if !now.Before(t.until) {
			delete(m.typing, id)
		}
	}
}
