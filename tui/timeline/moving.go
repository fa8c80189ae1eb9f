package timeline

import "confab/app/chat"

// position is where the user is: the conversation that is open, the part of it that the
// screen shows, and what is selected there. Its methods move.
type position struct {
	o             Options
	width, height int           // height is 0 on a screen that is too small
	style         *rowStyle     // nil if it has to be made again
	open          *conversation // nil until the list of conversations is there
	selected      chat.Seq      // the selected message, 0 for none
	trail         []spot        // the places that Return goes back to
}

// Scroll moves by rows, up if negative.
func (t *position) Scroll(by int) {
	if t.open != nil && t.height > 0 {
		t.canvas().scroll(by)
	}
}

// End goes to the newest message.
func (t *position) End() {
	if t.open != nil {
		t.open.follow()
	}
}

// Clear hides the messages until the user scrolls up, selects one, or opens the
// conversation again. It marks nothing as read.
func (t *Timeline) Clear() {
	if c := t.open; c != nil {
		c.follow()
		c.cleared, c.drawing = max(c.latest, c.lastOrZero()), drawing{}
	}
}

// AtEnd reports whether the timeline follows new messages.
func (t *position) AtEnd() bool { return t.open != nil && t.open.following }

// At is the message at the bottom of the screen, 0 if that is the newest one.
func (t *Timeline) At() chat.Seq {
	if t.open == nil || t.open.following {
		return 0
	}
	return t.open.bottomSeq
}

// StayAt puts a message of the open conversation at the bottom of the screen, to return to
// the place where the user was before.
func (t *Timeline) StayAt(seq chat.Seq) {
	t.open.following, t.open.bottomSeq, t.open.bottomLine, t.open.bottomOf = false, seq, 0, 0
}

// Members returns how far the members of the open conversation are, nil if that is not known.
func (t *position) Members() *chat.Receipts {
	if t.open == nil {
		return nil
	}
	return t.open.receipts
}

// Unseen is how many unread messages are below the screen. It stops at [chat.UnreadLimit].
func (t *position) Unseen() int {
	c := t.open
	switch {
	case c == nil || c.following:
		return 0
	case c.thread != 0:
		return min(c.unseen, chat.UnreadLimit)
	}
	unread := t.o.List.Known(c.id).Unread
	if unread >= chat.UnreadLimit {
		return unread
	}
	// Unread messages on the screen count as read in a moment.
	for i := c.indexOfBottom(); i >= 0 && c.window[i].Seq > c.seen && unread > 0; i-- {
		if Counts(c.window[i], t.o.Self.ID) {
			unread--
		}
	}
	return unread
}

// HasUnreadLine reports whether anything was unread when the visit began.
func (t *position) HasUnreadLine() bool { return t.open != nil && t.open.line != 0 }

// ToUnreadLine goes to the first unread message.
func (t *position) ToUnreadLine() {
	if t.open == nil || !t.open.loaded || t.height == 0 {
		return
	}
	if !t.canvas().jump() {
		t.open.again()
	}
}

// GoTo selects a message of the open conversation and shows it with those around
// it.
func (t *position) GoTo(seq chat.Seq) {
	t.open.goTo(seq)
	t.selected = seq
}

// Selected is the message that is selected, 0 for none.
func (t *position) Selected() chat.Seq { return t.selected }

// Select selects a message, or none with 0.
func (t *position) Select(seq chat.Seq) {
	if t.selected = seq; seq == 0 {
		t.trail = nil
	}
}

// SelectLast selects the newest message on the screen. It reports false if there
// is none.
func (t *position) SelectLast() bool {
	if t.open == nil || t.height == 0 {
		return false
	}
	p, ok := t.canvas().bottom()
	if !ok || len(t.open.window) == 0 {
		return false
	}
	t.open.cleared = 0
	t.selected = t.open.window[min(p.item, len(t.open.window)-1)].Seq
	return true
}

// SelectBy moves the selection by messages. Reveal shows it.
func (t *position) SelectBy(by int) {
	if t.open == nil || len(t.open.window) == 0 {
		t.selected = 0
		return
	}
	at, _ := t.open.index(t.selected)
	t.selected = t.open.window[max(0, min(at+by, len(t.open.window)-1))].Seq
}

// Reveal scrolls as little as possible to show the selected message.
func (t *position) Reveal() {
	if t.open != nil && t.selected != 0 && t.height > 0 {
		t.canvas().reveal(t.selected)
	}
}

// Message returns the message that a command is about: the selected one, or else the newest
// one that suits.
func (t *position) Message(suits func(*chat.Message) bool) (*chat.Message, bool) {
	if t.open == nil {
		return nil, false
	}
	w := t.open.window
	for i := len(w) - 1; i >= 0; i-- {
		if t.selected == w[i].Seq || t.selected == 0 && suits(w[i]) {
			return w[i], true
		}
	}
	return nil, false
}
