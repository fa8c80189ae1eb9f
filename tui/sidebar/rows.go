package sidebar

import (
	"slices"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/tui/theme"
)

// drawing keeps the rows of the last frame. With hundreds of sessions that draw in turn,
// allocating them for each frame would cost more than drawing.
type drawing struct {
	rows       map[chat.ConversationID]drawnRow
	titles     [sectionCount]drawnTitle
	frame      []string
	sections   []Section // of all conversations in the list
	blank      string    // a row without a conversation
	blankWidth int
}

// titlesFrom is the smallest height of a list that shows the titles of its sections.
const titlesFrom = 8

// SetTheme draws all rows with another theme from now on.
func (s *Sidebar) SetTheme(th *theme.Theme) {
	s.o.Theme = th
	s.drawn.blank, s.drawn.titles = "", [sectionCount]drawnTitle{}
	clear(s.drawn.rows)
}

// Rows returns the rows of the list, with a border at the right. The next call reuses them.
func (s *Sidebar) Rows(width, height int) []string {
	d := &s.drawn
	if d.blank == "" || d.blankWidth != width {
		d.blank, d.blankWidth = strings.Repeat(" ", width-1)+theme.Paint(s.o.Theme.Faint, s.o.Theme.Vertical), width
	}
	if cap(d.frame) < height {
		d.frame = make([]string, height)
	}
	rows, open := d.frame[:height], s.open.Conversation()
	s.sections.lines = lines(s, s.sections.lines[:0])
	if height < titlesFrom {
		s.sections.lines = slices.DeleteFunc(s.sections.lines, func(l line) bool { return l.conversation == nil })
	}
	s.sections.first = 0
	for i, l := range s.sections.lines {
		if l.id == open && open != 0 && i >= height {
			s.sections.first = i - height + 1 // the open conversation is always on the screen
		}
	}
	for i := range rows {
		switch {
		case s.sections.first+i >= len(s.sections.lines):
			rows[i] = d.blank
		case s.sections.lines[s.sections.first+i].conversation == nil:
			rows[i] = title(s, s.sections.lines[s.sections.first+i], width-1)
		default:
			rows[i] = s.row(s.sections.lines[s.sections.first+i], width-1, height)
		}
	}
	return rows
}

// drawnTitle is the cached title of a section, with the values that it shows.
type drawnTitle struct {
	count, width int
	folded       bool
	row          string
}

// title is the row with the name of a section, with the border. A folded section says how
// many conversations it has.
func title(s *Sidebar, l line, width int) string {
	is := drawnTitle{count: l.count, width: width, folded: s.sections.folded[l.section]}
	if !is.folded {
		is.count = 0
	}
	have := &s.drawn.titles[l.section]
	if is.row = have.row; is == *have && is.row != "" {
		return is.row
	}
	th := s.o.Theme
	words := th.Unfolded + " " + titles[l.section]
	if is.folded {
		words = th.Folded + " " + titles[l.section] + " " + strconv.Itoa(l.count)
	}
	is.row = theme.Paint(th.Faint, th.Fit(words, width, th.Ellipsis)+th.Vertical)
	*have = is
	return is.row
}

// NotesSign follows the user's own name in the title of its notes.
const NotesSign = " (you)"

// entry has the values that the row of a conversation shows.
type entry struct {
	title                string
	kind                 chat.Kind
	presence             chat.Presence
	number               int // 0 for none
	unread, mentions     int
	muted, pinned, typed bool
	open, added, draft   bool
	notes                bool // to oneself
	unused               bool // nobody uses the other account
	width                int
}

// drawnRow is a cached row. While its values are the same, it stays the same string.
type drawnRow struct {
	entry
	row string
}

func (s *Sidebar) entry(l line, width int) entry {
	c := l.conversation
	e := entry{
		kind: c.Kind, title: c.Name, unread: c.Unread, mentions: min(c.Mentions, c.Unread), number: s.sections.numberOf(c.ID),
		muted: c.Mine.Muted(s.o.Now()), pinned: c.Mine.Pinned,
		open: s.open.Conversation() == c.ID, width: width, added: c.New(),
	}
	if c.Kind == chat.KindDirect {
		_, e.typed = s.typing[c.ID]
		e.title, e.presence, e.notes, e.unused = c.Other.Name, c.Other.Status.Presence(c.Presence, s.o.Now()), c.Notes(), c.Unused()
	}
	if e.open && s.upToDate && s.open.Watching() {
		// Messages that the user sees arrive are read a moment later, so they are not
		// counted.
		e.unread, e.mentions = 0, 0
	}
	if e.open {
		e.added = false // and in a moment the server knows
	} else if s.o.Drafted != nil {
		e.draft = s.o.Drafted(c.ID)
	}
	return e
}

// row is the row of one conversation, with the border.
func (s *Sidebar) row(l line, width, height int) string {
	e := s.entry(l, width)
	if have, ok := s.drawn.rows[l.id]; ok && have.entry == e {
		return have.row
	}
	if len(s.drawn.rows) > 2*height {
		clear(s.drawn.rows)
	}
	th := s.o.Theme
	row := e.text(th) + theme.Paint(th.Faint, th.Vertical)
	s.drawn.rows[l.id] = drawnRow{e, row}
	return row
}

// pinWidth is the smallest width of a list with a column for the sign of pinned
// conversations. In a narrower one, only their section shows that they are pinned.
const pinWidth = 20

// text draws the row. Its columns are: the number, or a mark at the open conversation; the
// sign of a pinned one; the presence; the title; what is unread; the sign of a draft; and
// the sign of a muted one. What needs the user most is the brightest: mentions and direct
// messages, and then other unread messages.
func (e *entry) text(th *theme.Theme) string {
	count := ""
	if e.unread > 0 {
		count = theme.Unread(e.unread)
		if e.mentions > 0 {
			count = th.Mention + theme.Unread(e.mentions) + " " + count
		}
	}
	if e.added && e.mentions == 0 {
		count = strings.TrimRight("new "+count, " ")
	}
	if e.typed {
		count = strings.TrimRight(th.Ellipsis+" "+count, " ")
	}
	number, pin, mark, markStyle, title := " ", "", " ", "", "#"+e.title
	if e.number > 0 {
		number = strconv.Itoa(e.number)
	}
	if e.width >= pinWidth {
		pin = sign(e.pinned, th.Pinned)
	}
	switch {
	case e.notes:
		title = "@" + e.title + NotesSign
	case e.kind == chat.KindDirect:
		if mark, markStyle = presence(th, e.presence); e.unused {
			mark, markStyle = th.Nobody, th.Faint
		}
		title = "@" + e.title
	}
	signed := sign(e.draft, th.Draft) + sign(e.muted, th.Muted)
	room := e.width - len(number) - th.Width(pin+mark+signed) - 1
	switch {
	case count != "":
		room -= th.Width(count) + 1
	case !e.draft && !e.muted && th.Width(title) > room: // as much of a long name as possible
		room, signed = room+th.Width(signed), ""
	}
	name := th.Fit(title, max(1, room), th.Ellipsis) + " "
	if count != "" {
		count += " "
	}
	calls := e.unread > 0 || e.added
	switch {
	case e.open:
		return theme.Paint(th.Current, th.Open+pin+mark+name+count+signed)
	case calls && (e.mentions > 0 || e.kind == chat.KindDirect && !e.muted):
		return theme.Paint(th.Faint, number+pin) + theme.Paint(markStyle, mark) + theme.Paint(th.Unread, name+count) + theme.Paint(th.Faint, signed)
	case calls && !e.muted:
		return theme.Paint(th.Faint, number+pin) + mark + theme.Paint(th.Bold, name+count) + theme.Paint(th.Faint, signed)
	case e.muted:
		return theme.Paint(th.Faint, number+pin) + theme.Paint(markStyle, mark) + theme.Paint(th.Faint, name+count+signed)
	default:
		return theme.Paint(th.Faint, number+pin) + theme.Paint(markStyle, mark) + name + count + theme.Paint(th.Faint, signed)
	}
}

// sign is a sign, or a blank in its place.
func sign(is bool, sign string) string {
	if is {
		return sign
	}
	return " "
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
