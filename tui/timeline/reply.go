package timeline

import (
	"confab/app/chat"
	"confab/app/text"
	"confab/tui/outbox"
	"confab/tui/theme"
)

// quotedName is the present name of the author of the quoted message, or "" if there is no
// quote that the user may see.
func (s *rowStyle) quotedName(m *chat.Message) string {
	q := m.Quote(s.kind.Floor)
	if q == nil {
		return ""
	}
	if now, ok := s.names[q.Author]; ok {
		return now.handle
	}
	return q.AuthorName
}

// quoteWords returns the text of a quote with its author's name. It returns "" without a
// name.
func quoteWords(name string, q *chat.Quote) string {
	switch {
	case name == "":
		return ""
	case q.Text == "":
		return name + ": deleted"
	}
	if said := chat.Said(name, q.Text); said != q.Text {
		return said
	}
	return name + ": " + q.Text
}

// quoted draws the words of a quote in at most so many cells.
func quoted(s *rowStyle, words string, width int) string {
	words = "> " + words
	if !text.IsClean(words) {
		words = text.Clean(words)
	}
	return theme.Paint(s.theme.Faint, s.theme.Isolate(theme.ExpandTabs(s.theme.FitMax(words, width, s.theme.Ellipsis))))
}

// quoting returns a reply with the first words of another text as its quote.
func quoting(reply *chat.Message, body string) *chat.Message {
	m, quote := *reply, *reply.ReplyTo
	quote.Text = chat.QuoteText(body)
	m.ReplyTo = &quote
	return &m
}

// unsentQuote returns the text of the quote of a message in the outbox. It takes the text
// from the window, which follows edits and deletions, because the outbox has no text of
// quotes.
func (c canvas) unsentQuote(o *outbox.Message) string {
	if o.Answers == nil {
		return ""
	}
	for _, m := range c.window {
		if m.Seq == o.Answers.Seq {
			return quoteWords(c.style.namesOf(m).handle, &chat.Quote{Text: chat.QuoteText(m.Body)})
		}
	}
	return c.style.namesOf(o.Answers).handle + ": " + c.style.theme.Ellipsis
}

// spot is a place from which the user has jumped: the selected message, and the row at the
// bottom of the screen with the number of rows of its message.
type spot struct {
	selected, bottom chat.Seq
	line, of         int
}

// trailLimit is how many jumps in a row the user can go back.
const trailLimit = 100

// ToAnswered goes from the selected message to the one that it answers, and selects
// that. It reports false if the selected message has no quote.
func (t *position) ToAnswered() bool {
	if t.open == nil || t.selected == 0 || t.height == 0 {
		return false
	}
	m, ok := t.Message(func(*chat.Message) bool { return false })
	if !ok {
		return false
	}
	q := m.Quote(t.style.kind.Floor)
	if q == nil {
		return false
	}
	c := t.canvas()
	p, _ := c.bottom()
	if p.item >= len(c.window) {
		p = c.above(p)
	}
	if len(t.trail) == trailLimit {
		t.trail = t.trail[1:]
	}
	t.trail = append(t.trail, spot{t.selected, c.window[p.item].Seq, p.line, len(c.rowsOf(p.item))})
	if c.first() <= q.Seq && q.Seq <= c.last() {
		t.selected = q.Seq
		c.reveal(q.Seq)
		return true
	}
	t.GoTo(q.Seq)
	return true
}

// Return goes back from the last jump of [Timeline.ToAnswered]. It reports false if there
// was none since the selection began.
func (t *position) Return() bool {
	if t.open == nil || len(t.trail) == 0 {
		return false
	}
	to := t.trail[len(t.trail)-1]
	t.trail = t.trail[:len(t.trail)-1]
	t.selected = to.selected
	c := t.open
	c.following, c.seek, c.target = false, false, 0
	c.bottomSeq, c.bottomLine, c.bottomOf, c.settle = to.bottom, to.line, to.of, true
	if len(c.window) == 0 || to.bottom < c.first() || c.last() < to.bottom {
		c.drop()
	}
	return true
}

// resettle follows the end again, if the user has returned to a place there.
func (c canvas) resettle() {
	if !c.settle || !c.loaded || len(c.window) == 0 {
		return
	}
	c.settle = false
	if p, ok := c.bottom(); ok {
		c.stay(p)
	}
}

// Name is what the author of a message is called now.
func (t *Timeline) Name(m *chat.Message) string {
	if now, ok := t.names[m.Author]; ok {
		return now.handle
	}
	return m.AuthorName
}
