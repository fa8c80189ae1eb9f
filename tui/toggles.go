package tui

import tea "charm.land/bubbletea/v2"

// toggleSidebar hides or shows the list of conversations. On a narrow screen it opens
// the switcher instead.
func (m *Model) toggleSidebar() tea.Cmd {
	if m.width < sidebarFrom {
		return m.openSwitcher("")
	}
	m.hideSidebar = !m.hideSidebar
	return nil
}

// toggleMouse switches the mouse between selecting text and scrolling.
func (m *Model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	m.notice = "The mouse selects text again."
	if m.mouse {
		m.notice = "The wheel scrolls now; hold Shift (Option on a Mac) to select text. Alt+M gives the mouse back."
	}
	return nil
}
