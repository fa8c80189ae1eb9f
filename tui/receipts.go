package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"confab/app"
)

// maxInitials is how many readers of a message are shown by an initial before
// the rest becomes a number. That number is never 1: the place it takes is
// enough for the person.
const maxInitials = 3

// placement is who has read up to which message of a window. It is worked out
// again when the receipts or the window are others.
type placement struct {
	receipts    *app.Receipts
	first, last app.Seq
	at          map[app.Seq][]*app.MemberReceipt // the newest reader first
	others      int                              // who tell what they read
}

// readers are those whose marker stands at a message.
func (c canvas) readers(m *app.Message) []*app.MemberReceipt {
	if c.receipts == nil || !c.receipts.Named || len(c.window) == 0 {
		return nil
	}
	if p := &c.placed; p.receipts != c.receipts || p.first != c.first() || p.last != c.last() {
		c.placed = c.place()
	}
	return c.placed.at[m.Seq]
}

// place puts each other member's marker at the newest message, written by
// someone, that it has read.
func (c canvas) place() placement {
	p := placement{receipts: c.receipts, first: c.first(), last: c.last(), at: make(map[app.Seq][]*app.MemberReceipt)}
	for i := range c.receipts.Members {
		m := &c.receipts.Members[i]
		if m.User == c.style.self || !m.Shares || m.Bot {
			continue
		}
		p.others++
		read := min(m.Read, p.last)
		if m.Read <= m.ReadFrom || read < p.first {
			continue
		}
		at := int(read - p.first)
		for at >= 0 && c.window[at].System() {
			at--
		}
		if at >= 0 {
			seq := c.window[at].Seq
			p.at[seq] = append(p.at[seq], m)
		}
	}
	for _, readers := range p.at {
		slices.SortStableFunc(readers, func(a, b *app.MemberReceipt) int { return b.ReadAt.Compare(a.ReadAt) })
	}
	return p
}

// edge is what stands at the right edge of a message.
func (c canvas) edge(m *app.Message) string {
	return strings.TrimLeft(c.progress(m)+" "+c.short(m), " ")
}

// short is the same for where there is little room: the tick and the markers.
func (c canvas) short(m *app.Message) string {
	if m.System() {
		return ""
	}
	markers := c.markers(c.readers(m))
	tick := c.tick(m)
	if tick == "" || markers == "" {
		return tick + markers
	}
	return tick + " " + markers
}

// tick is the state of one's own message.
func (c canvas) tick(m *app.Message) string {
	if m.Author != c.style.self || m.System() {
		return ""
	}
	th := &c.style.theme
	switch c.receipts.Tally(m.Author, m.Seq).Tick() {
	case app.TickRead:
		return paint(th.readStyle, th.read)
	case app.TickDelivered:
		return paint(th.faint, th.delivered)
	default:
		return paint(th.faint, th.sent)
	}
}

// progress says in words how far one's newest message is in a group, so that
// one reader does not look like all.
func (c canvas) progress(m *app.Message) string {
	if c.style.direct || c.receipts == nil || m.Author != c.style.self || m.System() || m.Seq != c.newestOwn() {
		return c.everyone(m)
	}
	t := c.receipts.Tally(m.Author, m.Seq)
	var text string
	switch {
	case t.DeliveredOf == 0:
	case t.ReadOf > 0 && t.Read == t.ReadOf && t.Read > 1:
		text = "read by all"
	case t.Read > 0:
		text = fmt.Sprintf("read %d/%d", t.Read, t.ReadOf)
	default:
		text = fmt.Sprintf("delivered %d/%d", t.Delivered, t.DeliveredOf)
	}
	return paint(c.style.theme.faint, text)
}

// everyone says so if all who tell have read up to the newest message.
func (c canvas) everyone(m *app.Message) string {
	if n := len(c.readers(m)); n < 2 || n != c.placed.others || m.Seq != c.end() || !c.atEnd() {
		return ""
	}
	return paint(c.style.theme.faint, "seen by everyone")
}

// tellOwn says in a large conversation whether there is anything to draw
// receipts at.
func (m *Model) tellOwn() {
	if m.open == nil || m.open.receipts == nil || m.open.receipts.Named {
		return
	}
	own := m.canvas().newestOwn() > 0
	if own != m.open.own {
		m.open.own = own
		m.chat.ShowsOwn(m.open.conversation, own)
	}
}

// newestOwn is the newest message of one's own in the window.
func (c canvas) newestOwn() app.Seq {
	for i := len(c.window) - 1; i >= 0; i-- {
		if m := c.window[i]; m.Author == c.style.self && !m.System() {
			return m.Seq
		}
	}
	return 0
}

// markers are the initials of readers in their colours, or on a narrow screen
// how many there are.
func (c canvas) markers(readers []*app.MemberReceipt) string {
	if len(readers) == 0 {
		return ""
	}
	th := &c.style.theme
	if c.style.narrow() {
		return paint(th.faint, "("+strconv.Itoa(len(readers))+")")
	}
	shown := len(readers)
	if shown > maxInitials+1 {
		shown = maxInitials
	}
	var b strings.Builder
	for _, r := range readers[:shown] {
		b.WriteString(paint(th.author(r.User, c.style.self), initial(r.Name)))
	}
	if more := len(readers) - shown; more > 0 {
		b.WriteString(paint(th.faint, "+"+strconv.Itoa(more)))
	}
	return b.String()
}

// initial is what stands for a name.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r))
}
