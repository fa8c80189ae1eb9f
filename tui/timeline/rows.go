package timeline

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/outbox"
	"confab/tui/theme"
)

// groupGap is the longest time between two messages of an author that are shown as a group,
// with the name only at the first.
const groupGap = 5 * time.Minute

// rowStyle has everything but the message itself that its rows depend on. It is immutable,
// and replaced when something changes.
type rowStyle struct {
	theme    *theme.Theme
	width    int
	self     chat.UserID
	handle   string                 // of the screen's user
	blocked  func(chat.UserID) bool // whom the user has blocked; may be nil
	location *time.Location
	kind     Kind
	thread   chat.Seq // the root of the thread that is shown, 0 for none
	rendered *Rendered
	plain    bool // messages are shown as they were typed
	column   int  // the width of the column of names beside the text, 0 if they are above it
	// names are of users who were renamed since their messages were read.
	names map[chat.UserID]names
}

// names are what a user is called: the handle, and the display name or "".
type names struct{ handle, display string }

// namesOf are what the author of a message is called now.
func (s *rowStyle) namesOf(m *chat.Message) names {
	if now, ok := s.names[m.Author]; ok {
		return now
	}
	return names{m.AuthorName, m.AuthorDisplay}
}

// rowCache holds rendered messages of one style. The number of a message determines its
// slot, so that messages that follow each other on a screen never share one. A message reuses
// the memory of the one that was in its slot.
type rowCache struct {
	style *rowStyle
	slots []*cachedRows // a power of two of them
}

type cachedRows struct {
	rows     []string
	message  *chat.Message
	previous *chat.Message
	anew     bool
	lead     int // rows before the message itself: the day
	text     int // the last row of the text, which has the right edge
	width    int // cells of that row
	picture  int // rows of a picture, at the end

	edge  edges    // what was at the right edge last
	edged []string // the rows with it, so that unchanged rows stay the same strings
}

// withEdge returns the rows with their right edge.
func (made *cachedRows) withEdge(s *rowStyle, edge edges) []string {
	if edge == (edges{}) {
		return made.rows
	}
	if made.edged == nil || made.edge != edge {
		made.edge, made.edged = edge, slices.Clone(made.rows)
		made.edged[made.text] = s.withEdge(made.edged[made.text], made.width, edge[:]...)
	}
	return made.edged
}

// of returns the rows of a message that comes after previous, which is nil if there is none
// or it is not known. The screen shows at most so many messages. A message that begins anew
// is not grouped with previous.
func (c *rowCache) of(style *rowStyle, most int, previous, m *chat.Message, anew bool) *cachedRows {
	if c.style != style || len(c.slots) < most {
		c.style, c.slots = style, make([]*cachedRows, 1<<bits.Len(uint(most)))
	}
	slot := &c.slots[int(m.Seq)&(len(c.slots)-1)]
	if *slot == nil || !(*slot).are(previous, m, anew) {
		if *slot == nil {
			*slot = new(cachedRows)
		}
		messageRows(*slot, style, previous, m, anew)
	}
	return *slot
}

// are reports whether these are the rows of a message that comes after previous.
func (made *cachedRows) are(previous, m *chat.Message, anew bool) bool {
	return made.message == m && made.previous == previous && made.anew == anew
}

// messageRows puts the rows of a message that is on disk in the place of others. It renders
// them, or uses the ones that another screen has rendered.
func messageRows(made *cachedRows, s *rowStyle, previous, m *chat.Message, anew bool) {
	k := renderKey{
		message: m, author: s.namesOf(m), width: s.width, theme: s.theme.Kind, ascii: s.theme.ASCII, measure: s.theme.Measure, location: s.location.String(),
		plain: s.plain, column: s.column, links: s.theme.Links, own: m.Author == s.self, thread: s.thread != 0, quoted: s.quotedName(m), deleter: s.deleter(m), reacted: ownReactions(m.ReactionKinds(), s.self),
		mentions: s.mentionsIn(m),
	}
	sentAt := m.SentAt.In(s.location)
	if previous == nil || !sameDay(previous.SentAt.In(s.location), sentAt) {
		k.day = true
	} else {
		// A reply has its author's name above the quote, so that nobody takes the quote for
		// a part of the message before.
		// An action has its author's name in its text, and the message after it has it again.
		k.grouped = !anew && k.quoted == "" && previous.Author == m.Author && !chat.IsAction(previous.Body) && !previous.System() && m.SentAt.Sub(previous.SentAt) < groupGap
	}
	have, ok := s.rendered.get(k)
	if !ok {
		have = render(s, k, m, sentAt)
		s.rendered.put(k, have)
	}
	*made = cachedRows{message: m, previous: previous, anew: anew, rows: have.rows, text: have.text, width: have.width}
	if k.day {
		made.lead = 1
	}
}

// render renders a message as the key says.
func render(s *rowStyle, k renderKey, m *chat.Message, sentAt time.Time) renderedRows {
	var made renderedRows
	if k.day {
		made.rows = append(made.rows, dayDivider(s, sentAt))
	}
	var rows []string
	if m.System() {
		rows, made.width = systemRows(s, m, sentAt)
	} else {
		rows, made.width = bodyRows(s, s.body(m), s.state(m), header{
			author: k.author, style: s.theme.Author(m.Author, s.self),
			mentions: k.mentions, at: sentAt.Format("15:04"), grouped: k.grouped, bot: m.AuthorBot, quote: quoteWords(k.quoted, m.ReplyTo), typed: m.File == nil, message: m,
			own: k.own, action: m.File == nil && chat.IsAction(m.Body),
		})
	}
	made.rows = append(made.rows, rows...)
	made.text = len(made.rows) - 1
	if kinds := m.ReactionKinds(); len(kinds) > 0 {
		made.rows = append(made.rows, reactionsRow(s, kinds, k.reacted))
	}
	if words := s.repliesTo(m); words != "" {
		made.rows = append(made.rows, theme.Paint(s.theme.Faint, strings.Repeat(" ", s.indent())+words))
	}
	return made
}

// systemRows renders a line about the conversation itself.
func systemRows(s *rowStyle, m *chat.Message, sentAt time.Time) (rows []string, width int) {
	words := m.Text()
	if !text.IsClean(words) {
		words = text.Clean(words)
	}
	words = sentAt.Format("15:04") + " " + s.theme.System + " " + words
	for i, l := range s.theme.Wrap(words, max(s.block()-2, 1)) {
		indent := ""
		if i > 0 {
			indent = "  "
		}
		row := indent + theme.ExpandTabs(words[l.Start:l.End])
		width = s.theme.Width(row)
		rows = append(rows, theme.Paint(s.theme.Faint, s.theme.Isolate(row)))
	}
	return rows, width
}

// body is the text of a message, or the description of its file.
func (s *rowStyle) body(m *chat.Message) string {
	if m.File == nil {
		return chat.Said(signed(s.namesOf(m).handle, m.AuthorBot), m.Body)
	}
	file := s.theme.File + " " + m.File.Name + "  " + chat.SizeText(m.File.Size)
	whole := file + "  (Esc, i: how to fetch it)"
	if s.narrow() || s.theme.Width(whole) > s.lastRow(m.Author == s.self) {
		return file + "  (i: fetch it)"
	}
	return whole
}

// state returns the note in faint letters that follows the text of an edited message, and
// replaces the text of a deleted one.
func (s *rowStyle) state(m *chat.Message) string {
	switch {
	case m.Deleted():
		if by := s.deleter(m); by != "" {
			return "deleted by " + by
		}
		return "deleted"
	case m.Edited():
		return " (edited)" + s.fromThread(m)
	default:
		return s.fromThread(m)
	}
}

// deleter is the present name of the user who deleted a message, "" if that is not known.
func (s *rowStyle) deleter(m *chat.Message) string {
	if m.DeletedBy == 0 {
		return ""
	}
	if now, ok := s.names[m.DeletedBy]; ok {
		return now.handle
	}
	return m.DeleterName
}

// unreadLine is drawn above the first message that the user has not seen.
func unreadLine(s *rowStyle) string {
	const label = " new "
	n := max(0, s.block()-len(label))
	return theme.Paint(s.theme.Unread, strings.Repeat(s.theme.Horizontal, n/2)+label+strings.Repeat(s.theme.Horizontal, n-n/2))
}

// withEdge puts an edge after a row of so many cells, at the right end of the block of text:
// the first of the given ones that fits with a space before it, or else the last one without
// a space.
func (s *rowStyle) withEdge(row string, width int, offered ...string) string {
	for i, edge := range offered {
		w := s.theme.StyledWidth(edge)
		room := s.block() - width - w
		if edge != "" && (room > 0 || room == 0 && i == len(offered)-1) {
			return row + strings.Repeat(" ", room) + edge
		}
	}
	return row
}

// unsentRows renders a message that is being sent or has failed, with the text of its
// quote.
func unsentRows(s *rowStyle, self names, o *outbox.Message, quote string) []string {
	// An unsent message has no time yet. It comes after all messages that have one.
	h := header{author: self, style: s.theme.Bold, at: "     ", quote: quote, typed: true, own: true, action: chat.IsAction(o.Body)}
	rows, width := bodyRows(s, chat.Said(self.handle, o.Body), "", h)
	last := len(rows) - 1
	if o.Failure == "" {
		rows[last] = s.withEdge(rows[last], width, theme.Paint(s.theme.Faint, s.theme.Sending))
		return rows
	}
	rows[last] = s.withEdge(rows[last], width, theme.Paint(s.theme.Warn, "!"))
	reason := "Not sent: " + o.Failure + " Enter tries again."
	for _, l := range s.theme.Wrap(reason, s.width-2) {
		rows = append(rows, "  "+theme.Paint(s.theme.Warn, reason[l.Start:l.End]))
	}
	return rows
}

type header struct {
	author    names
	style, at string
	grouped   bool // belongs to the message before: no name
	own       bool // of the screen's user
	bot       bool
	mentions  mentions
	quote     string        // the words of the quote below the header, "" for none
	typed     bool          // somebody has written the text, so that it may have markup
	action    bool          // the text says what its author is doing, and begins with the name
	message   *chat.Message // nil if it is not on disk
}

// bodyRows lays out a text and the state after it, with the author and the time beside or
// above them. It also returns the width of the last row.
func bodyRows(s *rowStyle, body, state string, h header) (rows []string, last int) {
	if !text.IsClean(body) {
		body = text.Clean(body) // never raw, whatever the store holds
	}
	indent, lead := s.indent(), ""
	if h.action {
		h.grouped = h.grouped || h.quote == "" // the name is in the text, so not also beside it
	}
	switch {
	case s.inline():
		// 15:04 author  text
		name, display := "", ""
		if !h.grouped {
			name, display = h.names(s, s.column)
		}
		blank := strings.Repeat(" ", max(0, s.column-s.theme.Width(name)-s.theme.Width(display)))
		if display == "" {
			name, blank = name+blank, ""
		}
		lead = theme.Paint(s.theme.Faint, h.at) + " " + theme.Paint(h.style, name) + theme.Paint(s.theme.Faint, display) + blank + "  "
	case s.timed():
		// author
		// 15:04  text
		if !h.grouped {
			name, display := h.names(s, s.width)
			rows = append(rows, theme.Paint(h.style, name)+theme.Paint(s.theme.Faint, display))
		}
		lead = theme.Paint(s.theme.Faint, h.at) + "  "
	default:
		// author 15:04
		// ·  text
		if !h.grouped {
			name, display := h.names(s, s.width-len(" 15:04"))
			rows = append(rows, theme.Paint(h.style, name)+theme.Paint(s.theme.Faint, display)+" "+theme.Paint(s.theme.Faint, h.at))
		}
		lead = theme.Paint(s.theme.Faint, s.theme.System) + "  "
	}
	width, blank := s.textWidth(), strings.Repeat(" ", indent)
	marks := h.marks(body)
	if h.quote != "" {
		rows = append(rows, lead+quoted(s, h.quote, width))
		lead = blank
	}
	if h.typed {
		if spans := s.markup(body); len(spans) > 0 {
			return markedRows(s, rows, lead, body, state, spans, h)
		}
	}
	said := len(body)
	body += state
	for i, l := range s.wrap(body, width, s.lastRow(h.own)) {
		if i > 0 {
			lead = blank
		}
		text := body[l.Start:l.End]
		last = indent + s.theme.Width(text)
		plain := min(max(said-l.Start, 0), len(text))
		said, any := h.painted(s.theme, text[:plain], l.Start, marks)
		rows = append(rows, h.mentions.withGutter(s.theme, lead, any)+s.theme.Isolate(said)+theme.Paint(s.theme.Faint, text[plain:]))
	}
	return rows, last
}

// botMark follows the name of a bot.
const botMark = " [bot]"

// signed is a name with the mark of a bot, if it is one.
func signed(name string, bot bool) string {
	if bot {
		return name + botMark
	}
	return name
}

// names are who wrote it, in at most so many cells: the handle, and the display name with
// brackets if there is room. That it is a bot is not cut off. A display name proves nothing,
// so it is always second and faint.
func (h header) names(s *rowStyle, width int) (name, display string) {
	if h.bot {
		name = theme.Measure{}.FitMax(h.author.handle, max(1, width-len(botMark)), s.theme.Ellipsis) + botMark
	} else {
		name = theme.Measure{}.FitMax(h.author.handle, width, s.theme.Ellipsis)
	}
	display = h.author.display
	if !text.IsClean(display) {
		display = text.CleanLine(display, len(display)) // never raw, whatever the store holds
	}
	room := width - s.theme.Width(name) - len(" ()")
	if display == "" || room < min(s.theme.Width(display), displayLeast) {
		return name, ""
	}
	return name, " (" + s.theme.Isolate(s.theme.FitMax(display, room, s.theme.Ellipsis)) + ")"
}

func dayDivider(s *rowStyle, day time.Time) string {
	label := " " + day.Format("Monday, 2 January 2006") + " "
	if len(label)+4 > s.width {
		label = " " + day.Format("2006-01-02") + " "
	}
	line := max(0, s.block()-len(label))
	return theme.Paint(s.theme.Faint, strings.Repeat(s.theme.Horizontal, line/2)+label+strings.Repeat(s.theme.Horizontal, line-line/2))
}

func sameDay(a, b time.Time) bool {
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}
