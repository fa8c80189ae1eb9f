package timeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"confab/app/chat"
	"confab/tui/theme"
)

// maxInitials is how many readers of a message are shown by their initials. The rest is a
// number. That number is never 1, because an initial takes no more room.
const maxInitials = 3

// placement says how far members have read in a window. It is computed again when the
// receipts or the window change.
type placement struct {
	receipts    *chat.Receipts
	first, last chat.Seq
	at          map[chat.Seq][]*chat.MemberReceipt // the newest reader first; nobody in a large conversation
	all         chat.Seq                           // the message up to which everyone else has read; 0 for none
	own         chat.Seq                           // the user's newest message
	tallies     map[chat.Seq]chat.Tally            // of the user's own messages, as far as they were asked for
}

// marks returns the placement for the present receipts and window.
func (c canvas) marks() *placement {
	p := &c.placed
	if p.receipts == c.receipts && p.first == c.first() && p.last == c.last() {
		return p
	}
	tallies := p.tallies
	if p.receipts != c.receipts || tallies == nil || len(tallies) > windowLimit {
		tallies = make(map[chat.Seq]chat.Tally)
	}
	own, known := p.own, chat.Seq(0)
	if p.first == c.first() && p.last < c.last() {
		known = p.last // the window has grown
	} else {
		own = 0
	}
	if newer := c.newestOwn(known); newer > 0 {
		own = newer
	}
	*p = placement{receipts: c.receipts, first: c.first(), last: c.last(), own: own, tallies: tallies}
	c.place(p)
	return p
}

// place puts the marker of each other member at the newest message that the member has
// read. It passes over lines about the conversation and deleted messages. A member who has
// only seen such lines since joining is a reader of no message.
func (c canvas) place(p *placement) {
	if c.receipts == nil || c.receipts.Withheld || !c.receipts.Named {
		return
	}
	p.at = make(map[chat.Seq][]*chat.MemberReceipt)
	end, others := c.end(), 0
	for i := range c.receipts.Members {
		m := &c.receipts.Members[i]
		if m.User == c.style.self || m.Excluded || m.Joined >= end {
			continue
		}
		others++
		read := min(m.Read, p.last)
		if !m.Shares || m.Read <= m.ReadFrom || read < p.first {
			continue
		}
		at, there := c.index(read)
		if !there {
			at-- // the one before
		}
		for at >= 0 && !c.window[at].Counts() {
			at--
		}
		if at < 0 || c.window[at].Seq <= m.ReadFrom {
			continue
		}
		seq := c.window[at].Seq
		p.at[seq] = append(p.at[seq], m)
	}
	for _, readers := range p.at {
		slices.SortStableFunc(readers, func(a, b *chat.MemberReceipt) int { return b.ReadAt.Compare(a.ReadAt) })
	}
	if others > 1 && len(p.at[end]) == others && c.atEnd() {
		p.all = end
	}
}

// edge returns the right edge of a message in three forms: full, short for narrow screens,
// and tick for very narrow ones.
func (c canvas) edge(m *chat.Message) (edge, short, tick string) {
	if c.style.kind.Notes {
		return "", "", ""
	}
	if m.Written() && m.Author == c.style.self && (m.ThreadOnly || c.thread != 0) {
		sent := c.style.theme.Ticks[chat.TickSent]
		return sent, sent, sent // there are no receipts in a thread
	}
	if !m.Counts() {
		return "", "", ""
	}
	p := c.marks()
	if m.Author == c.style.self {
		tick = c.style.theme.Ticks[c.tally(p, m.Seq).Tick()]
	}
	markers := c.markers(p.at[m.Seq])
	short = joined(tick, markers)
	switch {
	case m.Author == c.style.self && m.Seq == p.own && !c.style.kind.Direct:
		return joined(c.progress(c.tally(p, m.Seq)), short), short, tick
	case m.Seq == p.all:
		// In words, it needs no markers.
		return joined(theme.Paint(c.style.theme.Faint, "seen by everyone"), tick), short, tick
	default:
		return short, short, tick
	}
}

// joined puts a space between two texts, if there are two.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// tally counts the members who have received and read one of the user's own messages.
func (c canvas) tally(p *placement, s chat.Seq) chat.Tally {
	t, known := p.tallies[s]
	if !known {
		t = c.receipts.Tally(c.style.self, s)
		p.tallies[s] = t
	}
	return t
}

// progress says in words how many members of a group have received or read the user's
// newest message, so that one reader does not look like all.
func (c canvas) progress(t chat.Tally) string {
	var text string
	switch {
	case t.DeliveredOf == 0:
	case t.Tick() == chat.TickRead && t.Read > 1:
		text = "read by all"
	case t.Read > 0:
		text = fmt.Sprintf("read %d/%d", t.Read, t.ReadOf)
	default:
		text = fmt.Sprintf("delivered %d/%d", t.Delivered, t.DeliveredOf)
	}
	return theme.Paint(c.style.theme.Faint, text)
}

// newestOwn is the user's newest message in the window, after a number; 0 if there is
// none.
func (c canvas) newestOwn(after chat.Seq) chat.Seq {
	for i := len(c.window) - 1; i >= 0 && c.window[i].Seq > after; i-- {
		if m := c.window[i]; m.Author == c.style.self && m.Counts() {
			return m.Seq
		}
	}
	return 0
}

// markers returns the initials of readers in their colours, or on a narrow screen their
// number.
func (c canvas) markers(readers []*chat.MemberReceipt) string {
	if len(readers) == 0 {
		return ""
	}
	th := c.style.theme
	if c.style.narrow() {
		return theme.Paint(th.Faint, "("+strconv.Itoa(len(readers))+")")
	}
	shown := len(readers)
	if shown > maxInitials+1 {
		shown = maxInitials
	}
	var b strings.Builder
	for _, r := range readers[:shown] {
		b.WriteString(theme.Paint(th.Author(r.User, c.style.self), initial(r.Name)))
	}
	if more := len(readers) - shown; more > 0 {
		b.WriteString(theme.Paint(th.Faint, "+"+strconv.Itoa(more)))
	}
	return b.String()
}

// initial stands for a name.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r))
}
