package screen

// Writer turns frames into the bytes that make a terminal show them. It
// remembers the rows it has sent and sends those that changed. The zero Writer
// is ready for a terminal of which nothing is known. Not safe for use by more
// than one goroutine.
//
// What the model hands over is guarded: rows are cut to their pane, a control
// character or a sequence other than SGR and OSC 8 is sent as "?", and a style
// or link left open is closed. Only rows that changed are looked at.
type Writer struct {
	size   Size      // of the screen in the record; zero: nothing is known
	record []segment // what is on the terminal, stride segments a line
	stride int

	cursor Cursor
	title  string
	mouse  bool

	// Scratch, kept so that an unchanged frame allocates nothing.
	order []uint8
	line  []segment
}

// Invalidate forgets what the terminal shows, so that the next frame is drawn
// whole: after something else wrote to it.
func (w *Writer) Invalidate() { w.size = Size{} }

// AppendEnter appends what prepares a terminal for frames: the alternate
// screen, bracketed paste, focus reports, no autowrap, kitty's disambiguated
// keys; the title is saved.
func (w *Writer) AppendEnter(dst []byte) []byte { return append(dst, enter...) }

// AppendLeave appends what undoes AppendEnter and whatever the frames since
// then have set, also if the last of them was cut off. The Writer is then as
// new.
func (w *Writer) AppendLeave(dst []byte) []byte {
	if w.mouse {
		dst = append(dst, mouseOff...)
	}
	*w = Writer{}
	return append(dst, leave...)
}

// Append appends the bytes that turn the terminal from the frame before into f;
// none if they look the same. They must reach the terminal before those of the
// next call.
func (w *Writer) Append(dst []byte, f *Frame) []byte {
	size := f.size()
	if size.W == 0 || size.H == 0 {
		return dst
	}
	w.order = stack(w.order[:0], f, size)
	known, full := w.size != Size{}, w.size != size
	if full {
		w.size = size
		w.record = nil
	}
	changed := w.changes(f)
	hide := false
	joined := full || changed > 1
	if joined {
		dst = append(dst, beginSync...)
		if hide = full || w.cursor.Shown; hide {
			dst = append(dst, hideCursor...)
		}
	}
	dst = w.appendModes(dst, f, known)
	if full {
		dst = append(dst, resetRegion+resetStyle+autowrapOff+clearScreen...)
	}
	if m, ok := w.findMove(f, changed); ok {
		dst = w.appendScroll(dst, m)
	}
	if changed > 0 {
		for y := range size.H {
			dst = w.appendLine(dst, f, y)
		}
	}
	dst = w.appendCursor(dst, f.Cursor, full || changed > 0, hide)
	if joined {
		dst = append(dst, endSync...)
	}
	return dst
}

// appendModes sets the title and the mouse; all again if nothing is known.
func (w *Writer) appendModes(dst []byte, f *Frame, known bool) []byte {
	if f.Title != w.title || !known && f.Title != "" {
		dst = appendTitle(dst, f.Title)
		w.title = f.Title
	}
	if f.Mouse != w.mouse || !known && f.Mouse {
		if w.mouse = f.Mouse; f.Mouse {
			dst = append(dst, mouseOn...)
		} else {
			dst = append(dst, mouseOff...)
		}
	}
	return dst
}

// appendCursor leaves the cursor as c says. moved tells that drawing has left
// it anywhere, hidden that it has been hidden for drawing.
func (w *Writer) appendCursor(dst []byte, c Cursor, moved, hidden bool) []byte {
	c.X = max(min(c.X, w.size.W-1), 0)
	c.Y = max(min(c.Y, w.size.H-1), 0)
	was := w.cursor
	w.cursor = c
	if !c.Shown {
		if was.Shown && !hidden {
			dst = append(dst, hideCursor...)
		}
		return dst
	}
	if moved || !was.Shown || c != was {
		dst = appendMove(dst, c.X, c.Y)
	}
	if hidden || !was.Shown {
		dst = append(dst, showCursor...)
	}
	return dst
}

// recorded is what line y of the terminal shows.
func (w *Writer) recorded(y int) []segment {
	if i := y * w.stride; i < len(w.record) {
		return used(w.record[i : i+w.stride])
	}
	return nil
}

// wanted is what line y of the terminal should show, valid until the next call.
func (w *Writer) wanted(f *Frame, y int) []segment {
	w.line = slice(w.line[:0], f, w.order, w.size, y)
	return w.line
}

// changes counts the segments that differ from the record, and makes the
// record wide enough for f.
func (w *Writer) changes(f *Frame) int {
	count, widest := 0, 0
	for y := range w.size.H {
		want, have := w.wanted(f, y), w.recorded(y)
		widest = max(widest, len(want))
		switch {
		case aligned(want, have):
			for i := range want {
				if want[i].row != have[i].row {
					count++
				}
			}
		case !blank(want) || !blank(have):
			count += max(len(want), 1)
		}
	}
	if widest > w.stride || w.record == nil {
		w.widen(max(widest, w.stride))
	}
	return count
}

// widen gives the record room for stride segments a line.
func (w *Writer) widen(stride int) {
	record := make([]segment, w.size.H*stride)
	for y := range w.size.H {
		copy(record[y*stride:], w.recorded(y))
	}
	w.record, w.stride = record, stride
}

// appendLine draws what has changed in line y. What it replaces is erased
// before it writes, not after: a terminal that takes an emoji for narrower or
// wider than we do then keeps no cell of the old row, nor loses one beyond it.
func (w *Writer) appendLine(dst []byte, f *Frame, y int) []byte {
	want, have := w.wanted(f, y), w.recorded(y)
	at := false // the cursor is on this line
	move := func(x int) {
		if at {
			dst = appendColumn(dst, x)
		} else {
			dst = appendMove(dst, x, y)
		}
		at = true
	}
	align := aligned(want, have)
	if !align && !blank(have) {
		move(0)
		dst = append(dst, clearRight...)
	}
	for i := range want {
		s := &want[i]
		erase := align && have[i].row != ""
		if align && have[i].row == s.row || !erase && s.row == "" {
			continue
		}
		move(int(s.x))
		switch {
		case erase && int(s.x)+int(s.w) == w.size.W:
			dst = append(dst, clearRight...)
		case erase:
			dst = appendCSI(dst, int(s.w), 1, 'X')
		}
		dst, _ = appendRow(dst, s.row, int(s.w))
	}
	if n := copy(w.record[y*w.stride:(y+1)*w.stride], want); n < w.stride {
		clear(w.record[y*w.stride+n : (y+1)*w.stride])
	}
	return dst
}
