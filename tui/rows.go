package tui

import (
	"strings"
	"time"

	"confab/app"
)

const (
	// inlineWidth is how wide a timeline must be for the time and the author to
	// stand beside the text; in a narrower one they stand above it.
	inlineWidth = 70
	// authorWidth is the column of authors beside the text.
	authorWidth = 12
	// tickWidth is kept free at the right edge for the state of one's own
	// messages.
	tickWidth = 2
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
}

// rowCache holds rendered messages by number, for one style.
type rowCache struct {
	style *rowStyle
	rows  map[app.Seq]cachedRows
}

type cachedRows struct {
	rows     []string
	previous *app.Message
}

// of returns the rows of a message that comes after previous (nil: none, or
// not known). It begins anew when it holds more than limit messages: to render
// a screen again now and then is cheaper than to keep the order of their use.
func (c *rowCache) of(style *rowStyle, limit int, previous, m *app.Message) []string {
	if c.style != style || len(c.rows) > limit {
		c.style, c.rows = style, make(map[app.Seq]cachedRows)
	}
	if have, ok := c.rows[m.Seq]; ok && have.previous == previous {
		return have.rows
	}
	rows := messageRows(style, previous, m)
	c.rows[m.Seq] = cachedRows{rows, previous}
	return rows
}

// messageRows renders a message that is on disk.
func messageRows(s *rowStyle, previous, m *app.Message) []string {
	var rows []string
	sentAt := m.SentAt.In(s.location)
	grouped := false
	if previous == nil || !sameDay(previous.SentAt.In(s.location), sentAt) {
		rows = append(rows, dayDivider(s, sentAt))
	} else {
		grouped = previous.Author == m.Author && m.SentAt.Sub(previous.SentAt) < groupGap
	}
	tick := ""
	if m.Author == s.self {
		tick = paint(s.theme.faint, s.theme.sent)
	}
	return append(rows, bodyRows(s, m.Body, header{
		author: m.AuthorName, style: s.theme.author(m.Author, s.self),
		at: sentAt.Format("15:04"), grouped: grouped,
	}, tick)...)
}

// outgoingRows renders a message that is on its way, or failed.
func outgoingRows(s *rowStyle, name string, o *outgoing) []string {
	// What is not sent has no time yet, and comes after everything that has.
	h := header{author: name, style: s.theme.bold, at: "     "}
	if o.failure == "" {
		return bodyRows(s, o.message.Body, h, paint(s.theme.faint, s.theme.sending))
	}
	rows := bodyRows(s, o.message.Body, h, paint(s.theme.warn, "!"))
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
// and the tick at the end of its last row.
func bodyRows(s *rowStyle, body string, h header, tick string) []string {
	if !app.IsClean(body) {
		body = app.CleanText(body) // never raw, whatever the store holds
	}
	var rows []string
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
	width := max(s.width-indent-tickWidth, 1)
	blank := strings.Repeat(" ", indent)
	lines := wrap(body, width)
	for i, l := range lines {
		if i > 0 {
			lead = blank
		}
		text := body[l.start:l.end]
		row := lead + drawn(text)
		if i == len(lines)-1 && tick != "" {
			row += strings.Repeat(" ", max(0, width-textWidth(text)+tickWidth-1)) + tick
		}
		rows = append(rows, row)
	}
	return rows
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
