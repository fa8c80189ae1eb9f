package tui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"confab/tui/screen"
	"confab/tui/setting"
	"confab/tui/sidebar"
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
