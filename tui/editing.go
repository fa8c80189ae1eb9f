package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/hint"
)

// own reports whether a message is one that its user can still do something
// with.
func (m *Model) own(o *chat.Message) bool { return o.Author == m.self.ID && o.Counts() }

// cmdEdit puts the selected message, or the newest of one's own, into the
// composer.
func (m *Model) cmdEdit(string) tea.Cmd {
	msg, ok := m.timeline.Message(func(o *chat.Message) bool { return m.own(o) && o.File == nil })
	switch {
	case !ok:
		return m.refuse("Select a message first: Esc, then Up and Down.")
	case msg.Deleted():
		return m.refuse("This message is deleted.")
	case !m.own(msg):
		return m.refuse("You can only edit what you have written: Up and Down select another message.")
	case msg.File != nil:
		return m.refuse("A file cannot be edited: d deletes it, and then you can send another one.")
	}
	m.timeline.Select(0)
	m.composer.EditMessage(msg)
	return nil
}

// cmdDelete selects a message, the newest of one's own if none is selected, and
// asks whether it is to be deleted.
func (m *Model) cmdDelete(string) tea.Cmd {
	msg, ok := m.timeline.Message(m.own)
	if !ok {
		return m.refuse("Select a message first: Esc, then Up and Down.")
	}
	switch {
	case msg.System():
		return m.refuse("This is a line about the conversation: it stays.")
	case msg.Deleted():
		return m.refuse("This message is deleted already.")
	case msg.Author != m.self.ID:
		l := m.current()
		if l == nil {
			return nil
		}
		if err := chat.Decide(l.Mine, l.Conversation, chat.ActionDeleteOthers); err != nil {
			return m.refuse(hint.Text(err))
		}
	}
	m.timeline.Select(msg.Seq)
	m.deleting = msg.Seq
	m.notice = "Press d again to delete this message for everyone; any other key keeps it."
	return nil
}

// deleteSelected deletes what was asked about.
func (m *Model) deleteSelected() tea.Cmd {
	id, seq := m.timeline.Conversation(), m.timeline.Selected()
	return m.ask("deleting a message", func(ctx context.Context) doneMsg {
		_, err := m.chat.Selected.Delete(ctx, id, seq)
		return doneMsg{Answer: command.Answer{Err: err}}
	})
}
