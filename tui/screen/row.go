package screen

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// substitute replaces a byte that must not reach the terminal. It is visible, because such
// a byte is a bug of the model.
const substitute = '?'

// appendRow appends the row cut to w cells, and its width. The result only writes text,
// styles it and links it, even if the row has other sequences. It ends in the default
// style.
func appendRow(dst []byte, row string, w int, widths Widths) ([]byte, int) {
	look := inspect(row)
	if !look.safe {
		row = scrub(row)
		look = inspect(row)
	}
	n := look.width(row, widths)
	if n > w {
		row, n = widths.Cut(row, w)
	}
	dst = append(dst, row...)
	if look.linked {
		dst = append(dst, resetLink...)
	}
	if look.styled {
		dst = append(dst, resetStyle...)
	}
	return dst, n
}

// looks has the results of one pass over a row.
type looks struct {
	safe   bool // nothing but text, SGR and OSC 8; the other fields count only then
	ascii  bool // all text is ASCII
	simple bool // all text is ASCII and lines, so cells is its width
	cells  int  // number of such characters
	styled bool // the last SGR does not reset
	linked bool // the last link is not closed
}

// width returns the number of cells that the row takes.
func (l looks) width(row string, widths Widths) int {
	if l.simple {
		return l.cells
	}
	return widths.Text(row)
}

// fits reports whether the row can be drawn unchanged in so many cells.
func (l looks) fits(row string, cells int, widths Widths) bool {
	return l.safe && l.width(row, widths) <= cells
}

func inspect(row string) looks {
	l := looks{ascii: true, simple: true}
	for i := 0; i < len(row); {
		switch b := row[i]; {
		case b == ansi.ESC:
			s := sequence(row[i:])
			if s.length == 0 {
				return l
			}
			if s.link {
				l.linked = !s.resets
			} else {
				l.styled = !s.resets
			}
			i += s.length
		case b < ' ' || b == ansi.DEL:
			return l
		case b < utf8.RuneSelf:
			l.cells++
			i++
		default:
			r, n := utf8.DecodeRuneInString(row[i:])
			if forbidden(r, n) {
				return l
			}
			l.ascii = false
			if line(r) {
				l.cells++
			} else {
				l.simple = false
			}
			i += n
		}
	}
	l.safe = true
	return l
}

// scrub replaces the parts of a row that inspect does not call safe.
func scrub(row string) string {
	var b strings.Builder
	for i := 0; i < len(row); {
		n := 1
		if row[i] == ansi.ESC {
			n = sequence(row[i:]).length
		} else if r, size := utf8.DecodeRuneInString(row[i:]); forbidden(r, size) {
			n = -size
		} else {
			n = size
		}
		if n <= 0 {
			b.WriteByte(substitute)
			i += max(-n, 1)
			continue
		}
		b.WriteString(row[i : i+n])
		i += n
	}
	return b.String()
}

// forbidden reports whether a decoded rune is a control character (C0, DEL, or C1, with
// which some terminals begin a sequence) or invalid UTF-8.
func forbidden(r rune, size int) bool {
	return r < ' ' || r >= ansi.DEL && r < 0xA0 || r == utf8.RuneError && size == 1
}

// escape is a control sequence that a row may have.
type escape struct {
	length int  // in bytes; 0: it is not allowed
	link   bool // OSC 8, else SGR
	resets bool // back to the default style, or the end of a link
}

// sequence reads the sequence at the start of s, which begins with ESC.
func sequence(s string) escape {
	switch {
	case strings.HasPrefix(s, "\x1b["):
		for i := 2; i < len(s); i++ {
			switch b := s[i]; {
			case b >= '0' && b <= ';': // digits, colon, semicolon
			case b == 'm':
				return escape{length: i + 1, resets: i == 2 || i == 3 && s[2] == '0'}
			default:
				return escape{}
			}
		}
	case strings.HasPrefix(s, "\x1b]8;"):
		uri := strings.IndexByte(s[4:], ';') + 5
		if uri == 4 {
			return escape{}
		}
		for i := 4; i < len(s); i++ {
			end := 0
			switch b := s[i]; {
			case b == ansi.BEL:
				end = i + 1
			case b == ansi.ESC && i+1 < len(s) && s[i+1] == '\\':
				end = i + 2
			case b < ' ' || b >= ansi.DEL:
				return escape{}
			}
			if end > 0 {
				if uri > i {
					return escape{}
				}
				return escape{length: end, link: true, resets: uri == i}
			}
		}
	}
	return escape{}
}
