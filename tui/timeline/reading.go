package timeline

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// Attended notes a key, a click or a report of the focus.
func (t *Timeline) Attended(msg tea.Msg) {
	if t.took(msg, t.o.Now()) {
		t.o.Receipts.Attend()
	}
}

// There reports whether the user is at the screen.
func (t *Timeline) There() bool { return t.there(t.o.Now()) }

// Watching reports whether the user sees new messages of the open conversation.
func (t *Timeline) Watching() bool {
	return t.open != nil && t.open.thread == 0 && t.open.following && t.attentive()
}

// attentive reports whether messages on the screen are being read.
func (t *Timeline) attentive() bool {
	return !t.held && !t.o.Covered() && t.height > 0 && t.There()
}

// attend updates which messages are being read. It starts the timer if there are any.
func (t *Timeline) attend() tea.Cmd {
	to, ok := t.readable()
	if !t.follow(t.open, to, ok, t.o.Now()) {
		return nil
	}
	return t.timer(t.o.Tick, lookTime)
}

// readable returns the newest message that is being read, if there is one.
func (t *Timeline) readable() (chat.Seq, bool) {
	c := t.open
	if c == nil || !t.attentive() {
		return 0, false
	}
	if !c.visited || !c.loaded || c.seek || c.following && !c.atEnd() {
		return 0, false // on the way to the place
	}
	to := t.canvas().shown()
	return to, to > 0
}

// looked marks the messages as read that were on the screen long enough. If the look began
// later than the timer, it waits for the rest of the time.
func (t *Timeline) looked(msg LookMsg) tea.Cmd {
	t.timing = false
	rest := t.attend() // the user may have left without any event
	if t.timing || t.look.conversation == 0 {
		return rest
	}
	if t.look.number != msg.number {
		left := t.look.since.Add(lookTime).Sub(t.o.Now())
		return t.timer(t.o.Tick, max(0, min(left, lookTime)))
	}
	id, to := t.look.conversation, t.look.to
	t.look = look{}
	if t.open.seen = to; t.open.thread != 0 {
		return t.open.markRead(t.o.Messages, to)
	}
	t.o.Receipts.MarkRead(id, to)
	return t.o.List.Seen(id, to)
}

// CountUnread counts the unread messages of a conversation. It knows the number only if all
// of them are in memory.
func (t *Timeline) CountUnread(id chat.ConversationID) (n int, ok bool) {
	if !t.Shows(id) || t.open.thread != 0 {
		return 0, false
	}
	return t.open.countUnread(t.o.Self.ID)
}

// MarkUnread shows a message and all later ones as unread. Nothing is marked as read until
// the next visit, or until the user writes. The returned function reverses this.
func (t *Timeline) MarkUnread(seq chat.Seq) (undo func()) {
	visit, line := t.open.visit, t.open.line
	t.held, t.open.line = true, seq
	t.Select(0)
	return func() {
		if t.open != nil && t.open.visit == visit {
			t.held, t.open.line = false, line
		}
	}
}

// Replied goes to the end, since the user has written something. By writing, users
// show that they have read all messages before it.
func (t *Timeline) Replied() {
	t.open.follow()
	t.open.line, t.open.wrote, t.held = 0, true, false
}

// tellOwn tells the chat whether the user's own messages are in the window of a large
// conversation. Only then are there receipts to draw.
func (t *Timeline) tellOwn() {
	if t.open == nil || t.style == nil || t.open.receipts == nil || t.open.receipts.Named {
		return
	}
	c := t.canvas()
	own := len(c.window) > 0 && c.marks().own > 0
	if own != t.open.own {
		t.open.own = own
		t.o.Receipts.ShowsOwn(t.open.id, own)
	}
}
