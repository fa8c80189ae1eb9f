package screen

// segment is the part of one line of the screen that belongs to one pane.
// A segment without width is no segment: it ends a line in a record.
type segment struct {
	row  string // as the model gave it
	x, w uint16 // [MaxWidth] fits
}

// stack appends the indices of the panes of f that show, by their left edge.
func stack(order []uint8, f *Frame, size Size) []uint8 {
	for i := range min(len(f.Panes), 1<<8) {
		p := &f.Panes[i]
		if p.X < 0 || p.X >= size.W || p.W <= 0 || p.H <= 0 || p.Y >= size.H || p.Y+p.H <= 0 {
			continue
		}
		order = append(order, uint8(i))
		// Panes are few and mostly in order already.
		for j := len(order) - 1; j > 0 && f.Panes[order[j-1]].X > f.Panes[order[j]].X; j-- {
			order[j-1], order[j] = order[j], order[j-1]
		}
	}
	return order
}

// slice appends the segments of line y of f, from left to right.
func slice(line []segment, f *Frame, order []uint8, size Size, y int) []segment {
	for _, i := range order {
		p := &f.Panes[i]
		if y < p.Y || y >= p.Y+p.H {
			continue
		}
		s := segment{row: p.row(y), x: uint16(p.X), w: uint16(min(p.W, size.W-p.X))}
		if n := len(line); n > 0 && line[n-1].x+line[n-1].w > s.x {
			line[n-1].w = s.x - line[n-1].x
			if line[n-1].w == 0 {
				line = line[:n-1]
			}
		}
		line = append(line, s)
	}
	return line
}

// used cuts a line of a record at its first unused segment.
func used(line []segment) []segment {
	for i := range line {
		if line[i].w == 0 {
			return line[:i]
		}
	}
	return line
}

// blank reports whether nothing is written in the line.
func blank(line []segment) bool {
	for i := range line {
		if line[i].row != "" {
			return false
		}
	}
	return true
}

// aligned reports whether both lines are cut into the same segments.
func aligned(a, b []segment) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].x != b[i].x || a[i].w != b[i].w {
			return false
		}
	}
	return true
}
