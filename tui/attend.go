package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app"
)

const (
	// lookTime is how long a message must be on the screen to count as read: a
	// glance at a conversation that one passes reads nothing.
	lookTime = time.Second
	// inputCounts is how long after a key one counts as being there, in a
	// terminal that does not tell of its focus (tmux and screen often don't).
	inputCounts = 60 * time.Second
)

// attention is what is known of whether the user is at the screen. A window
// left open in the background must not read.
type attention struct {
	tells   bool      // the terminal reports its focus
	focused bool      // as it last did
	input   time.Time // of the last key or click
	looking bool      // a look is being timed
	held    bool      // nothing is read any more in this visit: it was marked unread
}

// there reports whether the user attends to the screen.
func (a *attention) there(now time.Time) bool {
	if a.tells {
		return a.focused
	}
	return now.Sub(a.input) < inputCounts
}

// attended takes notice of what the user did.
func (m *Model) attended(msg tea.Msg) {
	switch msg.(type) {
	case tea.FocusMsg:
		m.tells, m.focused = true, true
	case tea.BlurMsg:
		m.tells, m.focused = true, false
		return
	default:
		m.noted()
	}
	m.chat.Attend()
}

// noted notes a key or a click, which also says where the focus is.
func (m *Model) noted() {
	m.attention.input = m.now()
	m.focused = true
}

// readMsg ends a look at the screen.
type readMsg struct {
	conversation app.ConversationID
	visit        int
	to           app.Seq
}

// attend begins to time a look, if there is something to be read by it.
func (m *Model) attend() tea.Cmd {
	to, ok := m.readable()
	if !ok || m.looking || to <= m.open.seen {
		return nil
	}
	m.looking = true
	look := readMsg{m.open.conversation, m.open.visit, to}
	return m.tick(lookTime, func(time.Time) tea.Msg { return look })
}

// readable is the newest message that is being read, if anything is.
func (m *Model) readable() (app.Seq, bool) {
	if m.open == nil || !m.open.visited || !m.open.loaded || m.open.seek || m.held || m.overlay != nil || m.tooSmall() || !m.there(m.now()) {
		return 0, false
	}
	to := m.canvas().shown()
	return to, to > 0
}

// looked marks read what was on the screen all the time.
func (m *Model) looked(look readMsg) tea.Cmd {
	m.looking = false
	to, ok := m.readable()
	if !ok || look.conversation != m.open.conversation || look.visit != m.open.visit {
		return nil
	}
	if to = min(to, look.to); to <= m.open.seen {
		return nil
	}
	m.chat.MarkRead(m.open.conversation, to)
	return m.seen(m.open.conversation, to)
}
