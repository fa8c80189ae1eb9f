package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/keymap"
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
		cmds = append(cmds, m.readList(), dialog.ReadInvitations(m.chat, false))
	}
	for _, ev := range b.Events {
		if cmd := m.event(ev); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	if m.ring {
		m.ring = false
		cmds = append(cmds, tea.Raw("\a")) // once for all
	}
	if b.Receipts != nil && m.open != nil && m.open.conversation == b.Receipts.Conversation {
		m.open.receipts = b.Receipts
	}
	if len(b.Events) > 0 {
		m.sort()
	}
	if m.selected != 0 && !m.tooSmall() {
		m.canvas().reveal(m.selected) // what arrives does not push it off
	}
	return tea.Batch(cmds...)
}

func (m *Model) event(ev chat.Event) tea.Cmd {
	switch ev := ev.(type) {
	case chat.MessagePosted:
		return m.posted(ev.Message)
	case chat.MessageChanged:
		return together(m.toSearch(ev), m.altered(ev.Message))
	case chat.SeenMoved:
		return m.seen(ev.Conversation, ev.Seen)
	case chat.ListChanged:
		return m.readList()
	case chat.Removed:
		return m.removed(ev.Conversation)
	case chat.PresenceChanged:
		for i := range m.list {
			if m.list[i].Other.ID == ev.User {
				m.list[i].Presence = ev.Presence
			}
		}
	case chat.Typing:
		return m.types(ev)
	case chat.UserDeleted:
		return m.userDeleted(ev)
	case chat.UserRenamed:
		m.rename(ev)
	case chat.InvitationsChanged:
		return dialog.ReadInvitations(m.chat, false)
	case chat.RequestsChanged:
		return m.requestsChanged(ev)
	case chat.RequestNamed:
		return m.requestNamed(ev)
	}
	return nil
}

// posted takes a message that was committed in any conversation.
func (m *Model) posted(msg *chat.Message) tea.Cmd {
	if t := m.typing[msg.Conversation]; t.user == msg.Author {
		delete(m.typing, msg.Conversation)
	}
	if m.open != nil && m.open.conversation == msg.Conversation {
		m.open.posted(msg)
	}
	m.meanwhile(chat.MessagePosted{Message: msg})
	l := m.entry(msg.Conversation)
	if l == nil {
		return m.readList() // one that was not listed before
	}
	if !m.count(l, msg) || l.Mine.Muted(m.now()) {
		return nil
	}
	looking := m.open != nil && m.open.conversation == msg.Conversation && m.there(m.now())
	if !looking && (l.Kind == chat.KindDirect || m.named(msg)) {
		m.ring = true
	}
	return nil
}

// count counts a message in the list. It reports whether it is news.
func (m *Model) count(l *chat.Listed, msg *chat.Message) bool {
	if msg.Seq <= l.LastSeq {
		return false // the list was read after it
	}
	l.LastSeq, l.LastAt = msg.Seq, msg.SentAt
	if !unread(msg, m.self.ID) || msg.Seq <= l.Mine.Seen {
		return false
	}
	l.Unread = min(l.Unread+1, chat.UnreadLimit)
	if m.open != nil && m.open.conversation == msg.Conversation && !m.watching() {
		m.open.upToDate = false
	}
	l.Mentioned = l.Mentioned || m.named(msg)
	return true
}

// named reports whether a message names the user.
func (m *Model) named(msg *chat.Message) bool {
	return msg.File == nil && !m.chat.HasBlocked(msg.Author) && strings.Contains(msg.Body, "@") && slices.Contains(chat.Mentions(msg.Body), m.self.Name)
}

// seen takes the user's own position in a conversation, from wherever.
func (m *Model) seen(id chat.ConversationID, seen chat.Seq) tea.Cmd {
	if m.open != nil && m.open.conversation == id {
		m.open.seen = seen
	}
	m.meanwhile(chat.SeenMoved{Conversation: id, Seen: seen})
	l := m.entry(id)
	if l == nil {
		return nil
	}
	return m.seenIn(l, seen)
}

// seenIn takes a position into the list.
func (m *Model) seenIn(l *chat.Listed, seen chat.Seq) tea.Cmd {
	l.Mine.Seen = seen
	n, ok := m.countUnread(l.ID)
	switch {
	case seen >= l.LastSeq:
		l.Unread, l.Mentioned = 0, false
		if m.open != nil && m.open.conversation == l.ID {
			m.open.upToDate = true
		}
	case ok:
		l.Unread = n
		l.Mentioned = l.Mentioned && n > 0
	default:
		return m.recount(l)
	}
	m.sort()
	return nil
}

// recount makes the command that counts what is unread.
func (m *Model) recount(l *chat.Listed) tea.Cmd {
	msg := unreadMsg{conversation: l.ID, last: l.LastSeq, seen: l.Mine.Seen, deletions: m.deletions}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		msg.count, msg.err = m.chat.Unread(ctx, msg.conversation)
		return msg
	}
}

// countUnread counts what is unread in the open conversation, if all of it is
// in the window.
func (m *Model) countUnread(id chat.ConversationID) (int, bool) {
	t := m.open
	if t == nil || t.conversation != id || !t.atEnd() || len(t.window) == 0 || t.first() > t.seen+1 {
		return 0, false
	}
	n := 0
	for i := len(t.window) - 1; i >= 0 && t.window[i].Seq > t.seen && n < chat.UnreadLimit; i-- {
		if unread(t.window[i], m.self.ID) {
			n++
		}
	}
	return n, true
}

// unreadMsg has a count that was asked for, when the list was like this.
type unreadMsg struct {
	conversation chat.ConversationID
	last, seen   chat.Seq
	deletions    int
	count        int
	err          error
}

func (m *Model) recounted(msg unreadMsg) tea.Cmd {
	if msg.err != nil {
		m.fail("counting unread messages", msg.err)
		return nil
	}
	l := m.entry(msg.conversation)
	if l == nil || l.Mine.Seen >= l.LastSeq {
		return nil
	}
	if l.LastSeq != msg.last || l.Mine.Seen != msg.seen || m.deletions != msg.deletions {
		return m.recount(l) // it may not be so any more
	}
	l.Unread = msg.count
	l.Mentioned = l.Mentioned && l.Unread > 0
	m.sort()
	return nil
}

// removed takes a conversation off that one is no member of any more.
func (m *Model) removed(id chat.ConversationID) tea.Cmd {
	title := "a conversation"
	if l := m.entry(id); l != nil {
		title = l.Title()
	}
	m.list = slices.DeleteFunc(m.list, func(l chat.Listed) bool { return l.ID == id })
	m.meanwhile(chat.Removed{Conversation: id})
	return m.lose(id, title)
}

// lose forgets a conversation that is not in the list any more. What was being
// written there is not lost.
func (m *Model) lose(id chat.ConversationID, title string) tea.Cmd {
	delete(m.drafts, id)
	delete(m.unsaved, id)
	delete(m.timelines, id)
	delete(m.typing, id)
	if m.previous == id {
		m.previous = 0
	}
	dropped := m.outbox.Drop(id)
	lost := m.open != nil && m.open.conversation == id
	if lost {
		m.uncover()
	}
	searched := m.toSearch(chat.Removed{Conversation: id})
	if !lost {
		return searched
	}
	m.outbox.Cancel(id)
	var unsent []string
	for _, o := range dropped {
		unsent = append(unsent, o.Body)
	}
	if text := m.draft(); text != "" {
		unsent = append(unsent, text)
	}
	if m.editing != nil {
		unsent = append(unsent, m.composer.Text())
	}
	m.open, m.selected, m.editing = nil, 0, nil
	m.composer.Clear()
	cmd := m.home()
	m.notice = "You are not a member of " + title + " any more."
	if len(unsent) > 0 {
		m.composer.Keep(strings.Join(unsent, "\n"))
		m.notice += " " + m.keys.KeysFor(keymap.Yank) + " brings back what you were writing there."
	}
	return cmd
}

// typist is someone who is writing.
type typist struct {
	user  chat.UserID
	name  string
	until time.Time
}

// typingMsg says that it may be time to show someone as writing no more.
type typingMsg struct{}

func (m *Model) types(ev chat.Typing) tea.Cmd {
	m.typing[ev.Conversation] = typist{ev.User, ev.Name, m.now().Add(chat.TypingLasts)}
	return m.timeTyping(chat.TypingLasts)
}

func (m *Model) timeTyping(d time.Duration) tea.Cmd {
	if m.typingTimer {
		return nil
	}
	m.typingTimer = true
	return m.tick(d, func(time.Time) tea.Msg { return typingMsg{} })
}

// typingEnds takes off who writes no more, and waits for the next to end.
func (m *Model) typingEnds() tea.Cmd {
	m.typingTimer = false
	now := m.now()
	var next time.Duration
	for id, t := range m.typing {
		left := t.until.Sub(now)
		if left <= 0 {
			delete(m.typing, id)
		} else if next == 0 || left < next {
			next = left
		}
	}
	if next == 0 {
		return nil
	}
	return m.timeTyping(next)
}
