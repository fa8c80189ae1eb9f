package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// tabWidth is how wide a tab is drawn. Terminals' own tab stops would depend
// on where a row begins.
const tabWidth = 4

// span is a visual line of a text: the bytes [start, end) of it. What lies
// between the end of one and the start of the next (a newline, the space at
// which it was broken) is not drawn.
type span struct{ start, end int }

// nextCluster returns the bytes and the cells of the grapheme cluster (UAX #29)
// that s begins with. s must not be empty.
func nextCluster(s string) (size, width int) {
	switch c := s[0]; {
	case c == '\t':
		return 1, tabWidth
	case c < 0x80 && (len(s) == 1 || s[1] < 0x80):
		return 1, 1 // ASCII not followed by a combining mark
	}
	cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(cluster), width
}

// textWidth is the cells that a text without newlines takes.
func textWidth(s string) int {
	width := 0
	for s != "" {
		n, w := nextCluster(s)
		s, width = s[n:], width+w
	}
	return width
}

// wrap breaks a text into lines of at most width cells: at newlines, at spaces
// where it can, between wide characters (CJK is written without spaces), and
// inside a word only if it is longer than a line. There is at least one line.
// A cluster wider than width has a line of its own.
func wrap(text string, width int) []span {
	width = max(width, 1)
	var lines []span
	start, cells := 0, 0               // the line so far
	breakAt, breakNext := -1, -1       // where it could end, and the next begin
	breakCells := 0                    // cells from start to breakNext
	cut := func(end, next, used int) { // used: cells up to next
		lines = append(lines, span{start, end})
		start, cells = next, cells-used
		breakAt = -1
	}
	for i := 0; i < len(text); {
		if text[i] == '\n' {
			cut(i, i+1, cells)
			i++
			continue
		}
		n, w := nextCluster(text[i:])
		space := n == 1 && (text[i] == ' ' || text[i] == '\t')
		if cells+w > width && i > start {
			switch {
			case space:
				// The space that does not fit is where the line breaks.
				cut(i, i+n, cells)
				i += n
				continue
			case w > 1 || breakAt < 0:
				cut(i, i, cells)
			default:
				cut(breakAt, breakNext, breakCells)
			}
			continue // the cluster is looked at again, on its new line
		}
		cells += w
		if space {
			breakAt, breakNext, breakCells = i, i+n, cells
		} else if w > 1 {
			breakAt, breakNext, breakCells = i+n, i+n, cells
		}
		i += n
	}
	return append(lines, span{start, len(text)})
}

// drawn is a piece of a text as it goes to the screen.
func drawn(s string) string {
	if strings.IndexByte(s, '\t') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\t", strings.Repeat(" ", tabWidth))
}

// fit makes a text exactly width cells wide: cut with an ellipsis, or padded.
func fit(s string, width int, ellipsis string) string {
	w := textWidth(s)
	if w > width {
		s = ansi.Truncate(s, width, ellipsis)
		w = textWidth(s)
	}
	return s + strings.Repeat(" ", max(0, width-w))
}

// textWidthStyled is textWidth of a text with styles.
func textWidthStyled(s string) int { return textWidth(ansi.Strip(s)) }
