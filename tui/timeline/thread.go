package timeline

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/outbox"
)

// A timeline shows either the open conversation without its thread-only replies, or one of
// its threads. Both leave out messages, so the numbers in a window have gaps. Whether a
// message is missing follows from the numbers of all events: see conversation.heard.

// index returns the place of a message in the window, or where it would be.
func (t *conversation) index(seq chat.Seq) (int, bool) {
	return slices.BinarySearchFunc(t.window, seq, func(m *chat.Message, seq chat.Seq) int { return cmp.Compare(m.Seq, seq) })
}

// shows reports whether a message belongs to the view: the conversation or the open thread.
func (t *conversation) shows(m *chat.Message) bool {
	if t.thread != 0 {
		return m.InThread(t.thread)
	}
	return !m.ThreadOnly
}

// Reaches reports whether a new message comes into view: it belongs to what is shown, whose end
// the view follows.
func (t *position) Reaches(m *chat.Message) bool {
	return t.Shows(m.Conversation) && t.open.shows(m) && t.AtEnd()
}

// unsent returns the messages of the outbox that belong to the view.
func (t *conversation) unsent(all []*outbox.Message) []*outbox.Message {
	belongs := func(o *outbox.Message) bool { return o.Root == t.thread || t.thread == 0 && o.Also }
	if !slices.ContainsFunc(all, func(o *outbox.Message) bool { return !belongs(o) }) {
		return all
	}
	var some []*outbox.Message
	for _, o := range all {
		if belongs(o) {
			some = append(some, o)
		}
	}
	return some
}

// markRead returns the command that tells the chat how far the user has read the thread.
func (t *conversation) markRead(messages Messages, to chat.Seq) tea.Cmd {
	if !t.follows {
		return nil
	}
	id, thread := t.id, t.thread
	return func() tea.Msg {
		_ = ask.To(func(ctx context.Context) error { return messages.MarkThreadRead(ctx, id, thread, to) })
		return nil // the next look tries again
	}
}

// Thread is the root of the thread that is shown, 0 if it is the conversation itself.
func (t *Timeline) Thread() chat.Seq {
	if t.open == nil {
		return 0
	}
	return t.open.thread
}

// Follows reports whether the user follows the thread that is shown.
func (t *Timeline) Follows() bool { return t.open != nil && t.open.follows }

// Following notes that the user follows the thread that is shown, or no longer does.
func (t *Timeline) Following(on bool) {
	if t.open != nil && t.open.thread != 0 {
		t.open.follows = on
	}
}

// OpenThread shows the thread of a root in the open conversation.
func (t *Timeline) OpenThread(root chat.Seq) tea.Cmd {
	if t.open == nil || t.open.thread == root {
		return nil
	}
	was := t.open
	was.close()
	c := newConversation(was.id, t.o.Outbox)
	c.thread, c.latest, c.heard = root, was.heard, was.heard
	t.visits++
	c.visit = t.visits
	t.open, t.held, t.style = c, false, nil
	t.Select(0)
	return t.askVisit()
}

// CloseThread shows the conversation again, at the place where it was left.
func (t *Timeline) CloseThread() tea.Cmd {
	if t.Thread() == 0 {
		return nil
	}
	return t.Open(t.open.id, t.open.heard)
}

// InThread returns a message of the thread that is shown, by which a reply names its
// thread. It is nil until the thread has been read.
func (t *Timeline) InThread() *chat.Message {
	if t.Thread() == 0 || len(t.open.window) == 0 {
		return nil
	}
	return t.open.window[0]
}

// repliesTo says below the root of a thread how many replies there are.
func (s *rowStyle) repliesTo(m *chat.Message) string {
	if m.Replies == 0 || s.thread != 0 {
		return ""
	}
	last := m.LastReplyAt.In(s.location)
	at := last.Format("15:04")
	if !sameDay(last, m.SentAt.In(s.location)) {
		at = last.Format("2 Jan 15:04")
	}
	words := "1 reply"
	if m.Replies > 1 {
		words = strconv.Itoa(m.Replies) + " replies"
	}
	return s.theme.FitMax(words+", last "+at, max(1, s.width-s.indent()), s.theme.Ellipsis)
}

// fromThread says of a reply in the conversation that it belongs to a thread.
func (s *rowStyle) fromThread(m *chat.Message) string {
	if m.Thread == 0 || s.thread != 0 {
		return ""
	}
	return " (in a thread)"
}

// counts reports whether a message counts as unread in the view.
func (c canvas) counts(m *chat.Message) bool {
	if c.thread != 0 {
		return m.Author != c.style.self && m.Written() && m.Seq != c.thread
	}
	return Counts(m, c.style.self)
}
