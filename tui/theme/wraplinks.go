package theme

// Line is one visual line of a text with links.
type Line struct {
	Span
	Wide bool // it has nothing but a link, and may be wider than other lines
}

// WrapLinks breaks a text without newlines into lines, as [Measure.Wrap] does, but keeps
// links whole. Otherwise a terminal that looks for addresses itself, or a user who copies
// one, would get only a part of it. A link that is wider than width gets a line of its own,
// of at most full cells. A link that is wider than that fills several.
func (m Measure) WrapLinks(text string, width, full int, links []Span) []Line {
	b := breaker{Measure: m, text: text, width: max(width, 1), breakAt: -1}
	full = max(full, b.width)
	var lines []Line
	b.line = func(l Span) { lines = append(lines, Line{Span: l}) }
	for i := 0; i < len(text); {
		if len(links) == 0 || links[0].Start != i {
			i = b.place(i)
			continue
		}
		link := links[0]
		w := m.Width(text[link.Start:link.End])
		switch {
		case b.cells+w <= b.width:
			i, b.cells, links = link.End, b.cells+w, links[1:]
		case w <= b.width && b.breakAt >= 0:
			b.cut(b.breakAt, b.breakNext, b.breakCells)
		case b.start < i && isSpace(text, i-1):
			b.cut(i-1, i, b.cells)
		case b.start < i:
			b.cut(i, i, b.cells)
		default:
			next := len(text)
			if links = links[1:]; len(links) > 0 {
				next = links[0].Start
			}
			if lines, i = m.wide(lines, text, link, next, full); isSpace(text, i) {
				i++
			}
			if i == len(text) {
				return lines
			}
			b.start, b.cells, b.breakAt = i, 0, -1
		}
	}
	return append(lines, Line{Span: Span{b.start, len(text)}})
}

// wide appends the lines of a link that is wider than others, with the punctuation directly
// after it. It returns the offset at which the text continues, at most next.
func (m Measure) wide(lines []Line, text string, link Span, next, full int) ([]Line, int) {
	start, cells := link.Start, 0
	for i := start; ; {
		if i == next || i >= link.End && isSpace(text, i) {
			return append(lines, Line{Span{start, i}, true}), i
		}
		n, w := m.Next(text[i:])
		if cells+w > full && i > start {
			lines = append(lines, Line{Span{start, i}, true})
			if i >= link.End {
				return lines, i
			}
			start, cells = i, 0
			continue
		}
		i, cells = i+n, cells+w
	}
}
