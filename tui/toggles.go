package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/tui/command"
	"confab/tui/setting"
	"confab/tui/sidebar"
)

// toggleSidebar hides or shows the list of conversations. On a narrow screen it opens
// the switcher instead.
func (m input) toggleSidebar() tea.Cmd {
	if m.width < sidebarFrom {
		return m.openSwitcher("")
	}
	m.hideSidebar = !m.hideSidebar
	return nil
}

// foldSection folds a section of the list of conversations or unfolds it, on all screens of the
// user.
func foldSection(m *Model, section sidebar.Section) tea.Cmd {
	folded := m.sidebar.Fold(section)
	return m.perform(command.Outcome{Ask: &command.Question{
		Doing: "folding a section",
		Do: func(ctx context.Context) command.Answer {
			return command.Answer{Err: m.chat().Commands.Account.SetPreference(ctx, setting.Folded, folded)}
		},
		Undo: func() { m.sidebar.Fold(section) },
	}})
}

// fold carries out /fold.
func fold(m *Model, name string) tea.Cmd {
	section := m.sidebar.OpenSection()
	if name != "" {
		named, ok := sidebar.SectionNamed(strings.ToLower(name))
		if !ok {
			return m.perform(command.Refuse("Write /fold unread, /fold pinned, /fold groups or /fold people."))
		}
		section = named
	}
	return foldSection(m, section)
}

// clear hides the messages on the screen.
func (m *Model) clear() tea.Cmd {
	m.timeline.Clear()
	m.notice = "Cleared. Scroll up, or come back here, to see the messages again."
	return nil
}

// toggleMouse switches the mouse between selecting text and scrolling.
func (m input) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	m.notice = "The mouse selects text again."
	if m.mouse {
		m.notice = "The wheel scrolls now, and a click opens a conversation of the list; hold Shift (Option on a Mac) to select text. Alt+M gives the mouse back."
	}
	return nil
}

// applySettings passes the user's settings to the components. It is called whenever they
// may have changed.
func (m *Model) applySettings() tea.Cmd {
	m.timeline.SetMarkup(m.writing.set.Value(setting.Markup) == setting.On)
	m.retheme(m.theme.Measure)
	return m.pictures.ask(m.writing.set.Value(setting.Pictures))
}

// settingState is the state that the settings are read from. It is a copy, because the chat
// is asked with it meanwhile.
func settingState(m *Model) setting.State {
	s := setting.State{Self: m.self, Set: m.writing.set, Notifications: m.notices.Notifications, Now: m.now().In(m.term.Location())}
	if l := m.nav.current(); l != nil {
		open := *l
		s.Open = &open
	}
	return s
}
