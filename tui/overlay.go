package tui

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/dialog"
	"confab/tui/keymap"
)

// cover covers the chat with a dialog.
func (m *Model) cover(d dialog.Dialog) tea.Cmd {
	m.uncover()
	m.overlay = d
	return d.Init()
}

// uncover closes the dialog, if one is open.
func (m *Model) uncover() {
	m.overlay = nil
	if m.searched != nil {
		m.searched.Leave()
	}
}

// toDialog gives the open dialog a message, and does what it asks for.
func (m *Model) toDialog(msg tea.Msg) tea.Cmd {
	r, cmd := m.overlay.Update(msg)
	return together(m.carryOut(r), cmd)
}

// toSearch tells the last search of an event, whether it is open or not.
func (m *Model) toSearch(ev chat.Event) tea.Cmd {
	if m.searched == nil {
		return nil
	}
	_, cmd := m.searched.Update(ev)
	return cmd
}

// answer gives an answer to the dialog that asked. If that dialog is closed, only
// what it has to say counts.
func (m *Model) answer(a dialog.Answer) tea.Cmd {
	r, cmd := a.For.Update(a.Msg)
	if a.For != m.overlay {
		r = dialog.Result{Notice: r.Notice}
	}
	return together(m.carryOut(r), cmd)
}

// carryOut does what a dialog asks for.
func (m *Model) carryOut(r dialog.Result) tea.Cmd {
	if r.Close {
		m.uncover()
	}
	if r.Notice != "" {
		m.notice = r.Notice
	}
	if r.Compose != "" {
		m.compose(r.Compose)
	}
	switch {
	case r.Open != 0 && r.At != 0:
		return m.goTo(r.Open, r.At)
	case r.Open != 0:
		return m.visit(r.Open)
	case r.Run.Name != "":
		c, _ := command.Named(r.Run.Name)
		return m.runCommand(c, r.Run.Rest)
	}
	return nil
}

// compose puts the beginning of a command in the composer. Ctrl+Y brings back what
// the user was writing there.
func (m *Model) compose(text string) {
	if draft := m.composer.Draft(); draft != "" {
		m.composer.Keep(draft)
		m.notice = m.keys.KeysFor(keymap.Yank) + " brings back what you were writing."
	}
	m.composer.Set(text)
}

// openHelp shows the help.
func (m *Model) openHelp() tea.Cmd { return m.cover(dialog.Help(m.keys, command.Described(), m.theme)) }

// openSwitcher shows the switcher, with some letters to begin with.
func (m *Model) openSwitcher(query string) tea.Cmd {
	return m.cover(dialog.NewSwitcher(m.chat.Directory, m.self.ID, m.sidebar.Visible(), command.Described(), query, m.onError))
}

// openSearch shows a new search for some words, or the last search again.
func (m *Model) openSearch(words string) tea.Cmd {
	if words != "" || m.searched == nil {
		m.searched = dialog.NewSearch(dialog.SearchOptions{Messages: m.chat.Search, Zone: m.term.Location(), Tick: m.tick, OnError: m.onError}, words)
	} else {
		m.searched.Again()
	}
	return m.cover(m.searched)
}

// requestsRead takes the requests to join. A user who may not see them is told so
// only after asking for them.
func (m *Model) requestsRead(msg dialog.RequestsMsg) tea.Cmd {
	if msg.Err != nil {
		if msg.Open || !chat.IsRefusal(msg.Err) {
			m.fail("reading requests to join", msg.Err)
		}
		return nil
	}
	m.waiting = len(msg.List)
	have, shown := m.overlay.(*dialog.Requests)
	switch {
	case shown:
		have.Replace(msg.List)
	case msg.Open && len(msg.List) == 0:
		m.notice = "Nobody is waiting to be let in."
	case msg.Open:
		return m.cover(dialog.NewRequests(m.chat.Requests, m.term.Location(), m.onError, msg.List))
	}
	return nil
}

// requestsChanged takes how many requests there are, and has the page of requests
// read again if it is open.
func (m *Model) requestsChanged(ev chat.RequestsChanged) tea.Cmd {
	m.waiting = ev.Waiting
	if _, ok := m.overlay.(*dialog.Requests); ok {
		return dialog.ReadRequests(m.chat.Requests, true)
	}
	return nil
}

// requestNamed says which name somebody has chosen who was let in.
func (m *Model) requestNamed(ev chat.RequestNamed) tea.Cmd {
	m.notice = dialog.Named(ev)
	if _, ok := m.overlay.(*dialog.Requests); ok {
		return m.toDialog(ev)
	}
	return nil
}

// invitationsRead takes the user's invitations to groups.
func (m *Model) invitationsRead(msg dialog.InvitationsMsg) tea.Cmd {
	if msg.Err != nil {
		m.fail("reading invitations", msg.Err)
		return nil
	}
	if !msg.Open && len(msg.List) > m.invited {
		in := msg.List[0]
		m.notice = "@" + in.From.Name + " invites you to #" + in.Conversation.Name + ": /invitations answers."
	}
	m.invited = len(msg.List)
	have, shown := m.overlay.(*dialog.Invitations)
	switch {
	case shown && len(msg.List) == 0:
		m.uncover()
	case shown:
		have.Replace(msg.List)
	case msg.Open && len(msg.List) == 0:
		m.notice = "You have no invitations."
	case msg.Open:
		return m.cover(dialog.NewInvitations(m.term.Location(), msg.List))
	}
	return nil
}
