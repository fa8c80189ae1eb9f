package timeline

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

const (
	// lookTime is how long a message must be on the screen to count as read. A user who
	// only passes through a conversation has read nothing.
	lookTime = time.Second
	// inputCounts is how long users count as present after they press a key, if their
	// terminal does not report its focus (tmux and screen often don't).
	inputCounts = 60 * time.Second
)

// attention estimates whether the user is at the screen, and knows which messages are being
// read. A window that was left open in the background must not mark anything as read.
type attention struct {
	reports bool      // the terminal reports its focus
	focused bool      // the last report, or a key since then
	input   time.Time // of the last key or click
	look    look      // the messages that are being read now
	looks   int       // the number of looks so far
	timing  bool      // a [LookMsg] is to come; there is never more than one
	held    bool      // the user marked messages unread, so this visit reads nothing more
}

// look is a span of time in which the user was at the screen, with the messages that were
// on it all the time.
type look struct {
	conversation chat.ConversationID // 0: nothing is being read
	visit        int
	to           chat.Seq
	since        time.Time
	number       int // counts the looks
}

// LookMsg says that a look has lasted long enough, if it has not been replaced by another
// since.
type LookMsg struct{ number int }

// there reports whether the user is at the screen.
func (a *attention) there(now time.Time) bool {
	if a.reports {
		return a.focused
	}
	return now.Sub(a.input) < inputCounts
}

// took notes a key, a click or a report of the focus. It reports whether this shows that
// the user is there.
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

// follow updates the look after each event. t shows messages up to the number to, or
// nothing that counts as read if ok is false. follow reports whether a new look has begun.
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

// timer returns the command that reports when the look has lasted long enough.
func (a *attention) timer(tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd, d time.Duration) tea.Cmd {
	if a.timing {
		return nil
	}
	a.timing = true
	msg := LookMsg{a.look.number}
	return tick(d, func(time.Time) tea.Msg { return msg })
}
