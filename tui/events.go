package tui

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/hint"
	"confab/tui/sidebar"
)

// events handles all events that have arrived since the last frame, together.
func (m *Model) events(b *eventsMsg) tea.Cmd {
	if b.Ended != "" {
		m.ended = b.Ended
		return tea.Quit
	}
	var cmds []tea.Cmd
	if b.Resync {
		m.timeline.Resync()
		if m.aside != nil {
			m.aside.Stale()
		}
		cmds = append(cmds, sidebar.Resync(m.sidebar), m.overlay.ReadInvitations(), m.toOverlay(chat.LaterChanged{}), m.overlay.ReadThreads(), readSelf(m.preferences))
	}
	for _, ev := range b.Events {
		if cmd := m.event(ev); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	if rung := ring(m, m.sidebar.Alert()); rung != nil { // once for all
		cmds = append(cmds, rung)
	}
	if b.Receipts != nil {
		m.timeline.SetReceipts(b.Receipts)
	}
	if len(b.Events) > 0 {
		m.sidebar.Sort()
	}
	m.timeline.Reveal() // new messages do not push the selected one off the screen
	return tea.Batch(cmds...)
}

// selfMsg has the user's account, as the chat has it.
type selfMsg struct {
	user chat.User
	err  error
}

// readSelf makes the command that reads the user's account, after events were dropped or one
// of its preferences has changed.
func readSelf(from Preferences) tea.Cmd {
	return func() tea.Msg {
		user, err := ask.For(from.Self)
		return selfMsg{user, err}
	}
}

// event passes an event to all components. Each ignores the events that do not concern it.
func (m *Model) event(ev chat.Event) tea.Cmd {
	title := ""
	switch ev := ev.(type) {
	case chat.Removed:
		title = "a conversation"
		if l := m.sidebar.Entry(ev.Conversation); l != nil {
			title = l.Title()
		}
	case chat.UserRenamed:
		if ev.User == m.self.ID {
			m.self.Name, m.self.DisplayName = ev.Name, ev.DisplayName
		}
	case chat.StatusSet:
		if ev.User == m.self.ID {
			m.self.Status = ev.Status
		}
	case chat.WordsChanged:
		if m.expiring.announced = ev.Kind == chat.WordAnnouncement; !m.expiring.announced {
			m.notice = hint.WordsChanged(ev)
		}
		return nil
	case chat.Silenced:
		m.notice = ev.Words()
		return m.sidebar.Event(ev)
	case chat.PreferencesChanged:
		return together(readPreferences(m.preferences), readSelf(m.chat().Preferences))
	case chat.InvitationsChanged:
		return m.overlay.ReadInvitations()
	case chat.ThreadsChanged:
		return m.overlay.ReadThreads()
	case chat.RequestsChanged, chat.RequestNamed, chat.LaterChanged:
		return m.toOverlay(ev)
	}
	m.timeline.Event(ev)
	if m.aside != nil {
		m.aside.Event(ev)
	}
	cmd := m.sidebar.Event(ev)
	if notice := m.composer.Event(ev); notice != "" {
		m.notice = notice
	}
	switch ev := ev.(type) {
	case chat.MessagePosted:
		switch {
		case m.timeline.Reaches(ev.Message):
			m.expiring.lifts = m.notice
		case ev.Message.Notice.ToEverybody():
			m.notice = ev.Message.Text()
		}
		if m.welcome != nil && ev.Message.Author == m.self.ID && !ev.Message.System() { // on another screen of the user's
			return together(cmd, greeter{m}.wrote())
		}
	case chat.MessageChanged:
		return together(m.toOverlay(ev), cmd)
	case chat.Reacted:
		return together(m.reacted(ev), cmd)
	case chat.Removed:
		return together(cmd, m.nav.lose(ev.Conversation, title))
	}
	return cmd
}
