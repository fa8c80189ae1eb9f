package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/hint"
	"confab/tui/keymap"
)

// ioTimeout bounds what a screen waits for the chat. A busy store answers in
// milliseconds; past this something is wrong and the user should be told.
const ioTimeout = 20 * time.Second

// maxUnsent is how many messages may wait to be sent, those that failed among
// them.
const maxUnsent = 100

// unsent is how many do.
func (m *Model) unsent() int {
	n := 0
	for _, t := range m.timelines {
		n += len(t.pending)
	}
	return n
}

// submit is Enter: a command, a message, an edit, or another try of one that failed.
// What cannot be sent stays in the composer.
func (m *Model) submit() tea.Cmd {
	if m.editing != nil {
		return m.saveEdit()
	}
	text := m.composer.Text()
	if text == "" {
		m.retry()
		return nil
	}
	if name, rest, ok := parseCommand(text); ok {
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
	if m.open == nil || m.opening > 0 || m.wanted != 0 {
		m.notice = "The conversation is being opened: wait a moment and press Enter again."
		return nil
	}
	if l := m.entry(m.open.conversation); l != nil && l.Kind == chat.KindDirect && l.Other.Name == chat.DeletedName {
		m.notice = hint.Text(chat.NobodyThere())
		return nil
	}
	if m.unsent() >= maxUnsent {
		m.notice = fmt.Sprintf("%d messages wait to be sent already: press Enter again in a moment.", maxUnsent)
		return nil
	}
	id, err := m.chat.NewID()
	if err != nil {
		m.fail("making an id", err)
		return nil
	}
	out := &outgoing{message: chat.NewMessage{ID: id, Conversation: m.open.conversation, Body: body, Read: true}}
	m.open.pending = append(m.open.pending, out)
	m.queue = append(m.queue, out)
	m.open.follow()
	m.open.line, m.held = 0, false // a reply implies that one has read
	m.composer.Clear()
	return nil
}

// retry queues every message that failed again, with the same id: if it was
// posted after all, it is not posted twice.
func (m *Model) retry() {
	if m.open == nil {
		return
	}
	for _, out := range m.open.pending {
		if out.failure != "" {
			out.failure = ""
			m.queue = append(m.queue, out)
			m.open.follow()
		}
	}
}

// send makes the command for the first message of the queue. Only one is under
// way at a time, so that they are posted in the order in which they were
// written.
func (m *Model) send() tea.Cmd {
	if len(m.queue) == 0 || m.sending != nil {
		return nil
	}
	out := m.queue[0]
	m.queue = slices.Delete(m.queue, 0, 1)
	m.sending = out
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		message, err := m.chat.Send(ctx, out.message)
		return sentMsg{out, message, err}
	}
}

func (m *Model) sent(msg sentMsg) {
	m.sending = nil
	id := msg.out.message.Conversation
	t := m.timelines[id]
	if msg.err != nil {
		was := m.notice
		msg.out.failure = m.fail("sending a message", msg.err)
		switch l := m.entry(id); {
		case t == nil:
			// One is no member any more, and the message stands nowhere.
			if !strings.Contains(m.composer.Killed(), msg.out.message.Body) {
				m.composer.Keep(msg.out.message.Body)
			}
			m.notice = "Not sent: " + msg.out.failure + " " + m.keys.KeysFor(keymap.Yank) + " brings the text back."
		case t != m.open && l != nil:
			m.notice = "Not sent to " + l.Title() + ": " + msg.out.failure + " It waits there for another try."
		default:
			m.notice = was // it stands at the message
		}
		return
	}
	if t == nil {
		return
	}
	t.posted(msg.message)
	t.seen = max(t.seen, msg.message.Seq) // a reply implies it
	m.meanwhile(chat.SeenMoved{Conversation: id, Seen: msg.message.Seq})
	if l := m.entry(id); l != nil {
		if msg.message.Seq > l.LastSeq {
			l.LastSeq, l.LastAt = msg.message.Seq, msg.message.SentAt
		}
		l.Mine.Seen = max(l.Mine.Seen, msg.message.Seq)
		if l.Mine.Seen >= l.LastSeq {
			l.Unread, l.Mentioned = 0, false
			t.upToDate = true
		}
		m.sort()
	}
}
