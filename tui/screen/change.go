package screen

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// worthKeeping is the least number of bytes for which an unchanged part of a row is kept.
const worthKeeping = 4

// appendChange draws a row of so many cells at x, y over another one.
//
// Both may begin and end with the same parts. These are kept if everything up to the end of
// the change is ASCII, because then every terminal has them in the same columns. Unless
// both are ASCII, the old part is erased before the new one is written. Otherwise a
// terminal that draws an emoji narrower or wider than expected could keep a cell of the old
// row, or lose one beyond it.
func (w *Writer) appendChange(dst []byte, x, y, width int, row, was string) []byte {
	if w.ascii {
		row, was = plainRow(row), plainRow(was)
	}
	is := inspect(row)
	if !is.fits(row, width, w.widths) {
		dst = w.pen.move(dst, x, y)
		if was != "" {
			dst = w.appendErase(dst, x, width)
		}
		w.pen.x = -1
		dst, _ = appendRow(dst, row, width, w.widths)
		return dst
	}
	from, kept, old := 0, 0, looks{ascii: true}
	if was != "" {
		old = inspect(was)
	}
	if was == "" || old.fits(was, width, w.widths) {
		from, kept = sameBegin(row, was)
		if from < worthKeeping {
			from, kept = 0, 0
		}
		// Names are styled. If the change includes a name, everything after it is drawn
		// again, because a frame that is cut off half way must not show the name beside
		// another user's words. Lists at the left have no words of users.
		list := x+width < w.size.W
		if to, cells, ok := sameEnd(row, was, from); ok && (list || strings.IndexByte(row[from:to], ansi.ESC) < 0) {
			if to == from {
				return dst
			}
			dst = w.pen.move(dst, x+kept, y)
			w.pen.advance(cells, w.size.W)
			return append(dst, row[from:to]...)
		}
	}
	restyled := strings.IndexByte(row[from:], ansi.ESC) >= 0 || strings.IndexByte(was[min(from, len(was)):], ansi.ESC) >= 0
	erase := was != "" && from < len(was) && (restyled || !(is.ascii && old.ascii && old.safe && is.cells >= old.cells))
	text := row[from:]
	if (erase || from >= len(was)) && !is.styled && !is.linked {
		text = strings.TrimRight(text, " ") // they are blank
	}
	if text == "" && !erase {
		return dst
	}
	trimmed := len(row) - from - len(text)
	move := len(dst)
	dst = w.pen.move(dst, x+kept, y)
	if erase {
		dst = w.appendErase(dst, x+kept, width-kept)
	}
	begin := len(dst)
	switch {
	case is.simple && (erase || from >= len(was)):
		dst = appendOverBlanks(dst, text)
	case is.simple:
		dst = append(dst, text...)
	default:
		dst = w.appendAligned(dst, x+kept, text)
	}
	if is.linked {
		dst = append(dst, resetLink...)
	}
	if is.styled {
		dst = append(dst, resetStyle...)
	}
	if !erase {
		dst = w.pen.goOn(dst, move, begin)
	}
	if !is.linked && !is.styled {
		w.pen.lay(dst, row[from:])
	}
	if is.ascii {
		w.pen.advance(is.cells-kept-trimmed, w.size.W)
	} else {
		w.pen.x = -1
	}
	return dst
}

// plainRow returns a row in ASCII. It first removes bytes that must not reach the terminal,
// so that the conversion cannot leave any of them.
func plainRow(row string) string {
	if !inspect(row).safe {
		row = scrub(row)
	}
	return ToASCII(row)
}

// gap is the least number of spaces that a move of the cursor replaces.
const gap = 4

// wideGap is a gap over which the cursor is moved by its width. The move has up to 5 bytes.
const wideGap = "        "

// appendOverBlanks writes a row onto cells that are blank. It moves the cursor over wide
// gaps.
func appendOverBlanks(dst []byte, row string) []byte {
	styled, linked := false, false
	for {
		at := strings.Index(row, wideGap)
		if at < 0 {
			return append(dst, row...)
		}
		for rest := row[:at]; ; {
			esc := strings.IndexByte(rest, ansi.ESC)
			if esc < 0 {
				break
			}
			s := sequence(rest[esc:])
			if s.link {
				linked = !s.resets
			} else {
				styled = !s.resets
			}
			rest = rest[esc+s.length:]
		}
		end := at + len(wideGap)
		for end < len(row) && row[end] == ' ' {
			end++
		}
		if styled || linked {
			dst = append(dst, row[:end]...)
		} else {
			dst = append(dst, row[:at]...)
			dst = appendCSI(dst, end-at, 1, 'C')
		}
		row = row[end:]
	}
}

// appendAligned writes a row from column x on. It moves the cursor to the column of the
// text after each gap, whatever width the terminal gave to the characters before it. So a
// wrong guess of a width pushes nothing over the edge. The cells of the gap are blank.
func (w *Writer) appendAligned(dst []byte, x int, row string) []byte {
	styled, linked, unsure := false, false, false
	for i := 0; i < len(row); {
		switch {
		case row[i] == ansi.ESC:
			s := sequence(row[i:])
			if s.link {
				linked = !s.resets
			} else {
				styled = !s.resets
			}
			dst = append(dst, row[i:i+s.length]...)
			i += s.length
			continue
		case row[i] == ' ' && !styled && !linked:
			n := len(row[i:]) - len(strings.TrimLeft(row[i:], " "))
			switch x += n; {
			case unsure && n >= gap:
				dst = appendMove(dst, x, w.pen.y)
				unsure = false
			case n >= len(wideGap):
				dst = appendCSI(dst, n, 1, 'C')
			default:
				dst = append(dst, row[i:i+n]...)
			}
			i += n
			continue
		}
		n, cells := w.widths.Next(row[i:])
		unsure = unsure || row[i] >= utf8.RuneSelf || n > 1
		dst = append(dst, row[i:i+n]...)
		i, x = i+n, x+cells
	}
	return dst
}

// appendErase erases so many cells from x on, where the cursor is and stays. Within a line
// it writes blanks, because not every terminal has ECH.
func (w *Writer) appendErase(dst []byte, x, cells int) []byte {
	if x+cells == w.size.W {
		return append(dst, clearRight...)
	}
	for range cells {
		dst = append(dst, ' ')
	}
	return appendMove(dst, x, w.pen.y)
}

// sameBegin returns how many bytes at the start of a row, and how many cells, are already
// on the screen if the row was is there. The next byte is in the default style.
func sameBegin(row, was string) (n, cells int) {
	var last, sure struct{ n, cells int } // sure ends before a character that both have
	styled, linked := false, false
	for n < len(row) {
		if !styled && !linked {
			last.n, last.cells = n, cells
		}
		b := row[n]
		if b == ansi.ESC {
			s := sequence(row[n:])
			if n+s.length > len(was) || was[n:n+s.length] != row[n:n+s.length] {
				break
			}
			if s.link {
				linked = !s.resets
			} else {
				styled = !s.resets
			}
			n += s.length
			continue
		}
		// After its end, a row is blank.
		if b >= utf8.RuneSelf || n < len(was) && was[n] != b || n >= len(was) && (b != ' ' || styled || linked) {
			break
		}
		if !styled && !linked {
			sure = last
		}
		n++
		cells++
	}
	if n == len(row) && !styled && !linked {
		last.n, last.cells = n, cells
	}
	if joins(row[last.n:]) || joins(was[min(last.n, len(was)):]) {
		last = sure
	}
	return last.n, last.cells
}

// sameEnd returns where the end of row begins that is already on the screen, in the same
// columns, if the row was is there. It also returns the number of cells between from and
// that place. It reports false if there is no such end, or if it is too short to be worth
// it.
func sameEnd(row, was string, from int) (to, cells int, ok bool) {
	most, n := min(len(row), len(was))-from, 0
	for n < most && row[len(row)-1-n] == was[len(was)-1-n] {
		n++
	}
	if n < worthKeeping {
		return 0, 0, false
	}
	to, cells, ok = unstyled(row, from, len(row)-n)
	if !ok || len(row)-to < worthKeeping || joins(row[to:]) {
		return 0, 0, false
	}
	end := len(was) - (len(row) - to)
	at, width, ok := unstyled(was, from, end)
	return to, cells, ok && at == end && width == cells
}

// unstyled finds the first offset in a row, at or after least, at which the style is the
// default one. It begins at an offset with the default style, and also returns the number
// of cells between the two. It reports false if there is no such offset, or if the row has
// anything but ASCII before it.
func unstyled(row string, from, least int) (at, cells int, ok bool) {
	styled, linked := false, false
	for at = from; at < least || styled || linked; {
		switch {
		case at >= len(row) || row[at] >= utf8.RuneSelf:
			return 0, 0, false
		case row[at] == ansi.ESC:
			s := sequence(row[at:])
			if s.link {
				linked = !s.resets
			} else {
				styled = !s.resets
			}
			at += s.length
		default:
			at++
			cells++
		}
	}
	return at, cells, true
}

// joins reports whether the first character of a piece of a row may combine with an ASCII
// character before it.
func joins(row string) bool {
	for row != "" && row[0] == ansi.ESC {
		row = row[sequence(row).length:]
	}
	if row == "" || row[0] < utf8.RuneSelf {
		return false
	}
	r, _ := utf8.DecodeRuneInString(row)
	return !line(r)
}

// line reports whether a character is a box-drawing character. These combine with nothing,
// and are assumed to be one cell wide.
func line(r rune) bool { return r >= 0x2500 && r < 0x2580 }
