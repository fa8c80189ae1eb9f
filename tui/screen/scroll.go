package screen

// Estimates in bytes: what it takes to begin drawing a segment, and to scroll.
const (
	segmentCost = 10 // "\x1b[17;25H\x1b[K"
	scrollCost  = 20 // "\x1b[2;37r\x1b[2H\x1b[3M\x1b[r"
)

// probes is how many rows of a pane are looked for elsewhere on the screen.
const probes = 5

// minScroll is the number of lines below which scrolling is not looked for.
const minScroll = 3

// move is a band of whole lines of the screen whose content moves.
type move struct {
	top, bottom int // lines from 0; bottom is the line after the last
	up          int // by how many lines; down if negative
}

// source is the line that line y of the band shows after the move, if any.
func (m move) source(y int) (int, bool) {
	y += m.up
	return y, y >= m.top && y < m.bottom
}

// findMove looks for the move that spares the most bytes, given the number of
// segments of f that changed. A terminal scrolls whole lines, so what stands
// beside the pane that moved goes with it and is drawn again: that is counted.
func (w *Writer) findMove(f *Frame, changed int) (best move, ok bool) {
	if changed < minScroll {
		return move{}, false
	}
	spared := 0
	for _, i := range w.order {
		p := &f.Panes[i]
		first, last := w.changedIn(f, p)
		if last-first+1 < minScroll {
			continue
		}
		for probe := range probes {
			up, moved := w.shift(p, first, last, probe)
			if !moved || up == best.up && ok {
				continue
			}
			m := move{top: first, bottom: last + 1, up: up}
			if s := w.spares(f, m); s > spared {
				best, spared, ok = m, s, true
			}
			if ok {
				break // what scrolls has scrolled as a whole
			}
		}
	}
	return best, ok
}

// old is the row that the record has for pane p at line y.
func (w *Writer) old(p *Pane, y int) (string, bool) {
	for _, s := range w.recorded(y) {
		if int(s.x) == p.X && int(s.w) == min(p.W, w.size.W-p.X) {
			return s.row, true
		}
	}
	return "", false
}

// changedIn gives the first and the last line of pane p that changed. If none
// did, last is before first.
func (w *Writer) changedIn(f *Frame, p *Pane) (first, last int) {
	first, last = w.size.H, -1
	for y := max(p.Y, 0); y < min(p.Y+p.H, w.size.H); y++ {
		if row, ok := w.old(p, y); !ok || row != p.row(y) {
			first = min(first, y)
			last = y
		}
	}
	return first, last
}

// shift gives a distance by which rows of p between the lines first and last
// have moved: it looks up where one of the rows, as far down as the probe says,
// stood before.
func (w *Writer) shift(p *Pane, first, last, probe int) (up int, ok bool) {
	y := first + (last-first)*probe/(probes-1)
	row := p.row(y)
	if row == "" {
		return 0, false
	}
	for from := first; from <= last; from++ {
		if was, ok := w.old(p, from); ok && was == row && from != y {
			return from - y, true
		}
	}
	return 0, false
}

// spares estimates how many bytes the move makes the frame shorter.
func (w *Writer) spares(f *Frame, m move) int {
	spared := -scrollCost
	for y := m.top; y < m.bottom; y++ {
		want := w.wanted(f, y)
		spared += cost(want, w.recorded(y))
		if from, ok := m.source(y); ok {
			spared -= cost(want, w.recorded(from))
		} else {
			spared -= cost(want, nil)
		}
	}
	return spared
}

// cost estimates the bytes that make a line which shows have show want.
func cost(want, have []segment) int {
	n := 0
	align := aligned(want, have)
	if !align && !blank(have) {
		n = segmentCost
	}
	for i := range want {
		if row := want[i].row; align && row != have[i].row || !align && row != "" {
			n += segmentCost + len(row)
		}
	}
	return n
}

// appendScroll moves the lines of the band on the terminal and in the record.
// The lines are deleted or inserted within a scroll region rather than
// scrolled by SU and SD, which the Linux console does not have.
func (w *Writer) appendScroll(dst []byte, m move) []byte {
	whole := m.top == 0 && m.bottom == w.size.H
	if !whole {
		dst = appendCSI(dst, m.top+1, m.bottom, 'r')
	}
	if whole || m.top > 0 { // setting a region has homed the cursor
		dst = appendMove(dst, 0, m.top)
	}
	band := w.record[m.top*w.stride : m.bottom*w.stride]
	if n := m.up * w.stride; m.up > 0 {
		dst = appendCSI(dst, m.up, 1, 'M')
		copy(band, band[n:])
		clear(band[len(band)-n:])
	} else {
		dst = appendCSI(dst, -m.up, 1, 'L')
		copy(band[-n:], band)
		clear(band[:-n])
	}
	if !whole {
		dst = append(dst, resetRegion...)
	}
	return dst
}
