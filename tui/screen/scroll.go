package screen

// These are estimates, in bytes, of the cost of beginning a row, and of scrolling.
const (
	rowCost    = 10 // "\x1b[17;25H\x1b[K"
	scrollCost = 20 // "\x1b[2;37r\x1b[2H\x1b[3M\x1b[r"
)

// probes is the number of rows of an area that are searched for elsewhere on the screen.
const probes = 5

// minScroll is the least number of changed lines for which a scroll is considered.
const minScroll = 3

// move is a band of whole lines of the screen whose content moves.
type move struct {
	top, bottom int // lines from 0; bottom is the line after the last
	up          int // by how many lines; down if negative
}

// findMove finds the move that saves the most bytes, given the number of rows that changed.
// A terminal scrolls whole lines, so everything beside the area that moved goes with it and
// has to be drawn again. findMove counts that too.
func (w *Writer) findMove(changed int) (best move, ok bool) {
	if changed < minScroll {
		return move{}, false
	}
	spared := 0
	for i := range w.next {
		a := &w.next[i]
		if a.last-a.first+1 < minScroll {
			continue
		}
		m := move{top: int(a.y + a.first), bottom: int(a.y + a.last + 1)}
		if !w.movable(m) {
			continue
		}
		for probe := range probes {
			up, moved := w.shift(i, probe)
			if !moved || up == best.up && ok {
				continue
			}
			m.up = up
			if s := w.spares(m); s > spared {
				best, spared, ok = m, s, true
			}
			if ok {
				break // an area scrolls as a whole
			}
		}
	}
	return best, ok
}

// noteMove notes that all rows in the band may differ from the record after the move.
func (w *Writer) noteMove(m move) {
	for i := range w.next {
		a := &w.next[i]
		if _, in := a.at(m.top); in {
			a.first, a.last = min(a.first, int16(m.top)-a.y), max(a.last, int16(m.bottom-1)-a.y)
		}
	}
}

// movable reports whether each area in the band spans all its lines, so that no row moves
// out of its area.
func (w *Writer) movable(m move) bool {
	for i := range w.next {
		top := int(w.next[i].y)
		bottom := top + int(w.next[i].h)
		if top < m.bottom && bottom > m.top && (top > m.top || bottom < m.bottom) {
			return false
		}
	}
	return true
}

// shift returns a distance by which the changed rows of an area may have moved. It looks up
// the old place of one of them, which the probe chooses.
func (w *Writer) shift(i, probe int) (up int, ok bool) {
	a, was := &w.next[i], w.shown[i].rows
	first, last := int(a.first), int(a.last)
	at := first + (last-first)*probe/(probes-1)
	row := a.row(at)
	if row == "" {
		return 0, false
	}
	for from := first; from <= last; from++ {
		if was[from] == row && from != at {
			return from - at, true
		}
	}
	return 0, false
}

// spares estimates the number of bytes by which the move shortens the frame.
func (w *Writer) spares(m move) int {
	spared := -scrollCost
	for i := range w.next {
		a, was := &w.next[i], w.shown[i].rows
		top := m.top - int(a.y)
		if _, in := a.at(m.top); !in {
			continue
		}
		bottom := m.bottom - int(a.y)
		for at := top; at < bottom; at++ {
			row, moved := a.row(at), ""
			if from := at + m.up; from >= top && from < bottom {
				moved = was[from]
			}
			if !same(row, was[at]) {
				spared += rowCost + len(row)
			}
			if !same(row, moved) {
				spared -= rowCost + len(row)
			}
		}
	}
	return spared
}

// appendScroll moves the lines of the band on the terminal and in the record.
// The lines are deleted or inserted within a scroll region rather than
// scrolled by SU and SD, which the Linux console does not have.
func (w *Writer) appendScroll(dst []byte, m move) []byte {
	whole := m.top == 0 && m.bottom == w.size.H
	if !whole {
		dst = appendCSI(dst, m.top+1, m.bottom, 'r')
		w.pen = pen{} // setting a region homes the cursor
	}
	dst = w.pen.move(dst, 0, m.top)
	if m.up > 0 {
		dst = appendCSI(dst, m.up, 1, 'M')
	} else {
		dst = appendCSI(dst, -m.up, 1, 'L')
	}
	if !whole {
		dst = append(dst, resetRegion...)
		w.pen = pen{}
	}
	for i := range w.shown {
		a := &w.shown[i]
		if _, in := a.at(m.top); !in {
			continue
		}
		band := a.rows[m.top-int(a.y) : m.bottom-int(a.y)]
		if m.up > 0 {
			copy(band, band[m.up:])
			clear(band[len(band)-m.up:])
		} else {
			copy(band[-m.up:], band)
			clear(band[:-m.up])
		}
	}
	return dst
}
