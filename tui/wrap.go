package tui

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"confab/tui/screen"
)

// tabWidth is how wide a tab is drawn. Terminals' own tab stops would depend
// on where a row begins.
const tabWidth = 4

// span is a visual line of a text: the bytes [start, end) of it. What lies
// between the end of one and the start of the next (a newline, the space at
// which it was broken) is not drawn.
type span struct{ start, end int }

// measure is how wide the terminal draws text.
type measure struct{ screen.Widths }

// next returns the bytes and the cells of the grapheme cluster (UAX #29) that s
// begins with. s must not be empty.
func (m measure) next(s string) (size, width int) {
	if s[0] == '\t' {
		return 1, tabWidth
	}
	return m.Next(s)
}

// wide is the cells that a text without newlines takes.
func (m measure) wide(s string) int {
	width := 0
	for s != "" {
		n, w := m.next(s)
		s, width = s[n:], width+w
	}
	return width
}

// wrap breaks a text into lines of at most width cells: at newlines, at spaces
// where it can, between wide characters (CJK is written without spaces), and
// inside a word only if it is longer than a line. There is at least one line.
// A cluster wider than width has a line of its own.
func (m measure) wrap(text string, width int) []span {
	return m.wrapFrom(nil, text, 0, width, func(int) bool { return false })
}

// wrapFrom wraps a text from an offset on, where a line begins, and appends the
// lines, until there is one, not the first, at whose start it is to stop.
func (m measure) wrapFrom(lines []span, text string, start, width int, stop func(start int) bool) []span {
	width = max(width, 1)
	cells := 0                         // of the line so far
	breakAt, breakNext := -1, -1       // where it could end, and the next begin
	breakCells := 0                    // cells from start to breakNext
	cut := func(end, next, used int) { // used: cells up to next
		lines = append(lines, span{start, end})
		start, cells = next, cells-used
		breakAt = -1
	}
	for i, first := start, start; i < len(text); {
		if start != first {
			if stop(start) {
				return lines
			}
			first = start
		}
		if text[i] == '\n' {
			cut(i, i+1, cells)
			i++
			continue
		}
		n, w := m.next(text[i:])
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

// rewrap is wrap of a text of which there are the lines as it was before: its
// first head bytes and its last tail bytes are the same, and it has grown by so
// many bytes. Only the lines from the one before the change to where they fall
// as before are looked at; it tells how many these are.
func (m measure) rewrap(old []span, text string, width, head, tail, grown int) (lines []span, anew int) {
	// How a line ends depends on the next word, which may stand on the next line.
	at := max(sort.Search(len(old), func(i int) bool { return old[i].start > head })-2, 0)
	same := -1 // the line of old that the next one is like
	kept := at
	lines = append(make([]span, 0, len(old)+4), old[:at]...)
	lines = m.wrapFrom(lines, text, old[at].start, width, func(start int) bool {
		if start < len(text)-tail {
			return false
		}
		for at < len(old) && old[at].start < start-grown {
			at++
		}
		if at < len(old) && old[at].start == start-grown {
			same = at
		}
		return same >= 0
	})
	anew = len(lines) - kept
	if same >= 0 {
		for _, l := range old[same:] {
			lines = append(lines, span{l.start + grown, l.end + grown})
		}
	}
	return lines, anew
}

// anchorBack is how far back clusters are looked at, in bytes, to find where one
// begins: more than any that is written has.
const anchorBack = 512

// anchor is a place at or before an offset from which the clusters can be
// counted, without a look at all that is before it.
func anchor(text string, offset int) int {
	low := max(0, offset-anchorBack)
	for i := offset; i > low; i-- {
		if text[i-1] == '\n' || i < offset && text[i-1] < utf8.RuneSelf && text[i] < utf8.RuneSelf {
			return i // two ASCII characters are never one cluster
		}
	}
	if low == 0 {
		return 0
	}
	for low < offset && !utf8.RuneStart(text[low]) {
		low++
	}
	// Flags are counted in pairs.
	flags := 0
	for r, n := utf8.DecodeLastRuneInString(text[:low-flags]); r >= 0x1F1E6 && r <= 0x1F1FF; r, n = utf8.DecodeLastRuneInString(text[:low-flags]) {
		flags += n
	}
	return low - flags%(2*len("🇦"))
}

// drawn is a piece of a text as it goes to the screen.
func drawn(s string) string {
	if strings.IndexByte(s, '\t') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\t", strings.Repeat(" ", tabWidth))
}

// fit makes a text exactly width cells wide: cut with an ellipsis, or padded.
func (m measure) fit(s string, width int, ellipsis string) string {
	w := m.wide(s)
	if w > width {
		s, _ = m.Cut(s, max(0, width-m.wide(ellipsis)))
		if s += ellipsis; width < m.wide(ellipsis) {
			s = ""
		}
		w = m.wide(s)
	}
	return s + strings.Repeat(" ", max(0, width-w))
}

// fitMax cuts a text that is wider than width.
func (m measure) fitMax(s string, width int, ellipsis string) string {
	if m.wide(s) <= width {
		return s
	}
	return m.fit(s, width, ellipsis)
}

// wideStyled is wide of a text with styles.
func (m measure) wideStyled(s string) int { return m.wide(ansi.Strip(s)) }
