package timeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/tui/theme"
)

// maxInitials is how many readers of a message are shown by their initials. The rest is a
// number. That number is never 1, because initials say more.
const maxInitials = 3

// placement says how far members have read in a window. It is computed again when the
// receipts or the window change.
type placement struct {
	receipts    *chat.Receipts
	first, last chat.Seq
	at          map[chat.Seq][]*chat.MemberReceipt // the newest reader first; nobody in a large conversation
	all         chat.Seq                           // the message up to which everyone else has read; 0 for none
	initials    map[chat.UserID]string             // as far as they were asked for
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
	others, there, end := 0, 0, c.end()
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
		at, exact := c.index(read)
		if !exact {
			at-- // the one before
		}
		for at >= 0 && !c.window[at].Counts() {
			at--
		}
		if at < 0 || c.window[at].Seq <= m.ReadFrom {
			continue
		}
		seq := c.window[at].Seq
		if seq == end {
			there++
		}
		if c.window[at].Author != m.User { // authors do not count as readers of their own
			p.at[seq] = append(p.at[seq], m)
		}
	}
	for _, readers := range p.at {
		slices.SortStableFunc(readers, func(a, b *chat.MemberReceipt) int { return b.ReadAt.Compare(a.ReadAt) })
	}
	if others > 1 && there == others && c.atEnd() {
		p.all = end
	}
}

// edges are the forms of the right edge of a message, from the fullest to the shortest. The
// first form that fits is drawn. A form that is "" is passed over.
type edges [5]string

// edge returns the right edge of a message.
func (c canvas) edge(m *chat.Message) edges {
	if c.style.kind.Notes {
		return edges{}
	}
	if m.Written() && m.Author == c.style.self && (m.ThreadOnly || c.thread != 0) {
		return edges{4: c.style.theme.Ticks[chat.TickSent]} // there are no receipts in a thread
	}
	if !m.Counts() {
		return edges{}
	}
	p := c.marks()
	tick := ""
	if m.Author == c.style.self {
		tick = c.style.theme.Ticks[c.tally(p, m.Seq).Tick()]
	}
	e := edges{3: joined(tick, c.markers(p, p.at[m.Seq])), 4: tick}
	switch {
	case m.Author == c.style.self && m.Seq == p.own && !c.style.kind.Direct:
		t := c.tally(p, m.Seq)
		progress := c.progress(t)
		e[0], e[1] = joined(progress, e[3]), joined(progress, tick)
		if t.Read > 0 { // this says more than the tick
			e[2] = progress
		}
	case m.Seq == p.all:
		// In words, it needs no markers.
		e[0] = joined(theme.Paint(c.style.theme.Faint, "read by all"), tick)
	}
	return e
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

// markersWidth is how many cells the markers of a message take at most.
const markersWidth = 6

// markers returns the initials of readers in their colours, or their number if there is no
// room for initials.
func (c canvas) markers(p *placement, readers []*chat.MemberReceipt) string {
	if len(readers) == 0 {
		return ""
	}
	th := c.style.theme
	shown, more := c.named(p, readers), ""
	switch rest := len(readers) - shown; {
	case shown == 0:
		return theme.Paint(th.Faint, "("+strconv.Itoa(len(readers))+")")
	case rest > 0:
		more = theme.Paint(th.Faint, "+"+strconv.Itoa(rest))
	}
	var b strings.Builder
	for _, r := range readers[:shown] {
		b.WriteString(theme.Paint(th.Author(r.User, c.style.self), c.initials(p, r)))
	}
	return b.String() + more
}

// named is how many of the readers are shown by their initials: all, or so many that at
// least two are left.
func (c canvas) named(p *placement, readers []*chat.MemberReceipt) int {
	if c.style.narrow() {
		return 0
	}
	shown, width := 0, 0
	for i, r := range readers[:min(len(readers), maxInitials+1)] {
		width += len(c.initials(p, r))
		switch rest := len(readers) - i - 1; {
		case rest == 0 && width <= markersWidth:
			return len(readers)
		case rest > 1 && i < maxInitials && width+len("+")+len(strconv.Itoa(rest)) <= markersWidth:
			shown = i + 1
		}
	}
	return shown
}

// initials stand for a member: so many letters of the name that no other member's name
// begins with them.
func (c canvas) initials(p *placement, r *chat.MemberReceipt) string {
	if have, ok := p.initials[r.User]; ok {
		return have
	}
	n := 1
	for i := range c.receipts.Members {
		if o := &c.receipts.Members[i]; o.User != r.User && o.User != c.style.self && !o.Excluded {
			n = max(n, 1+common(o.Name, r.Name))
		}
	}
	name := r.Name[:min(n, len(r.Name))]
	if name != "" {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	if p.initials == nil {
		p.initials = make(map[chat.UserID]string)
	}
	p.initials[r.User] = name
	return name
}

// common is how many letters two names begin with in common. Names are ASCII.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
