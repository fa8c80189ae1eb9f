package timeline

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

const (
	// lookTime is how long a message must be on the screen to count as read. A
	// user who passes through a conversation has read nothing.
	lookTime = time.Second
	// inputCounts is how long a user counts as present after a key, in a terminal
	// that does not report its focus (tmux and screen often don't).
	inputCounts = 60 * time.Second
)

// attention knows whether the user is at the screen, as far as that can be told, and
// what is being read. A window left open in the background must not read.
type attention struct {
	reports bool      // the terminal reports its focus
	focused bool      // the last report, or a key since then
	input   time.Time // of the last key or click
	look    look      // what is being read now
	looks   int       // how many looks there were
	timing  bool      // a [lookMsg] is to come; there is never more than one
	held    bool      // the user marked messages unread, so this visit reads nothing more
}

// look is what has been on the screen, with the user there, ever since it began.
type look struct {
	conversation chat.ConversationID // 0: nothing is being read
	visit        int
	to           chat.Seq
	since        time.Time
	number       int // counts the looks
}

// lookMsg says that a look has been long enough, if it is still the same one.
type lookMsg struct{ number int }

// there reports whether the user is at the screen.
func (a *attention) there(now time.Time) bool {
	if a.reports {
		return a.focused
	}
	return now.Sub(a.input) < inputCounts
}

// took takes notice of what the user did. It reports whether that shows that the
// user is there.
func (a *attention) took(msg tea.Msg, now time.Time) bool {
	switch msg.(type) {
	case tea.FocusMsg:
		a.reports, a.focused = true, true
	case tea.BlurMsg:
		a.reports, a.focused = true, false
		return false
	case tea.MouseWheelMsg:
		// The wheel also turns in a window that merely has the pointer over it.
	default:
		// A key or a click also says where the focus is.
		a.input, a.focused = now, true
	}
	return true
}

// follow keeps the look up to date after each event: t shows messages up to to,
// or nothing that counts (ok is false). It reports whether a new look has begun.
func (a *attention) follow(t *conversation, to chat.Seq, ok bool, now time.Time) bool {
	if !ok || to <= t.seen {
		a.look = look{}
		return false
	}
	if l := &a.look; l.conversation == t.id && l.visit == t.visit {
		// Later messages have not been on the screen all the time.
		l.to = min(l.to, to)
		if l.to > t.seen {
			return false
		}
	}
	a.looks++
	a.look = look{t.id, t.visit, to, now, a.looks}
	return true
}

// timer makes the command that says when the look has been long enough.
func (a *attention) timer(tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd, d time.Duration) tea.Cmd {
	if a.timing {
		return nil
	}
	a.timing = true
	msg := lookMsg{a.look.number}
	return tick(d, func(time.Time) tea.Msg { return msg })
}
