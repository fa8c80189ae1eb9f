package theme

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"confab/tui/screen"
)

// tabWidth is the width of a tab. A terminal's own tab stops would depend on where a row
// begins.
const tabWidth = 4

// Span is one visual line of a text: its bytes [Start, End). The bytes between
// the end of one line and the start of the next (a newline, or the space at
// which the text was broken) are not drawn.
type Span struct{ Start, End int }

// Measure measures text as the terminal draws it.
type Measure struct{ screen.Widths }

// Next returns the bytes and the cells of the grapheme cluster (UAX #29) at the
// start of s. s must not be empty.
func (m Measure) Next(s string) (size, width int) {
	if s[0] == '\t' {
		return 1, tabWidth
	}
	return m.Widths.Next(s)
}

// Width returns how many cells a text without newlines takes.
func (m Measure) Width(s string) int {
	width := 0
	for s != "" {
		n, w := m.Next(s)
		s, width = s[n:], width+w
	}
	return width
}

// Wrap breaks a text into lines of at most width cells: at newlines, at spaces
// where possible, between wide characters (CJK is written without spaces), and
// inside a word only if the word is longer than a line. There is at least one
// line. A cluster wider than width gets a line of its own.
func (m Measure) Wrap(text string, width int) []Span {
	return m.wrapFrom(nil, text, 0, width, func(int) bool { return false })
}

// wrapFrom wraps a text from start, where a line begins, and appends the lines.
// It ends early before a line, other than the first, for which stop is true.
func (m Measure) wrapFrom(lines []Span, text string, start, width int, stop func(start int) bool) []Span {
	b := breaker{Measure: m, text: text, width: max(width, 1), start: start, breakAt: -1}
	b.line = func(l Span) { lines = append(lines, l) }
	for i, first := start, start; i < len(text); {
		if b.start != first {
			if stop(b.start) {
				return lines
			}
			first = b.start
		}
		if text[i] == '\n' {
			b.cut(i, i+1, b.cells)
			i++
			continue
		}
		i = b.place(i)
	}
	return append(lines, Span{b.start, len(text)})
}

// breaker breaks a text into lines, one cluster after the other.
type breaker struct {
	Measure
	text  string
	width int
	line  func(Span) // takes each line

	start, cells       int // where the line begins, and how many cells it has so far
	breakAt, breakNext int // where the line can end, and the next one begin; -1: nowhere yet
	breakCells         int // cells from start to breakNext
}

// cut ends the line. The next one begins at next, after the given number of cells.
func (b *breaker) cut(end, next, cells int) {
	b.line(Span{b.start, end})
	b.start, b.cells, b.breakAt = next, b.cells-cells, -1
}

// place puts the cluster at i on the line, and returns the offset of the next one. If the
// cluster does not fit, place ends the line and returns i.
func (b *breaker) place(i int) (next int) {
	n, w := b.Next(b.text[i:])
	space := n == 1 && isSpace(b.text, i)
	if b.cells+w > b.width && i > b.start {
		switch {
		case space:
			// The line breaks at the space that does not fit.
			b.cut(i, i+n, b.cells)
			return i + n
		case w > 1 || b.breakAt < 0:
			b.cut(i, i, b.cells)
		default:
			b.cut(b.breakAt, b.breakNext, b.breakCells)
		}
		return i
	}
	b.cells += w
	if space {
		b.breakAt, b.breakNext, b.breakCells = i, i+n, b.cells
	} else if w > 1 {
		b.breakAt, b.breakNext, b.breakCells = i+n, i+n, b.cells
	}
	return i + n
}

func isSpace(text string, i int) bool { return i < len(text) && (text[i] == ' ' || text[i] == '\t') }

// Rewrap wraps a text again after a change, given its lines from before. The first head
// bytes and the last tail bytes of the text are unchanged, and it has grown by the given
// number of bytes. Rewrap looks only at the lines around the change, until the line breaks
// are where they were before. It also returns the number of lines that it wrapped again.
func (m Measure) Rewrap(old []Span, text string, width, head, tail, grown int) (lines []Span, anew int) {
	// The end of a line depends on the next word, which may be on the next line.
	at := max(sort.Search(len(old), func(i int) bool { return old[i].Start > head })-2, 0)
	same := -1 // the old line that equals the next line
	kept := at
	lines = append(make([]Span, 0, len(old)+4), old[:at]...)
	lines = m.wrapFrom(lines, text, old[at].Start, width, func(start int) bool {
		if start < len(text)-tail {
			return false
		}
		for at < len(old) && old[at].Start < start-grown {
			at++
		}
		if at < len(old) && old[at].Start == start-grown {
			same = at
		}
		return same >= 0
	})
	anew = len(lines) - kept
	if same >= 0 {
		for _, l := range old[same:] {
			lines = append(lines, Span{l.Start + grown, l.End + grown})
		}
	}
	return lines, anew
}

// anchorBack is how many bytes Anchor looks back to find where a cluster begins.
// No cluster in real text is longer.
const anchorBack = 512

// Anchor returns an offset at or before the given one where a cluster begins, so
// that clusters can be counted from there without reading all text before it.
func Anchor(text string, offset int) int {
	low := max(0, offset-anchorBack)
	for i := offset; i > low; i-- {
		if text[i-1] == '\n' || i < offset && text[i-1] < utf8.RuneSelf && text[i] < utf8.RuneSelf {
			return i // two ASCII characters never form one cluster
		}
	}
	if low == 0 {
		return 0
	}
	for low < offset && !utf8.RuneStart(text[low]) {
		low++
	}
	// Two flag letters form one cluster, so an even number of them is skipped.
	flags := 0
	for r, n := utf8.DecodeLastRuneInString(text[:low-flags]); r >= 0x1F1E6 && r <= 0x1F1FF; r, n = utf8.DecodeLastRuneInString(text[:low-flags]) {
		flags += n
	}
	return low - flags%(2*len("🇦"))
}

// ExpandTabs replaces tabs by spaces, since terminals disagree on tab stops.
func ExpandTabs(s string) string {
	if strings.IndexByte(s, '\t') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\t", strings.Repeat(" ", tabWidth))
}

// Fit makes a text exactly width cells wide: it cuts the text with an ellipsis,
// or pads it.
func (m Measure) Fit(s string, width int, ellipsis string) string {
	w := m.Width(s)
	if w > width {
		s, _ = m.Cut(s, max(0, width-m.Width(ellipsis)))
		if s += ellipsis; width < m.Width(ellipsis) {
			s = ""
		}
		s = screen.CloseIsolates(s)
		w = m.Width(s)
	}
	return s + strings.Repeat(" ", max(0, width-w))
}

// FitMax cuts a text that is wider than width.
func (m Measure) FitMax(s string, width int, ellipsis string) string {
	if m.Width(s) <= width {
		return s
	}
	return m.Fit(s, width, ellipsis)
}

// StyledWidth returns how many cells a text with styles takes.
func (m Measure) StyledWidth(s string) int { return m.Width(ansi.Strip(s)) }
