package timeline

import (
	"image"
	"slices"
	"strings"

	"confab/app/chat"
	pictures "confab/app/picture"
	"confab/tui/mosaic"
)

const (
	// pictureRows is how high a picture is at most.
	pictureRows = 20
	// PictureWidth and PictureHeight are the most pixels of a picture that is drawn with
	// characters. They are enough for any screen, so that it is not read again after a resize.
	PictureWidth, PictureHeight = 200, 2 * pictureRows
	// unit is how many pixels of a picture that the terminal draws itself stand for one of a
	// picture of characters.
	unit = 8
)

// Picture is a picture of a message.
type Picture struct {
	Conversation chat.ConversationID
	Message      chat.Seq
	// Copy is what is drawn with characters. It is nil if the terminal draws the picture
	// itself: then there is room for it.
	Copy *image.RGBA
	Size image.Point // in pixels
}

// picture is the picture that is shown below its message. There is one at most.
type picture struct {
	Picture
	under  *cachedRows // the rows of its message
	height int         // of the timeline
	rows   *cachedRows // with the picture
	cells  image.Point
}

// ShowPicture shows a picture, in place of any other, if its message is there. It scrolls as
// little as it takes to see all of it.
func (t *Timeline) ShowPicture(p Picture) {
	if !t.Shows(p.Conversation) {
		return
	}
	t.open.picture, t.open.drawing = &picture{Picture: p}, drawing{}
	if t.open.checkPicture(); t.open.picture == nil || t.height == 0 {
		return
	}
	c := t.canvas()
	c.reveal(p.Message)
	item, _ := c.index(p.Message)
	if rows := len(c.rowsOf(item)); rows > c.height {
		c.stay(place{item, rows - 1})
	}
}

// ClosePicture closes the picture. It reports false if there is none.
func (t *position) ClosePicture() bool {
	if t.Pictured() == 0 {
		return false
	}
	t.open.picture, t.open.drawing = nil, drawing{}
	t.open.settle = !t.open.following // the end may be on the screen now
	return true
}

// Pictured is the message whose picture is shown, 0 for none.
func (t *position) Pictured() chat.Seq {
	if t.open == nil || t.open.picture == nil {
		return 0
	}
	return t.open.picture.Message
}

// checkPicture drops the picture if its message is gone, or far away.
func (t *conversation) checkPicture() {
	if t.picture == nil || !t.loaded {
		return
	}
	if i, ok := t.index(t.picture.Message); !ok || t.window[i].File == nil {
		t.picture, t.drawing = nil, drawing{}
	}
}

// pictured returns the rows of a message with the picture below them, if it has one.
func (c canvas) pictured(m *chat.Message, made *cachedRows) *cachedRows {
	p := c.picture
	if p == nil || p.Message != m.Seq || m.File == nil {
		return made
	}
	if p.under != made || p.height != c.height || !p.rows.are(made.previous, made.message, made.anew) {
		p.under, p.height = made, c.height
		p.draw(c.style)
	}
	return p.rows
}

// draw lays the picture out: below its message, and with it on one screen if that leaves enough
// room for it.
func (p *picture) draw(s *rowStyle) {
	indent, free := s.indent(), p.height-len(p.under.rows)
	if free < p.height/2 {
		free = p.height - 1
	}
	most := image.Pt(max(1, s.width-indent), 2*max(1, min(pictureRows, free)))
	var drawn []string
	if p.Copy != nil {
		drawn = mosaic.Rows(pictures.Shrink(p.Copy, most), s.theme)
	} else {
		natural := image.Pt((p.Size.X+unit-1)/unit, (p.Size.Y+unit-1)/unit)
		p.cells = pictures.Fit(natural.X, natural.Y, most)
		p.cells.Y = (p.cells.Y + 1) / 2
		drawn = make([]string, p.cells.Y)
	}
	blank := strings.Repeat(" ", indent)
	for i, row := range drawn {
		drawn[i] = blank + row
	}
	rows := *p.under
	rows.rows, rows.edged, rows.picture = slices.Concat(rows.rows, drawn), nil, len(drawn)
	p.rows = &rows
}

// Image is the place of the picture that the terminal draws itself, in cells of the timeline.
type Image struct {
	X, Y, W, H int
	Cut        int // rows of the picture that are above the screen
	Rows       int // of the whole picture
}

// Image returns the place of the picture if the terminal is to draw it. It reports false if
// there is none on the screen.
func (t *position) Image() (Image, bool) {
	if t.Pictured() == 0 || t.open.picture.Copy != nil || t.height == 0 || !t.open.loaded || t.style == nil {
		return Image{}, false
	}
	c := t.canvas()
	p, ok := c.bottom()
	bottom := c.height // the row below the item
	for item := p.item; ok && item >= c.hidden() && bottom > 0; item-- {
		rows := c.rowsOf(item)
		end := bottom
		if item == p.item {
			end += len(rows) - p.line - 1 // some rows are below the screen
		}
		bottom = end - len(rows)
		if item < len(c.window) && c.window[item].Seq == c.picture.Message {
			return c.picture.at(end, c.height, c.style)
		}
	}
	return Image{}, false
}

// at is the place of a picture whose last row is above a row of a timeline of this height.
func (p *picture) at(end, height int, s *rowStyle) (Image, bool) {
	if p.rows == nil {
		return Image{}, false
	}
	top := end - p.cells.Y
	y, below := max(top, 0), min(end, height)
	is := Image{X: s.indent(), Y: y, W: p.cells.X, H: below - y, Cut: y - top, Rows: p.cells.Y}
	return is, is.H > 0
}
