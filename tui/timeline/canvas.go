package timeline

import (
	"slices"

	"confab/app/chat"
	"confab/tui/outbox"
)

// place identifies a row of the timeline: an item (a message of the window, or after those
// a message of the outbox) and the index of one of its rows.
type place struct{ item, line int }

// canvas is a conversation in one size and style. It draws the conversation, and computes
// where a move ends.
type canvas struct {
	*conversation
	style    *rowStyle
	height   int
	self     names    // the user's, for messages of the outbox
	selected chat.Seq // the message that is selected, 0 for none
	unsent   []*outbox.Message
}

// items is the number of items. Messages of the outbox belong at the very end, so they
// count only if the window reaches the end.
func (c canvas) items() int {
	if c.atEnd() {
		return len(c.window) + len(c.unsent)
	}
	return len(c.window)
}

// hidden is the number of messages in the window that /clear has hidden.
func (c canvas) hidden() int {
	if c.cleared == 0 || !c.following || len(c.window) == 0 {
		return 0
	}
	return int(max(0, min(c.cleared, c.last())-c.first()+1))
}

// rowsOf renders an item, without its right edge.
func (c canvas) rowsOf(item int) []string {
	if item >= len(c.window) {
		o := c.unsent[item-len(c.window)]
		return unsentRows(c.style, c.self, o, c.unsentQuote(o))
	}
	cached := c.cached(item)
	return c.withLine(item, cached, cached.rows)
}

// cached renders a message of the window.
func (c canvas) cached(item int) *cachedRows {
	var previous *chat.Message
	if item > 0 {
		previous = c.window[item-1]
	}
	// Below the unread line, and first on a cleared screen, the author's name is shown again.
	anew := c.line != 0 && c.window[item].Seq == c.firstUnread() || item > 0 && item == c.hidden()
	m := c.window[item]
	return c.pictured(m, c.rows.of(c.style, c.height+1, previous, m, anew))
}

// withLine puts the unread line above a message that it belongs to.
func (c canvas) withLine(item int, cached *cachedRows, rows []string) []string {
	if c.line == 0 || c.window[item].Seq != c.firstUnread() {
		return rows
	}
	return slices.Insert(slices.Clone(rows), cached.lead, unreadLine(c.style))
}

// firstUnread is the message that the unread line is drawn above: the first at the
// line that counts as unread. It is 0 if the window has none.
func (c canvas) firstUnread() chat.Seq {
	// The line may be above the window.
	if c.line == 0 || len(c.window) == 0 || c.line < c.first() && !c.atStart {
		return 0
	}
	for i, _ := c.index(c.line); i < len(c.window); i++ {
		if c.counts(c.window[i]) {
			return c.window[i].Seq
		}
	}
	return 0
}

// drawn is rowsOf with the right edge, or highlighted if the message is selected.
func (c canvas) drawn(item int) []string {
	if item >= len(c.window) {
		return c.rowsOf(item)
	}
	m, cached := c.window[item], c.cached(item)
	rows := cached.withEdge(c.style, c.edge(m))
	if c.selected == m.Seq {
		rows = slices.Clone(rows)
		// The row with the day is not highlighted, and neither is a picture.
		for i := cached.lead; i < len(rows)-cached.picture; i++ {
			rows[i] = c.style.highlight(rows[i])
		}
	}
	return c.withLine(item, cached, rows)
}

// bottom is the row at the bottom of the screen.
func (c canvas) bottom() (place, bool) {
	n := c.items()
	if n == 0 {
		return place{}, false
	}
	end := place{n - 1, len(c.rowsOf(n-1)) - 1}
	if c.following || len(c.window) == 0 {
		return end, true
	}
	item := c.indexOfBottom()
	return c.filled(place{item, c.bottomRow(len(c.rowsOf(item)))}), true
}

// bottomRow is the row at the bottom of the screen, among the rows that its message has now.
// After a resize the message may have more or fewer, so that the same words are in another
// row. It is computed from the original row each time, so that nothing is lost when the user
// resizes the window back.
func (c canvas) bottomRow(rows int) int {
	line := c.bottomLine
	if c.bottomOf > 0 && c.bottomOf != rows {
		line = ((line+1)*rows+c.bottomOf-1)/c.bottomOf - 1
	}
	return max(0, min(line, rows-1))
}

// scroll moves by rows, up if negative. It reports whether it moved.
func (c canvas) scroll(by int) bool {
	from, ok := c.bottom()
	if !ok {
		return false
	}
	if by < 0 && c.cleared != 0 {
		c.cleared, c.drawing = 0, drawing{}
	}
	to := c.filled(c.moved(from, by))
	if to.item >= len(c.window) && by < 0 {
		to = c.above(to)
	}
	if to == from {
		if by > 0 && c.atEnd() {
			c.follow()
		}
		return false
	}
	c.stay(to)
	return true
}

// above replaces a place in the outbox by the last row of the messages on disk. The view
// cannot stay at a message of the outbox, because that message will move soon.
func (c canvas) above(p place) place {
	last := len(c.window) - 1
	if last < 0 {
		return p
	}
	return c.filled(place{last, len(c.rowsOf(last)) - 1})
}

// moved is the place that many rows from p, or the last one in that direction.
func (c canvas) moved(p place, by int) place {
	p.line += by
	for p.line < 0 && p.item > 0 {
		p.item--
		p.line += len(c.rowsOf(p.item))
	}
	for last := c.items() - 1; p.line >= len(c.rowsOf(p.item)); {
		if p.item == last {
			p.line = len(c.rowsOf(p.item)) - 1
			break
		}
		p.line -= len(c.rowsOf(p.item))
		p.item++
	}
	p.line = max(p.line, 0)
	return p
}

// arrive decides where a visit begins: at the unread line if the messages below it do not
// fit the screen, otherwise at the end. It waits until enough messages have been read from
// the store.
func (c canvas) arrive() {
	if !c.seek || !c.loaded {
		return
	}
	first := c.lineItem()
	if first < 0 && !c.atEnd() {
		return
	}
	below := 0
	for item := max(first, 0); first >= 0 && item < c.items() && below < c.height; item++ {
		below += len(c.rowsOf(item))
	}
	switch {
	case first >= 0 && below >= c.height:
		c.stay(c.moved(place{first, 0}, c.height-1))
	case c.atEnd():
		c.follow()
	}
}

// lineItem is the item below the unread line, negative if it is not in the
// window.
func (c canvas) lineItem() int {
	if seq := c.firstUnread(); seq > 0 {
		item, _ := c.index(seq)
		return item
	}
	return -1
}

// jump puts the unread line at the top of the screen, as far as there is
// enough below it. It reports false if the line is not in the window.
func (c canvas) jump() bool {
	item := c.lineItem()
	if item < 0 {
		return false
	}
	c.stay(c.filled(c.moved(place{item, 0}, c.height-1)))
	return true
}

// shown is the newest message whose last row is on the screen, 0 if there is none. An
// attentive user has read up to it.
func (c canvas) shown() chat.Seq {
	if hidden := c.hidden(); hidden > 0 && hidden == len(c.window) {
		return 0
	}
	if c.following && len(c.window) > 0 && c.items() == len(c.window) {
		return c.last()
	}
	p, ok := c.bottom()
	if !ok {
		return 0
	}
	for below := 0; below < c.height; {
		if p.item < len(c.window) && p.line == len(c.rowsOf(p.item))-1 {
			return c.window[p.item].Seq
		}
		below += p.line + 1
		if p.item--; p.item < 0 {
			break
		}
		p.line = len(c.rowsOf(p.item)) - 1
	}
	return 0
}

// filled is p, or the first place below p with a full screen of rows above it.
func (c canvas) filled(p place) place {
	above := p.line + 1
	for item := p.item - 1; item >= 0 && above < c.height; item-- {
		above += len(c.rowsOf(item))
	}
	if above >= c.height {
		return p
	}
	return c.moved(p, c.height-above)
}

// stay keeps p at the bottom when messages arrive. At the very end the view follows new
// messages.
func (c canvas) stay(p place) {
	last := c.items() - 1
	if p.item >= len(c.window) || p.item == last && p.line == len(c.rowsOf(last))-1 && c.atEnd() {
		c.follow()
		return
	}
	c.following, c.seek, c.cleared = false, false, 0
	c.bottomSeq, c.bottomLine, c.bottomOf = c.window[p.item].Seq, p.line, len(c.rowsOf(p.item))
}

// aim shows the message that the user wants to go to, once it is in the window. It leaves
// most of the screen to the messages after it.
func (c canvas) aim() {
	if c.target == 0 || !c.loaded || len(c.window) == 0 {
		return
	}
	item := slices.IndexFunc(c.window, func(m *chat.Message) bool { return m.Seq >= c.target })
	c.target = 0
	if item >= 0 {
		c.stay(c.filled(c.moved(place{item, 0}, c.height*2/3)))
	}
}

// reveal scrolls as little as possible to bring a message onto the screen.
func (c canvas) reveal(seq chat.Seq) {
	bottom, ok := c.bottom()
	if len(c.window) == 0 {
		return
	}
	item, there := c.index(seq)
	if !ok || !there {
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
