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
	width = max(width, 1)
	full = max(full, width)
	var lines []Line
	start, cells := 0, 0
	breakAt, breakNext, breakCells := -1, -1, 0
	cut := func(end, next, used int) {
		lines = append(lines, Line{Span: Span{start, end}})
		start, cells, breakAt = next, cells-used, -1
	}
	space := func(i int) bool { return i < len(text) && (text[i] == ' ' || text[i] == '\t') }
	for i := 0; i < len(text); {
		if len(links) > 0 && links[0].Start == i {
			link := links[0]
			w := m.Width(text[link.Start:link.End])
			switch {
			case cells+w <= width:
				i, cells, links = link.End, cells+w, links[1:]
			case w <= width && breakAt >= 0:
				cut(breakAt, breakNext, breakCells)
			case start < i && space(i-1):
				cut(i-1, i, cells)
			case start < i:
				cut(i, i, cells)
			default:
				next := len(text)
				if links = links[1:]; len(links) > 0 {
					next = links[0].Start
				}
				if lines, i = m.wide(lines, text, link, next, full); space(i) {
					i++
				}
				if i == len(text) {
					return lines
				}
				start, cells, breakAt = i, 0, -1
			}
			continue
		}
		n, w := m.Next(text[i:])
		if cells+w > width && i > start {
			switch {
			case space(i):
				cut(i, i+n, cells)
				i += n
				continue
			case w > 1 || breakAt < 0:
				cut(i, i, cells)
			default:
				cut(breakAt, breakNext, breakCells)
			}
			continue // place the cluster again, on its new line
		}
		cells += w
		if space(i) {
			breakAt, breakNext, breakCells = i, i+n, cells
		} else if w > 1 {
			breakAt, breakNext, breakCells = i+n, i+n, cells
		}
		i += n
	}
	return append(lines, Line{Span: Span{start, len(text)}})
}

// wide appends the lines of a link that is wider than others, with the punctuation directly
// after it. It returns the offset at which the text continues, at most next.
func (m Measure) wide(lines []Line, text string, link Span, next, full int) ([]Line, int) {
	start, cells := link.Start, 0
	for i := start; ; {
		if i == next || i >= link.End && (text[i] == ' ' || text[i] == '\t') {
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
