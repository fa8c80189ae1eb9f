package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/aside"
	"confab/tui/command"
)

// asideFrom is the smallest width of a screen with room for the right pane.
const asideFrom = 140

// asideWidth returns the columns that the right pane takes, 0 if it is not shown.
func asideWidth(m *Model) int {
	switch {
	case m.aside == nil || m.hideAside || m.width < asideFrom:
		return 0
	case m.width < 180:
		return 32
	default:
		return 40
	}
}

// toggleAside hides or shows the right pane.
func (m input) toggleAside() tea.Cmd {
	if m.width < asideFrom {
		m.notice = "The right pane needs a window of 140 columns: /members, /pins and /info show the same."
		return nil
	}
	if m.aside == nil {
		return showAside(m.Model, string(aside.Members))
	}
	m.hideAside = !m.hideAside
	return nil
}

// showAside carries out /pane: it says what the right pane shows.
func showAside(m *Model, words string) tea.Cmd {
	kind := aside.Kind(strings.ToLower(words))
	switch {
	case words == "":
		return input{m}.toggleAside()
	case kind == "off":
		m.hideAside = true
		return nil
	case !slices.Contains(aside.Kinds(), kind):
		return m.perform(command.Refuse("Write /pane and one of these: members, thread, pinned, details, off."))
	}
	if m.aside == nil {
		m.aside = aside.New(aside.Options{
			Messages: m.chat().Messages, Pins: m.chat().Selected, Self: m.self.ID, Zone: m.term.Location(), OnError: func(doing string, err error) { m.fail(doing, err) },
		})
	}
	m.aside.Show(kind)
	if m.hideAside = false; m.width < asideFrom {
		m.notice = "The right pane appears when the window has 140 columns."
	}
	return nil
}

// beside has what the right pane shows.
func (m drawing) beside() aside.Shown {
	is := aside.Shown{Receipts: m.timeline.Members(), Theme: m.theme, Width: m.layout.aside.W, Height: m.layout.aside.H}
	if l := m.nav.current(); l != nil {
		is.Conversation, is.Title = l.ID, m.chrome.where(l)
	}
	switch m.aside.Kind() {
	case aside.Details:
		is.Message, _ = m.timeline.Message(m.selection.own)
	case aside.Thread:
		threaded := func(o *chat.Message) bool { return o.Replies > 0 || o.Thread != 0 }
		if root, ok := m.timeline.Message(threaded); ok && threaded(root) {
			is.Root = root.Root()
		}
	}
	return is
}

// nextAside returns the command that reads what the right pane is to show, nil if it needs
// nothing.
func nextAside(m *Model) tea.Cmd {
	if m.layout.aside.W == 0 {
		return nil
	}
	return m.aside.Next(drawing{m}.beside())
}
