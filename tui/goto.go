package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// goTo opens a conversation at a message, with those around it, and selects it.
func (m *Model) goTo(id chat.ConversationID, seq chat.Seq) tea.Cmd {
	cmd := m.visit(id)
	if m.open == nil || m.open.conversation != id {
		m.wantedSeq = seq // when the list has it
		return cmd
	}
	m.open.goTo(seq)
	m.selected = seq
	m.notice = selectHint
	return cmd
}

// goTo makes a message the place. If it is not in the window those around it
// are read.
func (t *timeline) goTo(seq chat.Seq) {
	t.target, t.seek = seq, false
	if len(t.window) > 0 && t.first() <= seq && seq <= t.last() {
		return
	}
	t.following, t.bottomSeq, t.bottomLine = false, seq, 0
	t.window, t.loaded, t.reading, t.atStart, t.stale, t.meanwhile = nil, false, false, false, false, nil
	t.pages++
}

// aim puts the message that one goes to on the screen, once it is there, with
// most of the screen for what was said after it.
func (c canvas) aim() {
	if c.target == 0 || !c.loaded || len(c.window) == 0 {
		return
	}
	item := slices.IndexFunc(c.window, func(m *chat.Message) bool { return m.Seq >= c.target })
	c.target = 0
	if item >= 0 {
		c.stay(c.filled(c.moved(place{item, 0}, c.height*2/3)))
	}
}
