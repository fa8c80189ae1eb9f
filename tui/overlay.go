package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/tui/command"
	"confab/tui/dialog"
	"confab/tui/keymap"
	"confab/tui/setting"
)

// toOverlay passes a message to the overlay, and carries out the dialog's result.
func (m *Model) toOverlay(msg tea.Msg) tea.Cmd {
	r, cmd := m.overlay.Update(msg)
	return together(m.carryOut(r), cmd)
}

// carryOut carries out the result of a dialog.
func (m *Model) carryOut(r dialog.Result) tea.Cmd {
	if r.Notice != "" {
		m.notice = r.Notice
	}
	m.recovery.due = m.recovery.due || r.Failed
	if r.Ring != "" {
		words := r.Ring
		if m.writing.set.Value(setting.NotifyText) == setting.TextContent {
			words = r.Notice
		}
		r.Ring = ""
		return together(m.notify(words), m.carryOut(r))
	}
	if r.Compose != "" {
		if draft := m.composer.Draft(); draft != "" {
			m.composer.Keep(draft)
			m.notice = m.keys.KeysFor(keymap.Yank) + " brings back what you were writing."
		}
		m.composer.Set(r.Compose)
	}
	switch {
	case r.Copy != "":
		return m.copy(r.Copy)
	case r.Open != 0 && r.At != 0:
		return m.nav.goTo(r.Open, r.Thread, r.At)
	case r.Open != 0 && r.Thread != 0:
		return m.nav.openThread(r.Open, r.Thread)
	case r.Open != 0:
		return m.nav.visit(r.Open)
	case r.Run.Name != "":
		c, _ := command.Named(r.Run.Name)
		return m.runCommand(c, r.Run.Rest)
	}
	return nil
}

// showFiles shows the files of the open conversation.
func (m *Model) showFiles(string) tea.Cmd {
	l := m.nav.current()
	if l == nil {
		m.notice = "There is no conversation open."
		return nil
	}
	return m.overlay.ShowFiles(l.ID, l.Title())
}

// openHelp shows the help.
func (m *Model) openHelp() tea.Cmd {
	return m.overlay.Show(dialog.Help(m.keys, command.Described(), m.theme))
}

// helpWith shows the help for one command, or all of it.
func (m *Model) helpWith(name string) tea.Cmd {
	name = strings.ToLower(strings.TrimPrefix(name, "/"))
	if name == "" {
		return m.openHelp()
	}
	c, ok := command.Named(name)
	if !ok {
		return m.perform(command.Refuse(noCommand(name)))
	}
	return m.overlay.Show(dialog.CommandHelp(c.Command))
}

// openSwitcher shows the switcher, with some letters to begin with.
func (m *Model) openSwitcher(letters string) tea.Cmd {
	return m.overlay.ShowSwitcher(m.self.ID, m.sidebar.Visible(), command.Described(), letters)
}
