package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/hint"
	"confab/tui/keymap"
)

// editing is a message whose text is in the composer.
type editing struct {
	message *chat.Message
	draft   string // what was in the composer before
}

// own reports whether a message is one that its user can still do something
// with.
func (m *Model) own(o *chat.Message) bool { return o.Author == m.self.ID && o.Counts() }

// cmdEdit puts the selected message, or the newest of one's own, into the
// composer.
func (m *Model) cmdEdit(string) tea.Cmd {
	msg, ok := m.message(func(o *chat.Message) bool { return m.own(o) && o.File == nil })
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
	m.selected = 0
	m.beginEdit(msg, msg.Body)
	return nil
}

// beginEdit puts a text of a message into the composer.
func (m *Model) beginEdit(msg *chat.Message, words string) {
	if !text.IsClean(words) {
		words = text.Clean(words)
	}
	m.editing = &editing{msg, m.draft()}
	m.composer.Set(words)
}

// endEdit brings back what was being written before. What was changed and not
// saved can be brought back too.
func (m *Model) endEdit() {
	e := m.editing
	if e == nil {
		return
	}
	if text := m.composer.Text(); text != e.message.Body && text != "" {
		m.composer.Keep(text)
	}
	m.editing = nil
	m.composer.Set(e.draft)
}

// giveUp is Esc while one edits.
func (m *Model) giveUp() {
	before := m.composer.Killed()
	if m.endEdit(); m.composer.Killed() != before {
		m.notice = "The message stays as it was. " + m.keys.KeysFor(keymap.Yank) + " brings your change back."
	}
}

// saveEdit is Enter while one edits.
func (m *Model) saveEdit() tea.Cmd {
	e, words := m.editing, m.composer.Text()
	if words == e.message.Body {
		m.endEdit()
		return nil
	}
	if strings.TrimSpace(text.Clean(words)) == "" {
		m.notice = "Nothing would be left: Esc gives up; to delete a message select it and press d."
		return nil
	}
	body, err := chat.CheckBody(words)
	if err != nil {
		m.notice = hint.Text(err)
		return nil
	}
	m.composer.Set("")
	m.endEdit()
	visit := m.open.visit
	undo := func(m *Model) {
		if m.open != nil && m.open.visit == visit && m.editing == nil {
			m.beginEdit(e.message, words)
		} else {
			m.composer.Keep(words)
		}
	}
	return m.ask("editing a message", func(ctx context.Context) doneMsg {
		_, err := m.chat.Edit(ctx, e.message.Conversation, e.message.Seq, body)
		return doneMsg{err: err, undo: undo}
	})
}

// cmdDelete selects a message, the newest of one's own if none is selected, and
// asks whether it is to be deleted.
func (m *Model) cmdDelete(string) tea.Cmd {
	msg, ok := m.message(m.own)
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
	m.selected, m.deleting = msg.Seq, msg.Seq
	m.notice = "Press d again to delete this message for everyone; any other key keeps it."
	return nil
}

// deleteSelected deletes what was asked about.
func (m *Model) deleteSelected() tea.Cmd {
	id, seq := m.open.conversation, m.selected
	return m.ask("deleting a message", func(ctx context.Context) doneMsg {
		_, err := m.chat.Delete(ctx, id, seq)
		return doneMsg{err: err}
	})
}

// altered takes a message that was edited or deleted, in any conversation.
func (m *Model) altered(msg *chat.Message) tea.Cmd {
	if m.open != nil && m.open.conversation == msg.Conversation {
		m.open.altered(msg)
	}
	if e := m.editing; e != nil && msg.Deleted() && e.message.Conversation == msg.Conversation && e.message.Seq == msg.Seq {
		m.endEdit()
		m.notice = "The message that you were editing was deleted."
	}
	l := m.entry(msg.Conversation)
	if l == nil || msg.Author == m.self.ID || msg.Seq <= l.Mine.Seen {
		return nil
	}
	named := m.named(msg)
	switch {
	case m.listing || l.Mentioned && !named:
		return m.readList() // another message may name one too
	case msg.Deleted():
		m.deletions++
		return m.recount(l)
	}
	l.Mentioned = l.Mentioned || named
	return nil
}

// altered takes a message that was edited or deleted. A page that is being read
// may be from before.
func (t *timeline) altered(m *chat.Message) {
	if t.reading {
		t.meanwhile = append(t.meanwhile, m)
	}
	replace(t.window, m)
	t.placed, t.drawing = placement{}, drawing{}
}

// replace puts a later state of a message in its place, and into what quotes it.
func replace(window []*chat.Message, m *chat.Message) {
	for i, o := range window {
		switch {
		case o.Seq == m.Seq && m.Newer(o):
			window[i] = m
		case o.ReplyTo != nil && o.ReplyTo.Seq == m.Seq:
			answer, quote := *o, *o.ReplyTo
			quote.Text = chat.QuoteText(m.Body)
			answer.ReplyTo = &quote
			window[i] = &answer
		}
	}
}
