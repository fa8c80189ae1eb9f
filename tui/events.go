package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/hint"
	"confab/tui/sidebar"
	"confab/tui/timeline"
)

// events handles all events that have arrived since the last frame, together.
func (m *Model) events(b *eventsMsg) tea.Cmd {
	if b.Ended != "" {
		m.ended = b.Ended
		return tea.Quit
	}
	var cmds []tea.Cmd
	if b.Resync {
		cmds = append(cmds, reread(m))
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

// reread returns the command that reads everything again that events keep up to date, because
// some of them were dropped, or something could not be read.
func reread(m *Model) tea.Cmd {
	m.timeline.Resync()
	if m.aside != nil {
		m.aside.Stale()
	}
	return together(sidebar.Resync(m.sidebar), m.overlay.ReadInvitations(), m.toOverlay(chat.LaterChanged{}), m.overlay.ReadThreads(), readSelf(m.preferences))
}

// After a fault the screen reads everything again, at first after recoverSoon. With each
// further fault the pause doubles, up to recoverLate, because a server in trouble has many
// screens.
const (
	recoverSoon = time.Second
	recoverLate = 30 * time.Second
)

// recovery has the screen read everything again after a fault of the server, so that nothing
// is missing on it when the fault has passed.
type recovery struct {
	due     bool // there was a fault
	running bool // a [recoverMsg] is to come
	pause   time.Duration
	last    time.Time // when everything was read again
}

// recoverMsg says that it is time to read everything again.
type recoverMsg struct{}

// recovering starts the timer after a fault.
func recovering(m *Model) tea.Cmd {
	r := &m.recovery
	if !r.due || r.running {
		return nil
	}
	r.due, r.running = false, true
	if r.pause = min(2*r.pause, recoverLate); r.pause == 0 || m.now().Sub(r.last) > 2*recoverLate {
		r.pause = recoverSoon
	}
	return m.tick(r.pause, func(time.Time) tea.Msg { return recoverMsg{} })
}

// recovered reads everything again.
func recovered(m *Model) tea.Cmd {
	r := &m.recovery
	r.due, r.running, r.last = false, false, m.now()
	return together(readPreferences(m.preferences), reread(m), timeline.Revisit(m.timeline))
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
