package aside

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/theme"
)

// drawn has the rows of the last frame, and what they were made from.
type drawn struct {
	Shown
	version int
	rows    []string
}

// Rows returns the rows of the pane. They stay the same as long as nothing changes.
func (a *Aside) Rows(s Shown) []string {
	if s.Receipts != nil {
		a.receipts = s.Receipts
	} else if a.receipts != nil && a.receipts.Conversation == s.Conversation {
		s.Receipts = a.receipts
	}
	if a.drawn.rows == nil || a.drawn.Shown != s || a.drawn.version != a.version {
		a.drawn = drawn{s, a.version, a.draw(s)}
	}
	return a.drawn.rows
}

// border is the line at the left of the pane, and a space.
const border = 2

func (a *Aside) draw(s Shown) []string {
	p := page{theme.Sheet{Theme: s.Theme, Width: s.Width - border}, a.o, s}
	if s.Conversation != 0 {
		switch a.kind {
		case Members:
			p.members()
		case Thread:
			p.thread(a.thread, a.have == a.needs(s))
		case Pinned:
			p.pinned(a.pins, a.have == a.needs(s))
		case Details:
			p.details()
		}
	}
	if n := len(p.Rows); n > s.Height && s.Height > 0 { // the last row says that there is more
		p.Rows = p.Rows[:s.Height-1]
		p.row(s.Theme.Faint, s.Theme.Ellipsis+" "+text.Plural(n-s.Height+1, "more row"))
	}
	rows := make([]string, s.Height)
	line := theme.Paint(s.Theme.Faint, s.Theme.Vertical)
	for i := range rows {
		if rows[i] = line; i < len(p.Rows) && p.Rows[i] != "" {
			rows[i] += " " + p.Rows[i]
		}
	}
	return rows
}

// page collects the rows of the pane.
type page struct {
	theme.Sheet
	o     Options
	shown Shown
}

func (p *page) row(style, words string) {
	p.Rows = append(p.Rows, theme.Paint(style, p.Theme.FitMax(words, p.Width-1, p.Theme.Ellipsis)))
}

func (p *page) hint(words string) { p.Text(0, p.Theme.Faint, words) }

// rest is how many rows are free.
func (p *page) rest() int { return p.shown.Height - len(p.Rows) }

// members lists the members, those who are connected first.
func (p *page) members() {
	r := p.shown.Receipts
	if r == nil {
		return
	}
	p.row(p.Theme.Bold, text.Plural(r.Count, "member"))
	if !r.Named {
		p.hint("There are too many to show here. /members lists them.")
		return
	}
	list := slices.Clone(r.Members)
	slices.SortFunc(list, func(a, b chat.MemberReceipt) int {
		if a.Here != b.Here {
			if a.Here {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i, m := range list {
		if left := len(list) - i; p.rest() == 1 && left > 1 {
			p.hint("and " + strconv.Itoa(left) + " more: /members")
			return
		}
		sign, style, name := p.Theme.Gone, p.Theme.Faint, m.Name
		switch {
		case m.Here:
			sign, style = p.Theme.Here, p.Theme.HereStyle
		case m.Disabled:
			sign = p.Theme.Nobody
		}
		if m.User == p.o.Self {
			name += " (you)"
		}
		p.Rows = append(p.Rows, theme.Paint(style, sign)+" "+theme.Paint(p.Theme.Author(m.User, p.o.Self), p.Theme.FitMax(name, p.Width-3, p.Theme.Ellipsis)))
	}
}

// thread shows the newest messages of a thread.
func (p *page) thread(list []*chat.Message, there bool) {
	if p.shown.Root == 0 {
		p.row(p.Theme.Bold, "Thread")
		p.hint("Select a message to see its thread here: Esc, then Up and Down.")
		return
	}
	if !there || len(list) == 0 {
		p.row(p.Theme.Bold, "Thread")
		return
	}
	p.row(p.Theme.Bold, "Thread of "+list[0].AuthorName)
	head := len(p.Rows)
	for _, m := range list {
		p.message(m, 0)
	}
	if over := -p.rest(); over > 0 { // the newest are shown
		p.Rows = slices.Delete(p.Rows, head, min(head+over, len(p.Rows)))
	}
}

// pinLines is how much of a pinned message is shown.
const pinLines = 4

// pinned shows the pinned messages.
func (p *page) pinned(list []chat.Pin, there bool) {
	p.row(p.Theme.Bold, "Pinned in "+p.shown.Title)
	if there && len(list) == 0 {
		p.hint("No messages are pinned here. p on a selected message pins it.")
	}
	for i, pin := range list {
		if !there || p.rest() <= 0 {
			return
		}
		if left := len(list) - i; p.rest() <= pinLines && left > 1 {
			p.hint("and " + strconv.Itoa(left) + " more: /pins")
			return
		}
		p.message(pin.Message, pinLines)
	}
}

// message shows a message: its author, its time, and its text in at most so many lines, or all
// of it if that is 0.
func (p *page) message(m *chat.Message, most int) {
	at := " " + when(m.SentAt, p.o.Zone)
	name := p.Theme.FitMax(m.AuthorName, p.Width-1-len(at), p.Theme.Ellipsis)
	p.Rows = append(p.Rows, theme.Paint(p.Theme.Author(m.Author, p.o.Self), name)+theme.Paint(p.Theme.Faint, at))
	words, style := text.Clean(m.Text()), ""
	if m.Deleted() {
		words, style = "deleted"+deleter(m), p.Theme.Faint
	}
	for i, l := range p.Theme.Wrap(words, max(1, p.Width-3)) {
		if i == most-1 && l.End < len(words) {
			p.Rows = append(p.Rows, "  "+p.Theme.Ellipsis)
			return
		}
		p.Rows = append(p.Rows, "  "+theme.Paint(style, p.Theme.Isolate(theme.ExpandTabs(words[l.Start:l.End]))))
	}
}

// deleter says who deleted a message, as in " by ann", or "" if that is not known.
func deleter(m *chat.Message) string {
	if m.DeletedBy == 0 || m.DeleterName == "" {
		return ""
	}
	return " by " + m.DeleterName
}

// when is a time in few characters.
func when(t time.Time, zone *time.Location) string { return t.In(zone).Format("2 Jan 15:04") }

// details says what is known of a message without asking the chat.
func (p *page) details() {
	m := p.shown.Message
	if m == nil {
		p.row(p.Theme.Bold, "Details")
		p.hint("Select a message to see its details here: Esc, then Up and Down.")
		return
	}
	p.row(p.Theme.Bold, "Message of "+m.AuthorName)
	p.row("", "Sent "+when(m.SentAt, p.o.Zone))
	if m.Edited() && !m.Deleted() {
		p.row("", "Edited "+when(m.EditedAt, p.o.Zone))
	}
	switch {
	case m.System():
		return
	case m.Deleted():
		p.row("", "Deleted "+when(m.DeletedAt, p.o.Zone)+deleter(m))
		return
	}
	if f := m.File; f != nil {
		p.row("", "Size "+chat.SizeText(f.Size))
	}
	if m.Replies > 0 {
		p.row("", "Replies: "+strconv.Itoa(m.Replies))
	}
	for _, k := range m.ReactionKinds() {
		p.row("", p.Theme.Emoji(k.Emoji)+" "+p.names(k.Users))
	}
	if !m.ThreadOnly {
		p.receipts(m)
	}
}

// names are the handles of members, as far as they are known.
func (p *page) names(users []chat.UserID) string {
	var names []string
	for _, u := range users {
		if r := p.shown.Receipts; r != nil {
			if i, ok := slices.BinarySearchFunc(r.Members, u, func(m chat.MemberReceipt, u chat.UserID) int { return cmp.Compare(m.User, u) }); ok {
				names = append(names, r.Members[i].Name)
			}
		}
	}
	if len(names) < len(users) {
		return strconv.Itoa(len(users))
	}
	return strings.Join(names, ", ")
}

// receipts lists who has read a message, as [chat.Receipts.Tally] counts them.
func (p *page) receipts(m *chat.Message) {
	r := p.shown.Receipts
	if r == nil || !r.Named {
		return
	}
	var read, delivered, not []string
	for i := range r.Members {
		switch o := &r.Members[i]; {
		case o.Excluded || o.User == m.Author || o.Joined >= m.Seq:
		case !r.Withheld && o.Shares && o.ReadFrom < m.Seq && o.Read >= m.Seq:
			read = append(read, o.Name)
		case o.Delivered >= m.Seq:
			delivered = append(delivered, o.Name)
		default:
			not = append(not, o.Name)
		}
	}
	for _, stage := range []struct {
		heading string
		names   []string
	}{{"Read by", read}, {"Delivered to", delivered}, {"Not delivered yet to", not}} {
		if len(stage.names) > 0 {
			p.Blank()
			p.row(p.Theme.Faint, stage.heading)
			p.Text(2, "", strings.Join(stage.names, ", "))
		}
	}
	if r.Withheld {
		p.Blank()
		p.hint("You don't share what you read, so you don't see what others have read.")
	}
}
