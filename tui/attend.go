package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
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
	look    look      // what is being read now
	looks   int       // there were
	timing  bool      // a [lookMsg] is to come; there is never more than one
	held    bool      // nothing is read any more in this visit: it was marked unread
}

// look is what has been on the screen, attended to, all the time since it
// began.
type look struct {
	conversation chat.ConversationID // 0: nothing is being read
	visit        int
	to           chat.Seq
	since        time.Time
	number       int // counts the looks
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
	case tea.MouseWheelMsg:
		// The wheel turns in a window that only has the pointer over it too.
		m.attention.input = m.now()
	default:
		// A key or a click also says where the focus is.
		m.attention.input, m.focused = m.now(), true
	}
	m.chat.Attend()
}

// lookMsg says that a look has been long enough, if it is still the same.
type lookMsg struct{ number int }

// attend follows what is being read, after each thing that happened, and has
// the time taken while there is something.
func (m *Model) attend() tea.Cmd {
	to, ok := m.readable()
	if !ok || to <= m.open.seen {
		m.look = look{}
		return nil
	}
	if l := &m.look; l.conversation == m.open.conversation && l.visit == m.open.visit {
		// What came later has not been there all the time.
		l.to = min(l.to, to)
		if l.to > m.open.seen {
			return nil
		}
	}
	m.looks++
	m.look = look{m.open.conversation, m.open.visit, to, m.now(), m.looks}
	return m.timeLook(lookTime)
}

func (m *Model) timeLook(d time.Duration) tea.Cmd {
	if m.timing {
		return nil
	}
	m.timing = true
	msg := lookMsg{m.look.number}
	return m.tick(d, func(time.Time) tea.Msg { return msg })
}

// watching reports whether what arrives in the open conversation comes before
// the user's eyes.
func (m *Model) watching() bool {
	return m.open != nil && m.open.following && !m.held && m.overlay == nil && !m.tooSmall() && m.there(m.now())
}

// readable is the newest message that is being read, if anything is.
func (m *Model) readable() (chat.Seq, bool) {
	t := m.open
	if t == nil || m.held || m.overlay != nil || m.tooSmall() || !m.there(m.now()) {
		return 0, false
	}
	if !t.visited || !t.loaded || t.seek || t.following && !t.atEnd() {
		return 0, false // on the way to the place
	}
	to := m.canvas().shown()
	return to, to > 0
}

// looked marks read what was on the screen long enough, or has the rest of the
// time taken if the look began later than the timer.
func (m *Model) looked(msg lookMsg) tea.Cmd {
	m.timing = false
	rest := m.attend() // nobody may be there any more, without anything having happened
	if m.timing || m.look.conversation == 0 {
		return rest
	}
	if m.look.number != msg.number {
		left := m.look.since.Add(lookTime).Sub(m.now())
		return m.timeLook(max(0, min(left, lookTime)))
	}
	id, to := m.look.conversation, m.look.to
	m.look = look{}
	m.chat.MarkRead(id, to)
	return m.seen(id, to)
}
