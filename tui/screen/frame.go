package screen

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Pane is a rectangle of the screen and the rows of text in it.
type Pane struct {
	X, Y int // left column and top line, in cells from 0; a negative X hides the pane
	W, H int // width and height in cells; parts outside the frame are not shown

	// Rows holds the text from top to bottom, each row at most W cells wide. Missing rows
	// are blank. A row may hold SGR and OSC 8 (hyperlink) sequences and must begin and end
	// in the default style; no other control sequence or character reaches the terminal
	// (see [Writer]). A row is unchanged if the string is equal. The comparison is cheapest
	// if it is the same string, so the model should keep its rendered rows.
	Rows []string

	// Same says that the pane and its rows are those of the frame before, so that they need
	// not be compared.
	Same bool
}

// Cursor is the position of the terminal's own cursor, in cells from 0. The zero Cursor is
// hidden. A position outside the frame is moved to its edge.
type Cursor struct {
	X, Y  int
	Shown bool
}

// Frame is the content of a screen. Panes should not overlap. Where they do, the one that
// begins further right is shown. Cells in no pane are blank.
type Frame struct {
	W, H   int // the size of the screen in cells, at most [MaxWidth] and [MaxHeight]
	Panes  []Pane
	Cursor Cursor
	Image  Image // where the picture is that the terminal has, if any

	// Title is the window title, "" for none. Control characters in it are dropped. The
	// model has to limit its length.
	Title string

	// Mouse captures the mouse: clicks, drags and the wheel come as messages,
	// and the terminal's own selection needs a modifier key.
	Mouse bool
}

// String returns the frame as lines joined by "\n", with each pane padded to its column, in
// the form of the content of a [tea.View]. The rows are made safe like those that a
// [Writer] sends.
func (f Frame) String() string {
	size := f.size()
	shown, _ := areas(nil, &f, size)
	var out []byte
	for y := range size.H {
		if y > 0 {
			out = append(out, '\n')
		}
		x := 0
		for i := range shown {
			at, in := shown[i].at(y)
			if !in || shown[i].row(at) == "" {
				continue
			}
			out = append(out, strings.Repeat(" ", shown[i].left()-x)...)
			var n int
			out, n = appendRow(out, shown[i].row(at), shown[i].width(), together)
			x = shown[i].left() + n
		}
	}
	return string(out)
}

// View returns the frame for the stock renderer, with the modes that a screen has under
// [Run]: the alternate screen, focus reports and bracketed paste.
func (f Frame) View() tea.View {
	v := tea.NewView(f.String())
	v.AltScreen = true
	v.ReportFocus = true
	v.WindowTitle = f.Title
	if f.Mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if f.Cursor.Shown {
		v.Cursor = tea.NewCursor(f.Cursor.X, f.Cursor.Y)
	}
	return v
}

// size returns the size of the part of the frame that is drawn.
func (f *Frame) size() Size {
	return Size{max(min(f.W, MaxWidth), 0), max(min(f.H, MaxHeight), 0)}
}
