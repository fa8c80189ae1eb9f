package screen

// area is the visible part of a pane, or a piece of that. Areas do not overlap, so a line
// of the screen consists of the areas that cross it.
type area struct {
	x, y, w, h  int16    // [MaxWidth] and [MaxHeight] fit
	first, last int16    // lines of the area, from 0, that changed; last is before first if none did
	rows        []string // missing rows are blank
	same        bool     // it is as in the frame before
}

// row is the text of a line of the area, from 0.
func (a *area) row(i int) string {
	if i < len(a.rows) {
		return a.rows[i]
	}
	return ""
}

// at returns the area's line at line y of the screen, if the area crosses that line.
func (a *area) at(y int) (int, bool) {
	y -= int(a.y)
	return y, y >= 0 && y < int(a.h)
}

func (a *area) left() int  { return int(a.x) }
func (a *area) width() int { return int(a.w) }

// areas appends the visible areas of f, from left to right. It also reports whether panes
// overlapped, so that areas may be from another pane than in the frame before.
func areas(dst []area, f *Frame, size Size) (_ []area, overlap bool) {
	begin := len(dst)
	for i := range f.Panes {
		p := &f.Panes[i]
		top, bottom := max(p.Y, 0), min(p.Y+p.H, size.H)
		if p.X < 0 || p.X >= size.W || p.W <= 0 || top >= bottom {
			continue
		}
		a := area{x: int16(p.X), y: int16(top), w: int16(min(p.W, size.W-p.X)), h: int16(bottom - top), same: p.Same}
		if hidden := top - p.Y; hidden < len(p.Rows) {
			a.rows = p.Rows[hidden:min(len(p.Rows), bottom-p.Y)]
		}
		dst = append(dst, a)
		// There are few panes, and they are mostly in order already.
		for j := len(dst) - 1; j > begin && dst[j-1].x > dst[j].x; j-- {
			dst[j-1], dst[j] = dst[j], dst[j-1]
		}
	}
	for i := begin; i < len(dst); i++ {
		for j := i + 1; j < len(dst); j++ {
			a, b := &dst[i], &dst[j]
			if b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
				return cutUp(dst, begin, size), true
			}
		}
	}
	return dst, false
}

// cutUp replaces overlapping areas by areas of one line each that do not overlap. A model
// should not make overlapping panes, so this need not be fast.
func cutUp(dst []area, begin int, size Size) []area {
	whole := append([]area(nil), dst[begin:]...)
	dst = dst[:begin]
	for y := range size.H {
		line := len(dst)
		for i := range whole {
			a := whole[i]
			n, ok := a.at(y)
			if !ok {
				continue
			}
			a.rows = a.rows[min(n, len(a.rows)):min(n+1, len(a.rows))]
			a.y, a.h = int16(y), 1
			if n := len(dst); n > line && dst[n-1].x+dst[n-1].w > a.x {
				if dst[n-1].w = a.x - dst[n-1].x; dst[n-1].w == 0 {
					dst = dst[:n-1]
				}
			}
			dst = append(dst, a)
		}
	}
	return dst
}

// alike reports whether both have areas at the same places.
func alike(a, b []area) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].x != b[i].x || a[i].y != b[i].y || a[i].w != b[i].w || a[i].h != b[i].h {
			return false
		}
	}
	return true
}

// aligned reports whether both cut line y into the same pieces.
func aligned(a, b []area, y int) bool {
	i, j := nextAt(a, 0, y), nextAt(b, 0, y)
	for i < len(a) && j < len(b) {
		if a[i].x != b[j].x || a[i].w != b[j].w {
			return false
		}
		i, j = nextAt(a, i+1, y), nextAt(b, j+1, y)
	}
	return i == len(a) && j == len(b)
}

// nextAt returns the first area from i on that crosses line y, or len(a) if none does.
func nextAt(a []area, i, y int) int {
	for ; i < len(a); i++ {
		if _, ok := a[i].at(y); ok {
			break
		}
	}
	return i
}

// blank reports whether nothing is written in line y.
func blank(a []area, y int) bool {
	for i := nextAt(a, 0, y); i < len(a); i = nextAt(a, i+1, y) {
		if n, _ := a[i].at(y); a[i].row(n) != "" {
			return false
		}
	}
	return true
}
