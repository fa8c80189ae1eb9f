package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/keymap"
	"confab/tui/sidebar"
)

// current is the list's entry of the open conversation, nil if there is none.
func (m *Model) current() *chat.ConversationSummary {
	return m.sidebar.Entry(m.timeline.Conversation())
}

// visit opens a conversation. The one that was open keeps its place and what was
// being written.
func (m *Model) visit(id chat.ConversationID) tea.Cmd {
	m.overlay.Close()
	m.timeline.Select(0)
	m.wanted, m.wantedSeq = 0, 0
	if m.timeline.Shows(id) {
		return nil
	}
	l := m.sidebar.Entry(id)
	if l == nil { // it is new; the list will have it
		m.wanted = id
		return m.sidebar.Read()
	}
	if open := m.timeline.Conversation(); open != 0 {
		m.previous = open
	}
	m.sidebar.Opened()
	return tea.Batch(m.composer.Open(id), m.timeline.Open(id, l.LastSeq))
}

// visitOr opens a conversation, or says why there is none to open.
func (m *Model) visitOr(id chat.ConversationID, notice string) tea.Cmd {
	if id == 0 {
		m.notice = notice
		return nil
	}
	return m.visit(id)
}

// goTo opens a conversation at a message, with those around it, and selects it.
func (m *Model) goTo(id chat.ConversationID, seq chat.Seq) tea.Cmd {
	cmd := m.visit(id)
	if !m.timeline.Shows(id) {
		m.wantedSeq = seq // when the list has it
		return cmd
	}
	m.timeline.GoTo(seq)
	m.notice = selectHint
	return cmd
}

// home opens #general, or whatever there is.
func (m *Model) home() tea.Cmd {
	return m.visitOr(m.sidebar.Home(), "You are a member of no conversation: /list shows public groups, /dm NAME writes to someone.")
}

// step opens the conversation that is so many places further in the sidebar.
func (m *Model) step(by int) tea.Cmd { return m.visitOr(m.sidebar.Step(by), "") }

// stepUnread opens the next conversation with something unread, in a direction.
func (m *Model) stepUnread(by int) tea.Cmd {
	return m.visitOr(m.sidebar.NextUnread(by), "Nothing is unread.")
}

// last goes back to the conversation that was open before.
func (m *Model) last() tea.Cmd {
	return m.visitOr(m.previous, "There was no other conversation before.")
}

// loaded takes the list of conversations, and opens what was waited for.
func (m *Model) loaded(msg sidebar.ListMsg) tea.Cmd {
	first := m.sidebar.Empty()
	title := ""
	if l := m.current(); l != nil {
		title = l.Title()
	}
	cmd, ok := m.sidebar.Loaded(msg)
	if !ok {
		return nil
	}
	if first {
		m.composer.SetDrafts(m.sidebar.Drafts())
	}
	cmds := []tea.Cmd{cmd}
	wanted, wantedSeq, again := m.wanted, m.wantedSeq, m.sidebar.Stale()
	switch open := m.timeline.Conversation(); {
	case wanted != 0 && m.sidebar.Entry(wanted) != nil:
		if wantedSeq != 0 {
			cmds = append(cmds, m.goTo(wanted, wantedSeq))
		} else {
			cmds = append(cmds, m.visit(wanted))
		}
	case open == 0:
		cmds = append(cmds, m.home())
	case m.sidebar.Entry(open) == nil:
		cmds = append(cmds, m.lose(open, title))
	}
	m.sidebar.Sort()
	if !again {
		m.wanted, m.wantedSeq = 0, 0
	} else {
		if m.wanted == 0 && m.sidebar.Entry(wanted) == nil {
			m.wanted, m.wantedSeq = wanted, wantedSeq // it may be there the next time
		}
		cmds = append(cmds, m.sidebar.Read())
	}
	return tea.Batch(cmds...)
}

// lose forgets a conversation that is not in the list any longer. Ctrl+Y brings
// back what was being written there.
func (m *Model) lose(id chat.ConversationID, title string) tea.Cmd {
	m.sidebar.Forget(id)
	if m.previous == id {
		m.previous = 0
	}
	dropped, written, lost := m.outbox.Drop(id), m.composer.Forget(id), m.timeline.Shows(id)
	m.timeline.Forget(id)
	if lost {
		m.overlay.Close()
	}
	searched := m.toOverlay(chat.Removed{Conversation: id})
	if !lost {
		return searched
	}
	m.outbox.Cancel(id)
	var unsent []string
	for _, o := range dropped {
		unsent = append(unsent, o.Body)
	}
	unsent = append(unsent, written...)
	cmd := m.home()
	m.notice = "You are not a member of " + title + " any more."
	if len(unsent) > 0 {
		m.composer.Keep(strings.Join(unsent, "\n"))
		m.notice += " " + m.keys.KeysFor(keymap.Yank) + " brings back what you were writing there."
	}
	return together(cmd, searched)
}
