package screen

import (
	"bytes"
	"slices"
	"strings"
	"unsafe"

	"github.com/charmbracelet/x/ansi"
)

// Writer turns frames into the bytes that make a terminal show them. It remembers the rows
// that it has sent, and sends only the changes. The zero Writer is ready for a terminal of
// unknown content. Only one goroutine may use it.
//
// Frames are made safe: rows are cut to their pane, a control character or a sequence other
// than SGR and OSC 8 becomes "?", and an open style or link is closed. Only changed rows
// are inspected.
type Writer struct {
	size  Size   // of the screen in the record; zero: nothing is known
	shown []area // what is on the terminal, each with all its rows

	overlap bool // the panes of the last frame overlapped

	cursor Cursor
	image  Image
	title  string
	mouse  bool
	ascii  bool // the terminal gets ASCII only
	widths Widths

	// before is the last answer of upTo. The cursor is mostly where it was.
	before struct {
		row     string
		cells   int32
		n       int32
		guessed bool
	}

	// These fields are about the frame that is being written.
	pen  pen
	next []area // its memory is reused, so that an unchanged frame allocates nothing
}

// pen is the position of the terminal's cursor while a frame is written.
type pen struct {
	x, y  int    // negative: not known; x is known only if y is
	style string // the SGR sequence of the last text, if the bytes end in its reset
	end   int    // the number of bytes then
}

var nowhere = pen{x: -1, y: -1}

// move moves the cursor to a cell. Within a line CHA would be shorter, but emacs' ansi-term
// counts its columns from 0.
func (p *pen) move(dst []byte, x, y int) []byte {
	was := *p
	p.x, p.y = x, y
	switch {
	case was.x == x && was.y == y:
		return dst
	case was.y == y && x == 0:
		return append(dst, '\r')
	default:
		return appendMove(dst, x, y)
	}
}

// advance notes that so many ASCII characters were written. At the edge of the screen,
// terminals differ in where the cursor then is.
func (p *pen) advance(cells, width int) {
	if p.x += cells; p.x >= width {
		p.x = -1
	}
}

// lay notes that a row was written, with which the bytes now end.
func (p *pen) lay(dst []byte, row string) {
	p.style, p.end = lastStyle(row), len(dst)
}

// goOn removes the reset of the last text and the first SGR sequence of the row after it, if
// both have the same style and only a move of the cursor is between them. The move and the
// row begin at these offsets.
func (p *pen) goOn(dst []byte, move, row int) []byte {
	if p.style == "" || p.end != move || !bytes.HasPrefix(dst[row:], []byte(p.style)) {
		return dst
	}
	dst = slices.Delete(dst, row, row+len(p.style))
	return slices.Delete(dst, move-len(resetStyle), move)
}

// lastStyle returns the SGR sequence of the last text of a row that ends in its reset. It
// returns "" if there is none, or if it adds to another sequence.
func lastStyle(row string) string {
	row, ok := strings.CutSuffix(row, resetStyle)
	at := strings.LastIndexByte(row, ansi.ESC)
	if !ok || at < 0 {
		return ""
	}
	s := sequence(row[at:])
	if before := strings.LastIndexByte(row[:at], ansi.ESC); s.link || s.resets || before >= 0 && !strings.HasPrefix(row[before:], resetStyle) {
		return ""
	}
	return row[at : at+s.length]
}

// Invalidate forgets the content of the terminal, so that the next frame is drawn
// completely. It is called after something else wrote to the terminal.
func (w *Writer) Invalidate() { w.size = Size{} }

// SetASCII sets whether frames are in ASCII only. They are for a terminal that is not known
// to use UTF-8.
func (w *Writer) SetASCII(ascii bool) {
	if w.ascii != ascii {
		w.ascii = ascii
		w.Invalidate()
	}
}

// SetWidths sets the widths of the terminal's characters.
func (w *Writer) SetWidths(widths Widths) {
	if w.widths != widths {
		w.widths, w.before.row = widths, ""
		w.Invalidate()
	}
}

// AppendEnter appends the bytes that prepare a terminal for frames: the alternate screen,
// bracketed paste, focus reports, no autowrap, and kitty's disambiguated keys. They also
// save the title.
func (w *Writer) AppendEnter(dst []byte) []byte { return append(dst, enter...) }

// AppendLeave appends the bytes that undo AppendEnter and all settings of the frames since
// then, even if the last frame was cut off. The Writer is then as new.
func (w *Writer) AppendLeave(dst []byte) []byte {
	if w.mouse {
		dst = append(dst, mouseOff...)
	}
	*w = Writer{ascii: w.ascii, widths: w.widths}
	return append(dst, leave...)
}

// smallFrame is the largest frame, in bytes, that arrives in one piece even without
// synchronised output: in one SSH packet, and in one read. So the cursor need not be hidden
// while it is drawn.
const smallFrame = 512

// Append appends the bytes that turn the previous frame on the terminal into f. It appends
// none if both look the same. They must reach the terminal before those of the next call.
func (w *Writer) Append(dst []byte, f *Frame) []byte {
	size := f.size()
	if size.W == 0 || size.H == 0 {
		return dst
	}
	begin := len(dst)
	known, full := w.size != Size{}, w.size != size
	was := w.overlap
	w.pen = nowhere
	w.next, w.overlap = areas(w.next[:0], f, size)
	dst = w.appendModes(dst, f, known)
	drawn := 0
	if full {
		w.size, w.shown = size, nil
		dst = append(dst, resetRegion+resetStyle+autowrapOff+clearScreen...)
		w.pen = pen{}
	}
	reshaped := !alike(w.shown, w.next)
	if reshaped {
		dst, drawn = w.reshape(dst)
	}
	changed, top, bottom := w.compare(reshaped || was || w.overlap)
	m, scrolls := w.findMove(changed)
	if scrolls {
		w.noteMove(m)
	}
	detached := drawn
	dst, drawn = w.appendDetach(dst, m, drawn)
	detached = drawn - detached
	if scrolls {
		dst = w.appendScroll(dst, m)
		drawn++
	}
	if detached > 0 { // unchanged rows may have been erased too
		_, top, bottom = w.compare(true)
	}
	for y := top; y < bottom; y++ {
		dst, drawn = w.appendLine(dst, y, drawn)
	}
	dst, drawn = w.appendImage(dst, f.Image, full || scrolls, drawn)
	clear(w.next) // the model's rows can be collected
	hide := full || len(dst)-begin > smallFrame && w.cursor.Shown
	dst = w.appendCursor(dst, f.Cursor, full || drawn > 0, hide)
	switch {
	case full || drawn > 1 && hide:
		dst = slices.Insert(dst, begin, []byte(beginSync+hideCursor)...)
		dst = append(dst, endSync...)
	case drawn > 1:
		dst = slices.Insert(dst, begin, []byte(beginSync)...)
		dst = append(dst, endSync...)
	}
	return dst
}

// appendModes sets the title and the mouse mode if they have changed, or both if nothing is
// known.
func (w *Writer) appendModes(dst []byte, f *Frame, known bool) []byte {
	if f.Title != w.title || !known && f.Title != "" {
		dst = appendTitle(dst, f.Title, w.ascii)
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

// appendCursor puts the cursor in the state of c. moved says that drawing has moved it, and
// hidden that it was hidden for drawing.
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
		dst = w.appendPlace(dst, c)
	}
	if hidden || !was.Shown {
		dst = append(dst, showCursor...)
	}
	return dst
}

// appendPlace moves the cursor to its position. If the widths of the characters before it
// are not known, it writes them again, and the cursor is where they end.
func (w *Writer) appendPlace(dst []byte, c Cursor) []byte {
	for i := range w.shown {
		a := &w.shown[i]
		at, in := a.at(c.Y)
		if !in || c.X < a.left() || c.X >= a.left()+a.width() {
			continue
		}
		begin, guessed := w.upTo(a.rows[at], c.X-a.left())
		if w.ascii && begin > 0 {
			// In ASCII the row before the cursor is often shorter.
			c.X = a.left() + inspect(plainRow(a.rows[at][:begin])).cells
		}
		if !guessed || w.ascii {
			break
		}
		dst = w.pen.move(dst, a.left(), c.Y)
		dst, _ = appendRow(dst, a.rows[at][:begin], a.width(), w.widths)
		w.pen.x = -1
		return dst
	}
	return w.pen.move(dst, c.X, c.Y)
}

// upTo is [Widths.upTo] of the terminal's widths.
func (w *Writer) upTo(row string, cells int) (n int, guessed bool) {
	b := &w.before
	if row == "" || !same(row, b.row) || cells != int(b.cells) {
		n, guessed = w.widths.upTo(row, cells)
		b.row, b.cells, b.n, b.guessed = row, int32(cells), int32(n), guessed
	}
	return int(b.n), b.guessed
}

// reshape gives the record the areas of the frame. It erases the lines that are now divided
// differently, and returns their number.
func (w *Writer) reshape(dst []byte) (_ []byte, erased int) {
	rows := 0
	for i := range w.next {
		rows += int(w.next[i].h)
	}
	shown, all := slices.Clone(w.next), make([]string, rows)
	for i := range shown {
		n := int(shown[i].h)
		shown[i].rows, all = all[:n:n], all[n:]
	}
	for y := range w.size.H {
		if !aligned(w.shown, shown, y) {
			if !blank(w.shown, y) {
				dst = w.pen.move(dst, 0, y)
				dst = append(dst, clearRight...)
				erased++
			}
			continue
		}
		j := -1
		for i := nextAt(shown, 0, y); i < len(shown); i = nextAt(shown, i+1, y) {
			j = nextAt(w.shown, j+1, y)
			to, _ := shown[i].at(y)
			from, _ := w.shown[j].at(y)
			shown[i].rows[to] = w.shown[j].rows[from]
		}
	}
	w.shown = shown
	return dst, erased
}

// same reports whether two rows are the same string in memory. Two rows with the same text
// may be told apart, which costs a few bytes at most. But no text is read: in a timeline that
// scrolls, with hundreds of sessions that draw in turn, each row would be a cache miss.
func same(a, b string) bool {
	return len(a) == len(b) && (a == "" || unsafe.StringData(a) == unsafe.StringData(b))
}

// compare counts the rows that differ from the record, and notes the range of their lines. It
// looks at areas that have stayed the same only if the record may have changed since.
func (w *Writer) compare(all bool) (changed, top, bottom int) {
	top = w.size.H
	for i := range w.next {
		a, was := &w.next[i], w.shown[i].rows
		first, last := len(was), -1
		if a.same && !all {
			was = nil
		}
		for at := range was {
			if !same(a.row(at), was[at]) {
				first, last = min(first, at), at
				changed++
			}
		}
		if a.first, a.last = int16(first), int16(last); last >= 0 {
			top, bottom = min(top, int(a.y)+first), max(bottom, int(a.y)+last+1)
		}
	}
	return changed, top, bottom
}

// appendLine draws the changes in line y, and adds the number of rows that have changed.
func (w *Writer) appendLine(dst []byte, y, drawn int) ([]byte, int) {
	for i := range w.next {
		a := &w.next[i]
		at := y - int(a.y)
		if at < int(a.first) || at > int(a.last) {
			continue
		}
		row, was := a.row(at), w.shown[i].rows[at]
		if row != was {
			before := len(dst)
			dst = w.appendChange(dst, a.left(), y, a.width(), row, was)
			if w.shown[i].rows[at] = row; len(dst) > before {
				drawn++
			}
		}
	}
	return dst, drawn
}
