package tui

import (
	"strings"

	"confab/app/chat"
	"confab/tui/keymap"
)

// waiting is a message that was entered while its conversation or its thread was being
// opened. It is sent once that is open, and only there.
type waiting struct {
	text     string
	also     bool
	question int                 // the number of the question whose answer opens the conversation; 0 for a thread
	in       chat.ConversationID // the conversation of the thread
	thread   chat.Seq            // its root
}

// postponed is the part of the model that keeps the messages that wait.
type postponed struct{ *Model }

// wait keeps a message until the conversation or thread that is being opened is open. It
// reports false if it is not certain which one that is, or if the message belongs to the
// previous one.
func (m postponed) wait(text string, also bool) bool {
	w := waiting{text: text, also: also}
	switch n := m.nav; {
	case n.opening == 1 && n.expected != 0:
		w.question = n.expected
	case n.opening > 0 || m.timeline.Conversation() == 0 && n.wanted == 0:
		return false
	case n.wanted != 0:
		return n.wantedIn == 0 && m.enqueue(n.wanted, text, nil, nil, false)
	default:
		w.in, w.thread = m.timeline.Conversation(), m.timeline.Thread()
	}
	m.waiting = append(m.waiting, w)
	m.notice = "This is sent as soon as the conversation is open."
	return true
}

// opened sends the messages that waited for a conversation.
func (m postponed) opened(question int, id chat.ConversationID) {
	for _, w := range m.unwait(func(w waiting) bool { return w.question == question && question != 0 }) {
		if !m.enqueue(id, w.text, nil, nil, false) {
			m.giveBack(w.text)
		}
	}
}

// notOpened brings back the messages that waited for a conversation that cannot be opened.
// It reports whether there are any.
func (m postponed) notOpened(question int) bool {
	back := m.unwait(func(w waiting) bool { return w.question == question && question != 0 })
	for _, w := range back {
		m.giveBack(w.text)
	}
	return len(back) > 0
}

// inThread sends the messages that waited for the open thread, and brings back those that
// waited for another one.
func (m postponed) inThread() {
	root, open, thread := m.timeline.InThread(), m.timeline.Conversation(), m.timeline.Thread()
	for _, w := range m.unwait(func(w waiting) bool {
		return w.question == 0 && (root != nil || w.in != open || w.thread != thread)
	}) {
		if w.in != open || w.thread != thread || !m.enqueue(open, w.text, nil, root, w.also) {
			m.giveBack(w.text)
		}
	}
}

// returnAll brings back all messages that wait.
func (m postponed) returnAll() {
	for _, w := range m.unwait(func(waiting) bool { return true }) {
		m.giveBack(w.text)
	}
}

// unwait removes the waiting messages that meet a condition, and returns them.
func (m postponed) unwait(that func(waiting) bool) []waiting {
	var some, rest []waiting
	for _, w := range m.waiting {
		if that(w) {
			some = append(some, w)
		} else {
			rest = append(rest, w)
		}
	}
	m.waiting = rest
	return some
}

// giveBack returns a text to the composer. If the composer has another text, the returned
// one is kept for Yank.
func (m postponed) giveBack(text string) {
	said := strings.TrimSpace(m.notice + " Not sent: what you wrote")
	if m.composer.Empty() && !m.composer.Editing() {
		m.composer.Set(text)
		m.notice = said + " is here again."
		return
	}
	m.composer.Keep(text)
	m.notice = said + " comes back with " + m.keys.KeysFor(keymap.Yank) + "."
}
