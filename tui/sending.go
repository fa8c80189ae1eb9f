package tui

import (
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/outbox"
)

// submit is Enter: a command, a message, an edit, or another try of one that failed.
// A text that cannot be sent stays in the composer.
func (m *Model) submit() tea.Cmd {
	if m.composer.Editing() {
		cmd, notice := m.composer.SaveEdit()
		m.notice = notice
		return cmd
	}
	text := m.composer.Text()
	if text == "" {
		if m.outbox.Retry(m.timeline.Conversation()) {
			m.timeline.End()
		}
		return nil
	}
	if name, rest, ok := command.Parse(text); ok {
		return m.command(name, rest)
	}
	if text[0] == '/' && len(text) > 1 && text[1] == '/' {
		text = text[1:]
	}
	body, err := chat.CheckBody(text)
	if err != nil {
		m.notice = hint.Text(err)
		return nil
	}
	open := m.timeline.Conversation()
	if m.nav.busy() {
		m.notice = "The conversation is being opened: wait a moment and press Enter again."
		return nil
	}
	if l := m.sidebar.Entry(open); l != nil && l.Kind == chat.KindDirect && l.Other.Name == chat.DeletedName {
		m.notice = hint.Text(chat.NobodyThere())
		return nil
	}
	switch err := m.outbox.Add(open, body); {
	case errors.Is(err, outbox.ErrFull):
		m.notice = fmt.Sprintf("%d messages wait to be sent already: press Enter again in a moment.", outbox.Limit)
		return nil
	case err != nil:
		m.fail("making an id", err)
		return nil
	}
	m.timeline.Replied()
	m.composer.Sent(m.composer.Text())
	m.composer.Clear()
	return nil
}

// sent takes the chat's answer to a message.
func (m *Model) sent(msg outbox.SentMsg) {
	m.outbox.Sent()
	if msg.Err != nil {
		m.notSent(msg)
		return
	}
	m.timeline.Sent(msg.Message)
	m.sidebar.Sent(msg.Message)
}

// notSent keeps a message that could not be sent, with the reason.
func (m *Model) notSent(msg outbox.SentMsg) {
	out, was := msg.Out, m.notice
	out.Failure = m.fail("sending a message", msg.Err)
	switch l := m.sidebar.Entry(out.Conversation); {
	case out.Dropped():
		// The conversation is gone, and the message with it.
		if !strings.Contains(m.composer.Killed(), out.Body) {
			m.composer.Keep(out.Body)
		}
		m.notice = "Not sent: " + out.Failure + " " + m.keys.KeysFor(keymap.Yank) + " brings the text back."
	case l != nil && !m.timeline.Shows(l.ID):
		m.notice = "Not sent to " + l.Title() + ": " + out.Failure + " It waits there for another try."
	default:
		m.notice = was // the reason is shown at the message
	}
}
