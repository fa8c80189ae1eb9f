package screen

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// appendDetach erases words that would otherwise be below the name of somebody else until
// the frame is complete. It adds the number of rows that it erased. The move is the one
// that follows, zero for none. So a frame never shows one user's words as another's,
// wherever it is cut off.
//
// Such words are in rows that change below a row in which a name may change, and in rows
// that the move separates from their name. Only panes that reach the right edge matter:
// lists at the left have no messages, and erasing a part of a line is expensive.
func (w *Writer) appendDetach(dst []byte, m move, drawn int) ([]byte, int) {
	for i := range w.next {
		a, was := &w.next[i], w.shown[i].rows
		if a.left()+a.width() < w.size.W {
			continue
		}
		top, bottom := m.top-int(a.y), m.bottom-int(a.y)
		// Outside of these, all rows stay as they are.
		begin, end := int(a.first), int(a.last)+1
		from := func(at int) int { // the present place of the row that the move brings here
			if at < top || at >= bottom {
				return at
			}
			if at += m.up; at < top || at >= bottom {
				return -1
			}
			return at
		}
		var room [128]bool
		doomed, below, last := room[:0], false, false
		for at := begin; at < len(was) && (at < end || last); at++ {
			row, n := a.row(at), from(at)
			switch {
			case n < 0:
				last, below = top > 0, below || row != ""
			case was[n] == "":
				last, below = false, below || renames(row, "")
			case was[n] != row:
				last = below || n != at && was[n][0] == ' '
				below = below || renames(row, was[n])
			default: // It belongs to the row above it, unless it has a name itself.
				last = last && row[0] == ' '
			}
			doomed = append(doomed, last)
		}
		// It works from the bottom up, because a name must not disappear before the words
		// below it.
		for at := begin + len(doomed) - 1; at >= begin; at-- {
			if n := from(at); doomed[at-begin] && n >= 0 {
				dst = w.pen.move(dst, a.left(), int(a.y)+n)
				dst = append(dst, clearRight...)
				was[n] = ""
				drawn++
			}
		}
	}
	return dst, drawn
}

// renames reports whether a row that replaces another may have a different name. Names are
// styled, and stand before the words. So a row that keeps the beginning of its words keeps
// its name, and only its receipts have changed.
func renames(row, was string) bool {
	if row == was {
		return false
	}
	if !inspect(row).safe || !inspect(was).safe {
		return true // rows that are not safe cannot be compared
	}
	n, _ := sameBegin(row, was)
	if strings.IndexByte(row[n:], ansi.ESC) < 0 && strings.IndexByte(was[min(n, len(was)):], ansi.ESC) < 0 {
		return false
	}
	return !hasWords(row[:n])
}

// hasWords reports whether the beginning of a row reaches into the words of a message: into
// text in the default style that follows a styled part or an indent.
func hasWords(row string) bool {
	if row == "" || row[0] != ' ' && row[0] != ansi.ESC {
		return false
	}
	plain := true
	for i := 0; i < len(row); {
		switch {
		case row[i] == ansi.ESC:
			s := sequence(row[i:])
			if !s.link {
				plain = s.resets
			}
			i += s.length
		case plain && row[i] != ' ':
			return true
		default:
			i++
		}
	}
	return false
}
