package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app"
)

// draftAfter is how long after one has begun to write the draft is kept, so
// that a broken connection loses little of it.
const draftAfter = 2 * time.Second

// visitMsg has what the chat says when a conversation is opened.
type visitMsg struct {
	conversation app.ConversationID
	visit        int
	app.Visit
	err error
}

// visit opens a conversation. The one that was open keeps its place and what
// was being written.
func (m *Model) visit(id app.ConversationID) tea.Cmd {
	m.overlay, m.selected, m.wantedSeq = nil, 0, 0
	if m.wanted == id {
		m.wanted = 0
	}
	if m.open != nil && m.open.conversation == id {
		return nil
	}
	if m.entry(id) == nil { // it is new; the list will have it
		m.wanted = id
		return m.readList()
	}
	save := m.leave()
	t := m.timelines[id]
	if t == nil {
		t = newTimeline(id)
		m.timelines[id] = t
	}
	if l := m.entry(id); l != nil {
		t.latest = l.LastSeq
	}
	m.open, m.held = t, false
	m.style = nil
	m.draftSaved = m.drafts[id]
	m.composer.set(m.draftSaved)
	n := t.visit
	return tea.Batch(save, func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		v, err := m.chat.Visit(ctx, id)
		return visitMsg{id, n, v, err}
	})
}

// leave ends the visit of the open conversation.
func (m *Model) leave() tea.Cmd {
	if m.open == nil {
		return nil
	}
	save := m.saveDraft()
	m.previous = m.open.conversation
	m.open.close()
	if m.open.following && len(m.open.pending) == 0 {
		delete(m.timelines, m.open.conversation)
	}
	m.open = nil
	return save
}

func (m *Model) visited(msg visitMsg) tea.Cmd {
	if m.open == nil || m.open.conversation != msg.conversation || m.open.visit != msg.visit {
		return nil
	}
	if msg.err != nil {
		m.fail("opening a conversation", msg.err)
		return nil
	}
	m.open.enter(msg.Visit)
	if l := m.current(); l != nil {
		l.Mine.Seen, l.Unread = msg.Seen, msg.Unread
	}
	return nil
}

// draftMsg says that it is time to keep what is being written.
type draftMsg struct{}

// keepDraft makes sure that what is written is kept in a moment.
func (m *Model) keepDraft() tea.Cmd {
	if m.draftTimer || m.open == nil || m.draft() == m.draftSaved {
		return nil
	}
	m.draftTimer = true
	return m.tick(draftAfter, func(time.Time) tea.Msg { return draftMsg{} })
}

// draft is what is kept of what is being written: not a command.
func (m *Model) draft() string {
	if _, _, ok := parseCommand(m.composer.text); ok {
		return ""
	}
	return m.composer.text
}

// saveDraft makes the command that keeps what is written in the open
// conversation, if it has changed.
func (m *Model) saveDraft() tea.Cmd {
	id, body, changed := m.Draft()
	if !changed {
		return nil
	}
	m.draftSaved, m.drafts[id] = body, body
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		if err := m.chat.SaveDraft(ctx, id, body); err != nil && !app.IsRefusal(err) {
			m.fault("keeping a draft", err)
		}
		return nil
	}
}

// Draft is what is being written and not kept yet: when the session ends it
// is to be kept by whoever ran the model.
func (m *Model) Draft() (id app.ConversationID, body string, changed bool) {
	if m.open == nil || m.draft() == m.draftSaved {
		return 0, "", false
	}
	return m.open.conversation, m.draft(), true
}
