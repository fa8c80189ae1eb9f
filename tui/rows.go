package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"confab/app"
)

const (
	// inlineWidth is how wide a timeline must be for the time and the author to
	// stand beside the text; in a narrower one they stand above it.
	inlineWidth = 70
	// authorWidth is the column of authors beside the text.
	authorWidth = 12
	// edgeWidth is kept free at the right edge for the ticks of one's own
	// messages and the markers of those who have read up to one, edgeNarrow if
	// the screen is narrow. So markers never move the text.
	edgeWidth  = 10
	edgeNarrow = 6
	// groupGap is how long after a message the author's next one still belongs
	// to the same group, without the name.
	groupGap = 5 * time.Minute
)

// rowStyle is what the rows of a message depend on besides the message. It is
// not changed but replaced.
type rowStyle struct {
	theme    theme
	width    int
	self     app.UserID
	location *time.Location
	direct   bool // a conversation of two
	// names are of those who are called something else than when their messages
	// were read.
	names map[app.UserID]string
}

// name is what the author of a message is called now.
func (s *rowStyle) name(m *app.Message) string {
	if now, ok := s.names[m.Author]; ok {
		return now
	}
	return m.AuthorName
}

// narrow reports whether there is no room for names at the edge.
func (s *rowStyle) narrow() bool { return s.width < 60 }

func (s *rowStyle) edge() int {
	if s.narrow() {
		return edgeNarrow
	}
	return edgeWidth
}

// rowCache holds rendered messages by number, for one style.
type rowCache struct {
	style *rowStyle
	rows  map[app.Seq]cachedRows
}

type cachedRows struct {
	rows     []string
	previous *app.Message
	lead     int // rows before the message itself: the day
	width    int // cells of the last row
}

// of returns the rows of a message that comes after previous (nil: none, or
// not known). It begins anew when it holds more than limit messages: to render
// a screen again now and then is cheaper than to keep the order of their use.
func (c *rowCache) of(style *rowStyle, limit int, previous, m *app.Message) cachedRows {
	if c.style != style || len(c.rows) > limit {
		c.style, c.rows = style, make(map[app.Seq]cachedRows)
	}
	if have, ok := c.rows[m.Seq]; ok && have.previous == previous {
		return have
	}
	made := messageRows(style, previous, m)
	c.rows[m.Seq] = made
	return made
}

// messageRows renders a message that is on disk.
func messageRows(s *rowStyle, previous, m *app.Message) cachedRows {
	made := cachedRows{previous: previous}
	sentAt := m.SentAt.In(s.location)
	grouped := false
	if previous == nil || !sameDay(previous.SentAt.In(s.location), sentAt) {
		made.rows = append(made.rows, dayDivider(s, sentAt))
		made.lead = 1
	} else {
		grouped = previous.Author == m.Author && !previous.System() && m.SentAt.Sub(previous.SentAt) < groupGap
	}
	var rows []string
	if m.System() {
		rows, made.width = systemRows(s, m, sentAt)
	} else {
		rows, made.width = bodyRows(s, m.Body, header{
			author: s.name(m), style: s.theme.author(m.Author, s.self),
			at: sentAt.Format("15:04"), grouped: grouped,
		})
	}
	made.rows = append(made.rows, rows...)
	return made
}

// systemRows renders a line about the conversation itself.
func systemRows(s *rowStyle, m *app.Message, sentAt time.Time) (rows []string, width int) {
	text := m.Text()
	if !app.IsClean(text) {
		text = app.CleanText(text)
	}
	text = sentAt.Format("15:04") + " " + s.theme.system + " " + text
	for i, l := range wrap(text, max(s.width-s.edge()-2, 1)) {
		indent := ""
		if i > 0 {
			indent = "  "
		}
		row := indent + drawn(text[l.start:l.end])
		width = textWidth(row)
		rows = append(rows, paint(s.theme.faint, row))
	}
	return rows, width
}

// unreadLine is drawn above the first message that one has not seen.
func unreadLine(s *rowStyle) string {
	const label = " new "
	n := max(0, s.width-len(label))
	return paint(s.theme.unread, strings.Repeat(s.theme.horizontal, n/2)+label+strings.Repeat(s.theme.horizontal, n-n/2))
}

// withEdge puts something at the right edge of a row of so many cells; what is
// short stands in where there is no room.
func (s *rowStyle) withEdge(row string, width int, edge, short string) string {
	w := textWidthStyled(edge)
	if edge == "" || width+1+w > s.width {
		edge, w = short, textWidthStyled(short)
	}
	if edge == "" || width+w > s.width {
		return row
	}
	return row + strings.Repeat(" ", s.width-width-w) + edge
}

// highlight shows a row as that of the selected message.
func (s *rowStyle) highlight(row string) string {
	plain := ansi.Strip(row)
	return paint(s.theme.reverse, plain+strings.Repeat(" ", max(0, s.width-textWidth(plain))))
}

// outgoingRows renders a message that is on its way, or failed.
func outgoingRows(s *rowStyle, name string, o *outgoing) []string {
	// What is not sent has no time yet, and comes after everything that has.
	h := header{author: name, style: s.theme.bold, at: "     "}
	rows, width := bodyRows(s, o.message.Body, h)
	last := len(rows) - 1
	if o.failure == "" {
		rows[last] = s.withEdge(rows[last], width, paint(s.theme.faint, s.theme.sending), "")
		return rows
	}
	rows[last] = s.withEdge(rows[last], width, paint(s.theme.warn, "!"), "")
	reason := "Not sent: " + o.failure + " Enter tries again."
	for _, l := range wrap(reason, s.width-2) {
		rows = append(rows, "  "+paint(s.theme.warn, reason[l.start:l.end]))
	}
	return rows
}

type header struct {
	author, style, at string
	grouped           bool // belongs to the message before: no name
}

// bodyRows lays a text out with who wrote it and when, beside it or above it,
// and tells how wide the last row is.
func bodyRows(s *rowStyle, body string, h header) (rows []string, last int) {
	if !app.IsClean(body) {
		body = app.CleanText(body) // never raw, whatever the store holds
	}
	indent, lead := 2, "  "
	if s.width >= inlineWidth {
		// 15:04 author       text
		indent = 5 + 1 + authorWidth + 2
		name := ""
		if !h.grouped {
			name = h.author
		}
		lead = paint(s.theme.faint, h.at) + " " + paint(h.style, fit(name, authorWidth, s.theme.ellipsis)) + "  "
	} else if !h.grouped {
		name := fitMax(h.author, s.width-7, s.theme.ellipsis)
		rows = append(rows, paint(h.style, name)+" "+paint(s.theme.faint, h.at))
	}
	width := max(s.width-indent-s.edge(), 1)
	blank := strings.Repeat(" ", indent)
	lines := wrap(body, width)
	for i, l := range lines {
		if i > 0 {
			lead = blank
		}
		text := body[l.start:l.end]
		rows = append(rows, lead+drawn(text))
		last = indent + textWidth(text)
	}
	return rows, last
}

// fitMax cuts a text that is wider than width.
func fitMax(s string, width int, ellipsis string) string {
	if textWidth(s) <= width {
		return s
	}
	return fit(s, width, ellipsis)
}

func dayDivider(s *rowStyle, day time.Time) string {
	label := " " + day.Format("Monday, 2 January 2006") + " "
	if len(label)+4 > s.width {
		label = " " + day.Format("2006-01-02") + " "
	}
	line := max(0, s.width-len(label))
	return paint(s.theme.faint, strings.Repeat(s.theme.horizontal, line/2)+label+strings.Repeat(s.theme.horizontal, line-line/2))
}

func sameDay(a, b time.Time) bool {
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}
