package tui

import (
	"strconv"
	"strings"

	"confab/app"
)

// sidebarWidth is the columns of the sidebar with its border, 0 for none.
func (m *Model) sidebarWidth() int {
	switch {
	case m.hideSidebar:
		return 0
	case m.width >= 100:
		return 24
	case m.width >= 60:
		return 18
	default:
		return 0
	}
}

// countText is a number of unread messages.
func countText(n int) string {
	if n >= app.UnreadLimit {
		return strconv.Itoa(app.UnreadLimit-1) + "+"
	}
	return strconv.Itoa(n)
}

// sidebarRows are the conversations, with a border at the right.
func (m *Model) sidebarRows() []string {
	l := m.layout.sidebar
	border := paint(m.theme.faint, m.theme.vertical)
	rows := make([]string, l.H)
	blank := strings.Repeat(" ", l.W-1) + border
	shown := m.visible()
	first := 0
	for i, c := range shown {
		if m.open != nil && c.ID == m.open.conversation && i >= l.H {
			first = i - l.H + 1 // the open one is always there
		}
	}
	for i := range rows {
		if first+i >= len(shown) {
			rows[i] = blank
			continue
		}
		rows[i] = m.sidebarRow(shown[first+i], l.W-1) + border
	}
	return rows
}

// sidebarRow is the row of one conversation.
func (m *Model) sidebarRow(c *app.Listed, width int) string {
	th := &m.theme
	open := m.open != nil && c.ID == m.open.conversation
	muted := c.Mine.Muted(m.now())
	count := ""
	// What arrives before one's eyes is not counted on the way.
	watched := open && m.open.following && !m.held && m.there(m.now())
	if c.Unread > 0 && !watched {
		count = countText(c.Unread) + " "
		if c.Mentioned {
			count = th.mention + count
		}
	}
	if t, ok := m.typing[c.ID]; ok && c.Kind == app.KindDirect && t.user != 0 {
		count = th.ellipsis + " " + count
	}
	mark, markStyle := " ", ""
	switch {
	case c.Kind == app.KindDirect:
		mark, markStyle = m.presence(c.Presence)
	case c.Mine.Pinned:
		mark = th.pinned
	case muted:
		mark = th.muted
	}
	name := fit(c.Title(), width-2-textWidth(count), th.ellipsis)
	switch {
	case open:
		return paint(th.reverse, mark+name+" "+count)
	case c.Unread > 0 && !muted:
		return paint(markStyle, mark) + paint(th.bold, name) + " " + paint(th.unread, count)
	case muted:
		return paint(markStyle, mark) + paint(th.faint, name+" "+count)
	default:
		return paint(markStyle, mark) + name + " " + count
	}
}

// presence is the sign for whether someone is there.
func (m *Model) presence(p app.Presence) (mark, style string) {
	switch p {
	case app.Online:
		return m.theme.here, m.theme.hereStyle
	case app.Away:
		return m.theme.away, m.theme.hereStyle
	default:
		return m.theme.gone, m.theme.faint
	}
}

// unreadElsewhere says how much is unread in other conversations, for screens
// without a sidebar and for the title.
func (m *Model) unreadElsewhere() int {
	n := 0
	for i := range m.list {
		l := &m.list[i]
		if l.Unread > 0 && (l.Mentioned || !l.Mine.Muted(m.now())) && (m.open == nil || l.ID != m.open.conversation) {
			n += l.Unread
		}
	}
	return n
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
