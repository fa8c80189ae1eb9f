package screen

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// appendDetach erases the words that would otherwise stand below the name of somebody
// else until the frame is complete, and adds the number of rows that this takes. The
// move is the one that follows, zero for none. So a frame shows no words as those of
// another, wherever it is cut off.
//
// These are rows that change below one in which a name may change, and rows that the
// move takes away from their name. Only panes that reach the right edge are looked
// at: lists at the left hold no words, and to erase a part of a line is dear.
func (w *Writer) appendDetach(dst []byte, m move, drawn int) ([]byte, int) {
	for i := range w.next {
		a, was := &w.next[i], w.shown[i].rows
		if a.left()+a.width() < w.size.W {
			continue
		}
		top, bottom := m.top-int(a.y), m.bottom-int(a.y)
		from := func(at int) int { // where the row stands that the move brings here
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
		for at := range was {
			row, n := a.row(at), from(at)
			switch {
			case n < 0:
				last, below = top > 0, below || row != ""
			case was[n] == "":
				last, below = false, below || renames(row, "")
			case was[n] != row:
				last = below || n != at && was[n][0] == ' '
				below = below || renames(row, was[n])
			default: // It stays with the row above it, unless it has a name itself.
				last = last && row[0] == ' '
			}
			doomed = append(doomed, last)
		}
		// From the bottom up: a name goes after the words below it.
		for at := len(was) - 1; at >= 0; at-- {
			if n := from(at); doomed[at] && n >= 0 {
				dst = w.pen.move(dst, a.left(), int(a.y)+n)
				dst = append(dst, clearRight...)
				was[n] = ""
				drawn++
			}
		}
	}
	return dst, drawn
}

// renames reports whether a row that takes the place of another may have another name,
// or one where the other has none: names are styled.
func renames(row, was string) bool {
	if row == was {
		return false
	}
	if !inspect(row).safe || !inspect(was).safe {
		return true // what is not safe is not comparable, either
	}
	n, _ := sameBegin(row, was)
	return strings.IndexByte(row[n:], ansi.ESC) >= 0 || strings.IndexByte(was[min(n, len(was)):], ansi.ESC) >= 0
}
