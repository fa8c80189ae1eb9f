package tui

import (
	"context"
	"maps"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// draftAfter is how long after one has begun to write the draft is kept, so
// that a broken connection loses little of it.
const draftAfter = 200 * time.Millisecond

// visitMsg has what the chat says when a conversation is opened.
type visitMsg struct {
	conversation chat.ConversationID
	visit        int // which of the session's visits asked
	chat.Visit
	err error
}

// visit opens a conversation. The one that was open keeps its place and what
// was being written.
func (m *Model) visit(id chat.ConversationID) tea.Cmd {
	m.uncover()
	m.selected, m.wanted, m.wantedSeq = 0, 0, 0
	if m.open != nil && m.open.conversation == id {
		return nil
	}
	if m.entry(id) == nil { // it is new; the list will have it
		m.wanted = id
		return m.readList()
	}
	early := "" // typed before there was a conversation
	if m.open == nil {
		early = m.composer.Text()
	}
	save := m.leave()
	t := m.timelines[id]
	if t == nil {
		t = newTimeline(id, m.outbox)
		m.timelines[id] = t
	}
	m.visits++
	t.visit = m.visits
	t.latest = max(t.latest, m.entry(id).LastSeq)
	m.open, m.held = t, false
	m.style = nil
	m.draftSaved = m.drafts[id]
	m.composer.Set(m.draftSaved + early)
	return tea.Batch(save, m.askVisit())
}

// askVisit makes the command that tells the chat which conversation is open.
// Only one is under way at a time, so that the last is the one that counts.
func (m *Model) askVisit() tea.Cmd {
	if m.visiting || m.open == nil || m.open.visited {
		return nil
	}
	m.visiting = true
	id, visit := m.open.conversation, m.open.visit
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		v, err := m.chat.Visit(ctx, id)
		return visitMsg{id, visit, v, err}
	}
}

// leave ends the visit of the open conversation.
func (m *Model) leave() tea.Cmd {
	if m.open == nil {
		return nil
	}
	m.endEdit()
	save := m.saveDraft()
	m.previous = m.open.conversation
	m.open.close()
	if m.open.following {
		delete(m.timelines, m.open.conversation)
	}
	m.open = nil
	return save
}

func (m *Model) visited(msg visitMsg) tea.Cmd {
	m.visiting = false
	if m.open == nil || m.open.visit != msg.visit {
		return m.askVisit()
	}
	l := m.current()
	if msg.err != nil {
		m.fail("opening a conversation", msg.err)
		// What is known of it is better than an empty screen.
		if msg.Visit = (chat.Visit{}); l != nil {
			msg.Seen, msg.Unread = l.Mine.Seen, l.Unread
		}
		m.open.enter(msg.Visit)
		return nil
	}
	m.open.enter(msg.Visit)
	if l != nil {
		l.Mine.Seen, l.Unread = msg.Seen, msg.Unread
		l.Mentioned = l.Mentioned && l.Unread > 0
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

// draft is what is kept of what is being written: not a command, and not
// the edit of a message.
func (m *Model) draft() string {
	text := m.composer.Text()
	if m.editing != nil {
		text = m.editing.draft
	}
	if _, _, ok := parseCommand(text); ok {
		return ""
	}
	return text
}

// saveDraft makes the command that keeps what is written in the open
// conversation, if it has changed.
func (m *Model) saveDraft() tea.Cmd {
	id, body, changed := m.unkept()
	if !changed {
		return nil
	}
	m.draftSaved, m.drafts[id] = body, body
	m.unsaved[id] = body
	return m.writeDraft()
}

// draftKeptMsg is the end of keeping one draft.
type draftKeptMsg struct{}

// writeDraft makes the command that keeps one of the drafts that wait for it.
// Only one is under way at a time, so that the last is the one that counts.
func (m *Model) writeDraft() tea.Cmd {
	if m.draftWriting {
		return nil
	}
	for id, body := range m.unsaved {
		delete(m.unsaved, id)
		m.draftWriting = true
		return func() tea.Msg {
			ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
			defer cancel()
			if err := m.chat.SaveDraft(ctx, id, body); err != nil && !chat.IsRefusal(err) {
				m.onError("keeping a draft", err)
			}
			return draftKeptMsg{}
		}
	}
	return nil
}

// Drafts are what is being written and not kept yet, by conversation ("": what
// was kept is gone). When the session ends they are to be kept by whoever ran
// the model.
func (m *Model) Drafts() map[chat.ConversationID]string {
	drafts := maps.Clone(m.unsaved)
	if id, body, changed := m.unkept(); changed {
		drafts[id] = body
	}
	return drafts
}

// unkept is what is being written in the open conversation, and whether it is
// to be kept yet.
func (m *Model) unkept() (id chat.ConversationID, body string, changed bool) {
	if m.open == nil || m.draft() == m.draftSaved {
		return 0, "", false
	}
	return m.open.conversation, m.draft(), true
}
