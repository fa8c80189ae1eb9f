package tui

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/dialog"
	"confab/tui/screen"
	"confab/tui/setting"
	"confab/tui/sidebar"
	"confab/tui/theme"
)

// ring notifies the user of a message, or of being added to a group.
func ring(m *Model, a *sidebar.Alert) tea.Cmd {
	if a == nil {
		return nil
	}
	words := "New message from " + a.From
	if added := a.AddedText(); added != "" {
		if m.notice = added + "."; a.Quiet {
			return nil
		}
		return m.notify(added)
	}
	if m.writing.set.Value(setting.NotifyText) == setting.TextContent && a.Message != nil {
		words = a.From + ": " + a.Message.Text()
		if a.Group != "" {
			words = a.From + " in " + a.Group + ": " + a.Message.Text()
		}
	}
	return m.notify(words)
}

// notify notifies the user with a text, unless the last notification was a moment ago, or
// the user has turned notifications off.
func (m *Model) notify(words string) tea.Cmd {
	kind := m.writing.set.Value(setting.Notify)
	if kind == setting.Off || !m.notices.Ring(m.now()) {
		return nil
	}
	return func() tea.Msg { return screen.Notification{Kind: kind, Text: words} }
}

// Place returns the value to store for the preference [setting.Place], or "" if the stored
// one is still right. It also reports whether the user sees the welcome still, so that the
// next session shows it too.
func (m *Model) Place() (place string, greets bool) {
	l := m.nav.current()
	if l == nil {
		return "", m.welcome != nil
	}
	place = l.UID.String() + " " + strconv.FormatInt(int64(m.timeline.At()), 10)
	if place == m.nav.came {
		place = ""
	}
	return place, m.welcome != nil
}

// noticeLasts is how long a notice is shown, and noticeLetters is how many of its letters
// add a second to that.
const (
	noticeLasts   = 8 * time.Second
	noticeLetters = 15
)

// expiring is the timer of the notice on the screen. It runs only while there is one.
type expiring struct {
	notice  string // the one that until belongs to
	until   time.Time
	running bool // an [expiredMsg] is to come
	// announced says that the notice is an announcement. It stays until the user presses a key,
	// and for as long as other notices even then.
	announced bool
	// lifts is the notice below which a message has come: the messages make room for it, so
	// that the new one is seen.
	lifts string
}

// expiredMsg says that it may be time to remove the notice.
type expiredMsg struct{}

// expire starts the timer of a notice that has come up.
func expire(m *Model) tea.Cmd {
	e := &m.expiring
	if e.notice != m.notice {
		e.notice, e.until = m.notice, m.now().Add(noticeLasts+time.Duration(len(m.notice)/noticeLetters)*time.Second)
	}
	if m.notice == "" || e.running || e.announced {
		return nil
	}
	e.running = true
	return m.tick(e.until.Sub(m.now()), func(time.Time) tea.Msg { return expiredMsg{} })
}

// expired removes the notice when its time has come. A notice waits while a dialog covers it
// and while it asks the user something.
func expired(m *Model) {
	e := &m.expiring
	switch e.running = false; {
	case e.announced:
	case m.overlay.Covers() || m.selection.deleting != 0:
		e.until = m.now().Add(noticeLasts)
	case !m.now().Before(e.until):
		m.interrupted, m.notice, e.lifts = false, "", ""
	}
}

// hush removes the notice, because the user has done something else.
func hush(m *Model) {
	m.interrupted = false
	if e := &m.expiring; e.announced {
		if m.heard = m.preferences.Words(); m.notice != "" && m.now().Before(e.until) {
			return
		}
		e.announced = false
	}
	m.notice, m.expiring.notice, m.expiring.lifts = "", "", ""
}

// tellUntold shows the texts of the host that the user was not shown yet, once a conversation
// is open.
func tellUntold(m *Model) tea.Cmd {
	words := m.untold
	if words == nil || m.timeline.Conversation() == 0 || m.overlay.Covers() {
		return nil
	}
	m.untold = nil
	preferences := m.preferences
	return together(m.overlay.Show(dialog.NewWords(*words)), func() tea.Msg {
		return toldMsg{ask.To(func(ctx context.Context) error { return preferences.NoteTold(ctx, *words) })}
	})
}

// toldMsg says whether it was noted that the user was shown texts of the host.
type toldMsg struct{ err error }

// Told returns the announcement that the user has seen during the session, for the next
// session not to show it again; nil if there was none.
func Told(m *Model) *chat.Words {
	if m.heard == nil {
		return nil
	}
	return &chat.Words{Announcement: m.heard.Announcement}
}

// noticeLeast is how many rows a notice may have on any screen. Fewer would often cut off what
// to do next.
const noticeLeast = 3

// announce places a notice. It moves nothing: it is in the row of the rule, and if it is
// longer, also over the messages above that row. Only a new message, which moves the others
// anyway, also moves them out of its way ([expiring.lifts]). It ends with "…" if the screen has
// no room for all of it.
func (l *layout) announce(th *theme.Theme, notice string, height int) {
	if notice == "" {
		return
	}
	free := 0
	if l.rule {
		free = 1
	}
	for _, s := range th.Wrap(notice, max(1, l.composer.W-1)) {
		l.notice = append(l.notice, notice[s.Start:s.End])
	}
	lines := len(l.notice)
	l.notice = l.notice[:min(lines, max(noticeLeast, height/4), l.timeline.H+free)]
	if shown := len(l.notice); 0 < shown && shown < lines {
		l.notice[shown-1] = th.FitMax(l.notice[shown-1], l.composer.W-1-th.Width(th.Ellipsis), "") + th.Ellipsis
	}
	l.covered = max(0, len(l.notice)-free)
	l.composer.Y, l.composer.H = l.composer.Y-l.covered, l.composer.H+l.covered
}
