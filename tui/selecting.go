package tui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/keymap"
)

// Selecting a message: Esc, then the arrows. A letter does something with it.

// selectLast begins to select, at the newest message on the screen.
func (m *Model) selectLast() tea.Cmd {
	if m.open == nil || m.tooSmall() {
		return nil
	}
	if p, ok := m.canvas().bottom(); ok && len(m.open.window) > 0 {
		m.selected = m.open.window[min(p.item, len(m.open.window)-1)].Seq
		m.notice = selectHint
	}
	return nil
}

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
		m.selectBy(-windowLimit)
	case act == keymap.End:
		m.selectBy(2 * windowLimit)
	case act == keymap.Escape || act == keymap.Send:
		m.selected = 0
	case keymap.IsText(k) && k.Text == "i":
		return m.cmdInfo(""), true
	case keymap.IsText(k) && k.Text == "u":
		return m.cmdUnread(""), true
	case keymap.IsText(k) && k.Text == "e":
		return m.cmdEdit(""), true
	case keymap.IsText(k) && k.Text == "d" && deleting == m.selected && m.open != nil:
		return m.deleteSelected(), true
	case keymap.IsText(k) && k.Text == "d":
		return m.cmdDelete(""), true
	case keymap.IsText(k): // one goes on writing
		m.selected = 0
		return nil, false
	default:
		return nil, false
	}
	return nil, true
}

// selectBy moves the selection by messages and keeps it on the screen.
func (m *Model) selectBy(by int) {
	t := m.open
	if t == nil || len(t.window) == 0 {
		m.selected = 0
		return
	}
	m.selected = max(t.first(), min(m.selected+chat.Seq(by), t.last()))
	if m.relayout(); !m.tooSmall() {
		m.canvas().reveal(m.selected)
	}
}

// reveal scrolls as little as it takes for a message to be on the screen.
func (c canvas) reveal(seq chat.Seq) {
	bottom, ok := c.bottom()
	if len(c.window) == 0 {
		return
	}
	item := int(seq - c.first())
	if !ok || item < 0 || item >= len(c.window) {
		return
	}
	if item >= bottom.item {
		if end := (place{item, len(c.rowsOf(item)) - 1}); item > bottom.item || end.line > bottom.line {
			c.stay(end)
		}
		return
	}
	above := bottom.line + 1
	for i := bottom.item - 1; i >= item; i-- {
		above += len(c.rowsOf(i))
	}
	if above > c.height {
		to := c.filled(c.moved(bottom, c.height-above))
		if to.item >= len(c.window) {
			to = c.above(to)
		}
		c.stay(to)
	}
}

// message is what commands about a message are about: the one that is selected,
// or else the newest that suits.
func (m *Model) message(suits func(*chat.Message) bool) (*chat.Message, bool) {
	if m.open == nil {
		return nil, false
	}
	w := m.open.window
	for i := len(w) - 1; i >= 0; i-- {
		if m.selected == w[i].Seq || m.selected == 0 && suits(w[i]) {
			return w[i], true
		}
	}
	return nil, false
}

func (m *Model) cmdInfo(string) tea.Cmd {
	msg, ok := m.message(m.own)
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
		d, err := m.chat.Details(ctx, msg.Conversation, msg.Seq)
		if err != nil {
			return doneMsg{err: err}
		}
		return doneMsg{page: dialog.Details(d, m.term.Location())}
	})
}

func (m *Model) cmdUnread(string) tea.Cmd {
	msg, ok := m.message(func(o *chat.Message) bool { return unread(o, m.self.ID) })
	if !ok {
		return m.refuse("There is nothing here to mark unread.")
	}
	// What is on the screen would be read again in a second.
	visit, line := m.open.visit, m.open.line
	m.held, m.selected, m.open.line = true, 0, msg.Seq
	undo := func(m *Model) {
		if m.open != nil && m.open.visit == visit {
			m.held, m.open.line = false, line
		}
	}
	return m.ask("marking unread", func(ctx context.Context) doneMsg {
		return doneMsg{
			err: m.chat.MarkUnread(ctx, msg.Conversation, msg.Seq), undo: undo,
			notice: "Unread from there on, for you alone; it stays so until you come back here.",
		}
	})
}

// toUnreadLine goes to the first unread message.
func (m *Model) toUnreadLine() tea.Cmd {
	t := m.open
	switch {
	case t == nil || t.line == 0:
		m.notice = "There was nothing unread here."
	case !t.loaded || m.tooSmall():
	default:
		m.relayout() // the notice may have gone
		if !m.canvas().jump() {
			t.again()
		}
	}
	return nil
}

func (m *Model) cmdMembers(string) tea.Cmd {
	return m.inOpen(func(l *chat.Listed) tea.Cmd {
		id, name := l.ID, l.Title()
		return m.ask("listing members", func(ctx context.Context) doneMsg {
			members, err1 := m.chat.Members(ctx, id)
			invited, err2 := m.chat.Invited(ctx, id)
			return doneMsg{err: errors.Join(err1, err2), page: dialog.Members(name, members, invited)}
		})
	})
}

func (m *Model) cmdList(string) tea.Cmd {
	return m.ask("listing public groups", func(ctx context.Context) doneMsg {
		list, err := m.chat.PublicGroups(ctx)
		return doneMsg{err: err, page: dialog.PublicGroups(list)}
	})
}
