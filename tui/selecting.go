package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/dialog"
	"confab/tui/keymap"
	"confab/tui/timeline"
)

// Selecting a message: Esc, then the arrows. A letter does something with it.

// selectLast begins to select, at the newest message on the screen.
func (m *Model) selectLast() tea.Cmd {
	if m.timeline.SelectLast() {
		m.notice = selectHint
	}
	return nil
}

// farthest is more messages than the timeline has in memory.
const farthest = 1 << 20

const selectHint = "Up and Down select, i: who has read it, u: mark it unread, e: edit, d: delete, Esc: done."

// selectKey takes a key while a message is selected, and the key before has asked
// whether to delete the one of a number. It reports false if the
// key is for somebody else.
func (m *Model) selectKey(act keymap.Action, k tea.KeyPressMsg, deleting chat.Seq) (tea.Cmd, bool) {
	switch {
	case act == keymap.Up:
		m.selectBy(-1)
	case act == keymap.Down:
		m.selectBy(1)
	case act == keymap.PageUp:
		m.selectBy(-max(1, m.layout.timeline.H/2))
	case act == keymap.PageDown:
		m.selectBy(max(1, m.layout.timeline.H/2))
	case act == keymap.Home:
		m.selectBy(-farthest)
	case act == keymap.End:
		m.selectBy(farthest)
	case act == keymap.Escape || act == keymap.Send:
		m.timeline.Select(0)
	case keymap.IsText(k) && k.Text == "i":
		return m.cmdInfo(""), true
	case keymap.IsText(k) && k.Text == "u":
		return m.cmdUnread(""), true
	case keymap.IsText(k) && k.Text == "e":
		return m.cmdEdit(""), true
	case keymap.IsText(k) && k.Text == "d" && deleting != 0 && deleting == m.timeline.Selected():
		return m.deleteSelected(), true
	case keymap.IsText(k) && k.Text == "d":
		return m.cmdDelete(""), true
	case keymap.IsText(k): // one goes on writing
		m.timeline.Select(0)
		return nil, false
	default:
		return nil, false
	}
	return nil, true
}

// selectBy moves the selection by messages and keeps it on the screen.
func (m *Model) selectBy(by int) {
	m.timeline.SelectBy(by)
	m.relayout()
	m.timeline.Reveal()
}

func (m *Model) cmdInfo(string) tea.Cmd {
	msg, ok := m.timeline.Message(m.own)
	if !ok {
		return m.refuse("Select a message first: Esc, then Up and Down.")
	}
	if msg.System() {
		return m.refuse("This is a line about the conversation: it has no receipts.")
	}
	if msg.Deleted() {
		return m.refuse("This message is deleted: it has no receipts.")
	}
	return m.ask("reading the details of a message", func(ctx context.Context) doneMsg {
		d, err := m.chat.Selected.Details(ctx, msg.Conversation, msg.Seq)
		if err != nil {
			return doneMsg{Answer: command.Answer{Err: err}}
		}
		return doneMsg{Answer: command.Answer{Page: dialog.Details(d, m.term.Location())}}
	})
}

func (m *Model) cmdUnread(string) tea.Cmd {
	msg, ok := m.timeline.Message(func(o *chat.Message) bool { return timeline.Counts(o, m.self.ID) })
	if !ok {
		return m.refuse("There is nothing here to mark unread.")
	}
	undo := m.timeline.MarkUnread(msg.Seq)
	return m.ask("marking unread", func(ctx context.Context) doneMsg {
		return doneMsg{undo: undo, Answer: command.Answer{
			Err:    m.chat.Selected.MarkUnread(ctx, msg.Conversation, msg.Seq),
			Notice: "Unread from there on, for you alone. It stays so until you come back here.",
		}}
	})
}

// toUnreadLine goes to the first unread message.
func (m *Model) toUnreadLine() tea.Cmd {
	if !m.timeline.HasUnreadLine() {
		m.notice = "There was nothing unread here."
		return nil
	}
	m.relayout() // the notice may have gone
	m.timeline.ToUnreadLine()
	return nil
}
