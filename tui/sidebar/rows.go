package sidebar

import (
	"strings"

	"confab/app/chat"
	"confab/tui/theme"
)

// drawing keeps the rows of the last frame. With hundreds of sessions that draw in turn,
// allocating them for each frame would cost more than drawing.
type drawing struct {
	rows       map[chat.ConversationID]drawnRow
	frame      []string
	shown      []*chat.ConversationSummary
	blank      string // a row without a conversation
	blankWidth int
}

// SetTheme draws all rows with another theme from now on.
func (s *Sidebar) SetTheme(th *theme.Theme) {
	s.o.Theme = th
	s.drawn.blank = ""
	clear(s.drawn.rows)
}

// Rows returns the rows of the conversations, with a border at the right. The next call
// reuses them.
func (s *Sidebar) Rows(width, height int) []string {
	d := &s.drawn
	if d.blank == "" || d.blankWidth != width {
		d.blank, d.blankWidth = strings.Repeat(" ", width-1)+theme.Paint(s.o.Theme.Faint, s.o.Theme.Vertical), width
	}
	if cap(d.frame) < height {
		d.frame = make([]string, height)
	}
	rows, open := d.frame[:height], s.open.Conversation()
	d.shown = s.list.appendVisible(d.shown[:0], open)
	first := 0
	for i, c := range d.shown {
		if c.ID == open && i >= height {
			first = i - height + 1 // the open conversation is always on the screen
		}
	}
	for i := range rows {
		if first+i >= len(d.shown) {
			rows[i] = d.blank
			continue
		}
		rows[i] = s.row(d.shown[first+i], width-1, height)
	}
	return rows
}

// NotesSign follows the user's own name in the title of its notes.
const NotesSign = " (you)"

// entry has the values that the row of a conversation shows.
type entry struct {
	title                string
	kind                 chat.Kind
	presence             chat.Presence
	unread, mentions     int
	muted, pinned, typed bool
	open, added          bool
	notes                bool // to oneself
	width                int
}

// drawnRow is a cached row. While its values are the same, it stays the same string.
type drawnRow struct {
	entry
	row string
}

func (s *Sidebar) entry(c *chat.ConversationSummary, width int) entry {
	e := entry{
		kind: c.Kind, title: c.Name, unread: c.Unread, mentions: min(c.Mentions, c.Unread),
		muted: c.Mine.Muted(s.o.Now()), pinned: c.Mine.Pinned,
		open: s.open.Conversation() == c.ID, width: width, added: c.New(),
	}
	if c.Kind == chat.KindDirect {
		_, e.typed = s.typing[c.ID]
		e.title, e.presence, e.notes = c.Other.Name, c.Other.Status.Presence(c.Presence, s.o.Now()), c.Notes()
	}
	if e.open && s.upToDate && s.open.Watching() {
		// Messages that the user sees arrive are read a moment later, so they are not
		// counted.
		e.unread, e.mentions = 0, 0
	}
	if e.open {
		e.added = false // and in a moment the server knows
	}
	return e
}

// row is the row of one conversation, with the border.
func (s *Sidebar) row(c *chat.ConversationSummary, width, height int) string {
	e := s.entry(c, width)
	if have, ok := s.drawn.rows[c.ID]; ok && have.entry == e {
		return have.row
	}
	if len(s.drawn.rows) > 2*height {
		clear(s.drawn.rows)
	}
	th := s.o.Theme
	row := e.text(th) + theme.Paint(th.Faint, th.Vertical)
	s.drawn.rows[c.ID] = drawnRow{e, row}
	return row
}

func (e *entry) text(th *theme.Theme) string {
	count := ""
	if e.unread > 0 {
		count = theme.Unread(e.unread) + " "
		if e.mentions > 0 {
			count = th.Mention + theme.Unread(e.mentions) + " " + count
		}
	}
	if e.added {
		count = "new " + count
	}
	if e.typed {
		count = th.Ellipsis + " " + count
	}
	mark, markStyle, title := " ", "", "#"+e.title
	switch {
	case e.notes:
		title = "@" + e.title + NotesSign
	case e.kind == chat.KindDirect:
		mark, markStyle = presence(th, e.presence)
		title = "@" + e.title
	}
	// The first column shows the presence of a direct conversation's other member. The
	// other marks go there only if it is free.
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
	name := th.Fit(title, e.width-2-th.Width(count), th.Ellipsis)
	switch {
	case e.open:
		return theme.Paint(th.Current, mark+name+" "+count)
	case (e.unread > 0 || e.added) && !e.muted:
		return theme.Paint(markStyle, mark) + theme.Paint(th.Bold, name) + " " + theme.Paint(th.Unread, count)
	case e.muted:
		return theme.Paint(markStyle, mark) + theme.Paint(th.Faint, name+" "+count)
	default:
		return theme.Paint(markStyle, mark) + name + " " + count
	}
}

// presence returns the sign for a presence.
func presence(th *theme.Theme, p chat.Presence) (mark, style string) {
	switch p {
	case chat.Online:
		return th.Here, th.HereStyle
	case chat.Away:
		return th.Away, th.HereStyle
	default:
		return th.Gone, th.Faint
	}
}
