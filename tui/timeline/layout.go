package timeline

import (
	"confab/app/chat"
	"confab/tui/theme"
)

const (
	// inlineWidth is the smallest width of a timeline in which the time and the author are
	// beside the text. In a narrower one the author is above it, and each message has its
	// time before it.
	inlineWidth = 56
	// timedWidth is the smallest width in which each message has its time before it. In a
	// narrower one it has only a mark, so that two messages never read as one.
	timedWidth = 30
	// textMost is how wide text is at most. Wider lines are hard to read.
	textMost = 100
	// The column of names beside the text is as wide as the names in view, within these
	// bounds, and at most a fifth of the timeline. Only a timeline of wideWidth has room for
	// display names.
	nameLeast = 4
	nameMost  = 20
	nameWide  = 26
	wideWidth = 5 + 1 + nameWide + 2 + 80 + edgeWidth
	// displayLeast is how many cells of a display name are worth showing.
	displayLeast = 8
	// edgeWidth cells are kept free after the last row of a message, for the ticks of the
	// user's own messages and the markers of readers, so that these never move the text.
	// Narrow screens keep edgeNarrow or edgeTiny cells free.
	edgeWidth  = 15
	edgeNarrow = 12
	edgeTiny   = 6
	// Messages of other people have only the markers of readers, or their number.
	edgeMarkers = markersWidth + 1
	edgeReaders = 5
	edgeTick    = 3 // only a tick: nobody else reads notes, and threads have no receipts
)

// Layout sets the size of the timeline and the kind of the open conversation. A height of 0
// is for a screen that is too small.
func (t *Timeline) Layout(width, height int, kind Kind) {
	if height == 0 {
		t.width, t.height = 0, 0
		return
	}
	resized := t.width != width || t.height != height
	t.width, t.height = width, height
	t.setStyle(kind)
	if t.open == nil {
		return
	}
	c := fit(t)
	if c.arrives() {
		c.arrive()
		c.resettle()
		c.aim()
		c = fit(t) // these may have gone elsewhere
	}
	if resized && t.selected != 0 {
		c.reveal(t.selected)
	}
}

// Grow lays out messages that were added at the end, if nothing else has changed since the last
// [Timeline.Layout]. It reports false if only Layout can do that.
func Grow(t *Timeline) bool {
	if t.open == nil || t.style == nil || t.open.arrives() {
		return false
	}
	fit(t)
	return true
}

// fit makes the column of names as wide as the names in view. There must be a style.
func fit(t *Timeline) canvas {
	c := t.canvas()
	c.measure()
	t.setStyle(t.style.kind)
	c.style = t.style
	return c
}

// arrives reports whether the place in the conversation is still to be found.
func (t *conversation) arrives() bool { return t.seek || t.settle || t.target != 0 }

// setStyle makes the style of the rows again if something has changed in it.
func (t *Timeline) setStyle(kind Kind) {
	thread, column := t.Thread(), (&widest{}).column(t.width)
	if t.open != nil {
		column = t.open.widest.column(t.width)
	}
	if s := t.style; s == nil || s.width != t.width || s.kind != kind || s.thread != thread || s.column != column {
		t.style = &rowStyle{
			theme: t.o.Theme, width: t.width, self: t.o.Self.ID, handle: t.o.Self.Name, blocked: t.o.Blocker.HasBlocked, location: t.o.Zone,
			kind: kind, thread: thread, column: column, rendered: t.o.Rendered, names: t.names, plain: t.plain,
		}
	}
}

// SetTheme draws all rows with another theme from now on.
func (t *Timeline) SetTheme(th *theme.Theme) { t.o.Theme, t.style = th, nil }

// SetMarkup turns markup on, or shows all text as it was typed.
func (t *Timeline) SetMarkup(on bool) {
	if t.plain == on {
		t.plain, t.style = !on, nil
	}
}

// inline reports whether the time and the author are beside the text.
func (s *rowStyle) inline() bool { return s.width >= inlineWidth }

// timed reports whether each message has its time before it, below its author.
func (s *rowStyle) timed() bool { return s.width >= timedWidth }

// narrow reports whether there is no room for names at the edge.
func (s *rowStyle) narrow() bool { return s.width < 60 }

// indent is the number of cells before the text.
func (s *rowStyle) indent() int {
	switch {
	case s.inline():
		return 5 + 1 + s.column + 2
	case s.timed():
		return 5 + 2
	default:
		return 1 + 2
	}
}

// edge is how many cells are kept free after the last row of a message. A message of another
// person never has a mark there in a direct conversation, where only its author could have
// read it, and neither in a thread.
func (s *rowStyle) edge(own bool) int {
	alone := s.kind.Direct || s.thread != 0
	switch {
	case alone && !own:
		return 0
	case s.kind.Notes, s.thread != 0:
		return edgeTick
	case !own && s.narrow():
		return edgeReaders
	case !own:
		return edgeMarkers
	case s.width < timedWidth:
		return edgeTiny
	case s.narrow():
		return edgeNarrow
	default:
		return edgeWidth
	}
}

// block is the width of the times, the names, the text and the edge together. On a wide
// screen, the rest stays free.
func (s *rowStyle) block() int { return min(s.width, s.indent()+textMost+s.edge(true)) }

// textWidth is how wide the text is at most.
func (s *rowStyle) textWidth() int { return max(1, min(textMost, s.width-s.indent())) }

// lastRow is how wide the last row of a text is at most, so that the edge fits beside it.
func (s *rowStyle) lastRow(own bool) int {
	return max(1, min(textMost, s.block()-s.indent()-s.edge(own)))
}

// wrap breaks a text into lines of at most width cells. The last one has at most last cells:
// if it is wider, its last words get a line of their own.
func (s *rowStyle) wrap(body string, width, last int) []theme.Span {
	lines := s.theme.Wrap(body, width)
	n := len(lines) - 1
	end := lines[n]
	text := body[end.Start:end.End]
	cells := s.theme.Width(text)
	if cells <= last {
		return lines
	}
	more := s.theme.Wrap(text, cells-1)
	if l := more[len(more)-1]; s.theme.Width(text[l.Start:l.End]) > last {
		more = s.theme.Wrap(text, last)
	}
	for _, l := range more {
		l.Start, l.End = l.Start+end.Start, l.End+end.Start
		lines = append(lines[:n], l)
		n++
	}
	return lines
}

// widest is how wide the names are of the messages that have been in view during a visit. It
// never falls, so that the text moves as little as possible. Messages that arrive below the
// view do not count before the user gets there.
type widest struct {
	from, to    chat.Seq // the messages that were measured
	name, whole int      // cells: of handles, and of handles with display names
	width       int      // of the timeline then
}

// measure takes the names of the messages in view, of which there are at most height.
func (c canvas) measure() {
	w := &c.widest
	if c.style.width != w.width {
		*w = widest{width: c.style.width}
	}
	if len(c.unsent) > 0 {
		w.add(c.style, c.self, false)
	}
	if len(c.window) == 0 {
		return
	}
	end := c.indexOfBottom()
	begin := max(0, end-c.height+1)
	first, last := c.window[begin].Seq, c.window[end].Seq
	switch apart := w.to == 0 || first > w.to || last < w.from; {
	case apart:
		w.from, w.to = first, last
	case first < w.from:
		w.from, w.to = first, max(w.to, last)
	case last > w.to:
		begin, _ = c.index(w.to + 1)
		w.to = last
	default:
		return
	}
	for _, m := range c.window[begin : end+1] {
		if !m.System() {
			w.add(c.style, c.style.namesOf(m), m.AuthorBot)
		}
	}
}

// add takes the name of an author.
func (w *widest) add(s *rowStyle, is names, bot bool) {
	name := len(is.handle)
	if bot {
		name += len(botMark)
	}
	whole := name
	if is.display != "" {
		whole += len(" ()") + s.theme.Width(is.display)
	}
	w.name, w.whole = max(w.name, name), max(w.whole, whole)
}

// column is the width of the column of names in a timeline of this width, 0 if they are above
// the text. It is even, so that more screens share their rows.
func (w *widest) column(width int) int {
	most, cells := min(nameMost, width/5), w.name
	switch {
	case width < inlineWidth:
		return 0
	case width >= wideWidth:
		most, cells = nameWide, w.whole
	}
	return max(nameLeast, min(most, cells+cells%2))
}
