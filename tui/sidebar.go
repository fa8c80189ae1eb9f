package tui

import (
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/tui/theme"
)

// sidebarFrom is how wide a screen must be to have room for the list.
const sidebarFrom = 60

// sidebarWidth is the columns of the sidebar with its border, 0 for none.
func (m *Model) sidebarWidth() int {
	switch {
	case m.hideSidebar:
		return 0
	case m.width >= 100:
		return 24
	case m.width >= sidebarFrom:
		return 18
	default:
		return 0
	}
}

// countText is a number of unread messages.
func countText(n int) string {
	if n >= chat.UnreadLimit {
		return strconv.Itoa(chat.UnreadLimit-1) + "+"
	}
	return strconv.Itoa(n)
}

// sidebarRows are the conversations, with a border at the right.
func (m *Model) sidebarRows() []string {
	l := m.layout.sidebar
	room := &m.frame
	if room.blank == "" || room.blankWidth != l.W {
		room.blank, room.blankWidth = strings.Repeat(" ", l.W-1)+theme.Paint(m.theme.Faint, m.theme.Vertical), l.W
	}
	if cap(room.sidebar) < l.H {
		room.sidebar = make([]string, l.H)
	}
	rows := room.sidebar[:l.H]
	shown := m.appendVisible(room.listed[:0])
	room.listed = shown
	first := 0
	for i, c := range shown {
		if m.open != nil && c.ID == m.open.conversation && i >= l.H {
			first = i - l.H + 1 // the open one is always there
		}
	}
	for i := range rows {
		if first+i >= len(shown) {
			rows[i] = room.blank
			continue
		}
		rows[i] = m.sidebarRow(shown[first+i], l.W-1)
	}
	return rows
}

// sidebarEntry is what the row of a conversation shows.
type sidebarEntry struct {
	title                           string
	kind                            chat.Kind
	presence                        chat.Presence
	unread                          int
	mentioned, muted, pinned, typed bool
	open                            bool
	width                           int
}

// sidebarRow is a row as it was drawn last: while it shows the same it stays
// the same string.
type sidebarRow struct {
	sidebarEntry
	row string
}

func (m *Model) sidebarEntry(c *chat.Listed, width int) sidebarEntry {
	e := sidebarEntry{
		kind: c.Kind, title: c.Name, unread: c.Unread, mentioned: c.Mentioned && c.Unread > 0,
		muted: c.Mine.Muted(m.now()), pinned: c.Mine.Pinned,
		open: m.open != nil && m.open.conversation == c.ID, width: width,
	}
	if c.Kind == chat.KindDirect {
		_, e.typed = m.typing[c.ID]
		e.title, e.presence = c.Other.Name, c.Presence
	}
	if e.open && m.open.upToDate && m.watching() {
		// What arrives before one's eyes is not counted on the way.
		e.unread, e.mentioned = 0, false
	}
	return e
}

// sidebarRow is the row of one conversation, with the border.
func (m *Model) sidebarRow(c *chat.Listed, width int) string {
	e := m.sidebarEntry(c, width)
	if have, ok := m.sidebar[c.ID]; ok && have.sidebarEntry == e {
		return have.row
	}
	if len(m.sidebar) > 2*m.height {
		clear(m.sidebar)
	}
	row := m.sidebarText(&e) + theme.Paint(m.theme.Faint, m.theme.Vertical)
	m.sidebar[c.ID] = sidebarRow{e, row}
	return row
}

func (m *Model) sidebarText(e *sidebarEntry) string {
	th := &m.theme
	count := ""
	if e.unread > 0 {
		count = countText(e.unread) + " "
		if e.mentioned {
			count = th.Mention + count
		}
	}
	if e.typed {
		count = th.Ellipsis + " " + count
	}
	mark, markStyle, title := " ", "", "#"+e.title
	if e.kind == chat.KindDirect {
		mark, markStyle = m.presence(e.presence)
		title = "@" + e.title
	}
	// Who is there is told of a direct conversation before anything else.
	switch {
	case e.muted && mark == " ":
		mark = th.Muted
	case e.muted:
		count += th.Muted + " "
	}
	switch {
	case e.pinned && mark == " ":
		mark = th.Pinned
	case e.pinned:
		count += th.Pinned + " "
	}
	name := m.theme.Fit(title, e.width-2-m.theme.Width(count), th.Ellipsis)
	switch {
	case e.open:
		return theme.Paint(th.Reverse, mark+name+" "+count)
	case e.unread > 0 && !e.muted:
		return theme.Paint(markStyle, mark) + theme.Paint(th.Bold, name) + " " + theme.Paint(th.Unread, count)
	case e.muted:
		return theme.Paint(markStyle, mark) + theme.Paint(th.Faint, name+" "+count)
	default:
		return theme.Paint(markStyle, mark) + name + " " + count
	}
}

// presence is the sign for whether someone is there.
func (m *Model) presence(p chat.Presence) (mark, style string) {
	switch p {
	case chat.Online:
		return m.theme.Here, m.theme.HereStyle
	case chat.Away:
		return m.theme.Away, m.theme.HereStyle
	default:
		return m.theme.Gone, m.theme.Faint
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
