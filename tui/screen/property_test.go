package screen

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bits are the pieces of rows. Each ends in the style in which it began.
var bits = []string{
	"hello", "world ", "x", " ", "  ", "ok.", "世界", "日本語 ", "é", "e\u0301a", "👩‍💻", "🎉", "🇨🇭", "1️⃣", "\u2502", "\u2502", "…", "e", "o", "o\u0301", "     ",
	"\x1b[1mbold\x1b[m", "\x1b[31;44mred on blue \x1b[m", "\x1b[7m \x1b[0m", "\x1b[38;2;1;2;3m世\x1b[m",
	"\x1b]8;;https://example.org/\x1b\\link\x1b]8;;\x1b\\", "\x1b[4mopen", "\x07", "\x1b[2J",
}

func anyRow() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 8), func(b []string) string {
		return strings.Join(b, "")
	})
}

// anySize is mostly large enough for something to scroll.
func anySize(t *rapid.T) Size {
	return Size{
		rapid.OneOf(rapid.IntRange(1, 60), rapid.IntRange(40, 60)).Draw(t, "width"),
		rapid.OneOf(rapid.IntRange(1, 16), rapid.IntRange(8, 16)).Draw(t, "height"),
	}
}

// anyChat is the state of a screen in use, from which frames are made.
type anyChat struct {
	size     Size
	header   string
	sidebar  []string
	sidebarW int // 0: none
	membersW int // 0: none
	timeline []string
	offset   int // of the lowest row shown, from the newest
	composer []string
	cursor   Cursor
	title    string
	mouse    bool
	overlap  bool // a pane over the others
	overlapX int
	overlapY int
}

func (c *anyChat) frame() Frame {
	w, h := c.size.W, c.size.H
	composerH := min(max(len(c.composer), 1), 4)
	top, bottom := 0, h-composerH
	f := Frame{W: w, H: h, Cursor: c.cursor, Title: c.title, Mouse: c.mouse}
	if c.header != "" {
		top = 1
		f.Panes = append(f.Panes, Pane{X: c.sidebarW, W: w - c.sidebarW, H: 1, Rows: []string{c.header}})
	}
	end := len(c.timeline) - c.offset
	f.Panes = append(f.Panes,
		Pane{X: c.sidebarW, Y: top, W: w - c.sidebarW - c.membersW, H: bottom - top, Rows: c.timeline[max(end-max(bottom-top, 0), 0):end]},
		Pane{X: c.sidebarW, Y: bottom, W: w - c.sidebarW, H: composerH, Rows: c.composer},
		Pane{W: c.sidebarW, H: h, Rows: c.sidebar},
		Pane{X: w - c.membersW, Y: top, W: c.membersW, H: bottom - top, Rows: c.sidebar[:len(c.sidebar)/2]},
	)
	if c.overlap {
		f.Panes = append(f.Panes, Pane{X: c.overlapX, Y: c.overlapY, W: 9, H: 3, Rows: c.sidebar})
	}
	return f
}

// Any frames, sent one after the other, look like the last of them drawn on a
// new terminal.
func TestWriterShowsTheFrame(t *testing.T) {
	for i := range 5 { // a hundred sequences each
		t.Run(strconv.Itoa(i), rapid.MakeCheck(showsTheFrame))
	}
}

// An unchanged row is drawn again if it was erased, because rows above it changed.
func TestWriterDrawsErasedRowsAgain(t *testing.T) {
	c := &anyChat{size: Size{20, 5}, timeline: []string{"\x1b[1mann\x1b[m one", "hello", " hello"}, composer: []string{"> "}}
	term := newTerminal(c.size.W, c.size.H)
	w := Writer{widths: together}
	term.write(w.AppendEnter(nil))
	for _, rows := range [][]string{c.timeline, {"\x1b[1mbob\x1b[m two", "", " hello"}, {"", "", " hello"}} {
		c.timeline = rows
		f := c.frame()
		term.write(w.Append(nil, &f))
		if d := diff(term.text(), plainText(f)); d != "" {
			t.Errorf("with %q: %s", rows, d)
		}
	}
}

// A pane that stays the same is drawn where another one no longer covers it.
func TestWriterUncoversAPane(t *testing.T) {
	term := newTerminal(8, 4)
	w := Writer{widths: together}
	term.write(w.AppendEnter(nil))
	for i, covered := range []int{4, 2, 1, 0} {
		f := Frame{W: 8, H: 4}
		for y, row := range []string{"one", "two", "three", "four"} {
			f.Panes = append(f.Panes, Pane{Y: y, W: 8, H: 1, Rows: []string{row}, Same: i > 0})
		}
		f.Panes = append(f.Panes, Pane{W: 8, H: covered, Rows: []string{"over"}})
		term.write(w.Append(nil, &f))
		if d := diff(term.text(), plainText(f)); d != "" {
			t.Errorf("with %d rows covered: %s", covered, d)
		}
	}
}

func showsTheFrame(t *rapid.T) {
	c := &anyChat{
		size:     anySize(t),
		timeline: rapid.SliceOfN(anyRow(), 0, 30).Draw(t, "timeline"),
		sidebar:  rapid.SliceOfN(anyRow(), 0, 6).Draw(t, "sidebar"),
		sidebarW: rapid.SampledFrom([]int{0, 0, 1, 10, 24}).Draw(t, "sidebar width"),
		composer: []string{"> "},
	}
	term := newTerminal(c.size.W, c.size.H)
	term.wraps = rapid.Bool().Draw(t, "wraps")
	w := Writer{widths: together}
	term.write(w.AppendEnter(nil))
	var before []Pane
	show := func() {
		f := c.frame()
		for i := range min(len(before), len(f.Panes)) {
			p := &f.Panes[i]
			// With the flag, a pane is equal to the one before.
			p.Same = reflect.DeepEqual(*p, before[i]) && rapid.Bool().Draw(t, "same")
		}
		before = nil
		for _, p := range f.Panes { // the content may be changed in place
			p.Rows, p.Same = slices.Clone(p.Rows), false
			before = append(before, p)
		}
		term.write(w.Append(nil, &f))
		if d := diff(term.text(), plainText(f)); d != "" {
			t.Fatal("text: " + d)
		}
	}
	show()
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		change(t, c, term, &w)
		if rapid.IntRange(0, 3).Draw(t, "show") > 0 || c.size.W != term.Width() || c.size.H != term.Height() {
			term.Resize(c.size.W, c.size.H)
			show()
		}
	}
	show()

	f := c.frame()
	want := draw(f)
	if d := diff(term.cells(), want.cells()); d != "" {
		t.Fatal(d)
	}
	if term.CursorHidden() == f.Cursor.Shown {
		t.Fatalf("cursor hidden: %v, frame: %v", term.CursorHidden(), f.Cursor)
	}
	if got, want := term.CursorPosition(), want.CursorPosition(); f.Cursor.Shown && got != want {
		t.Fatalf("cursor at %v, want %v", got, want)
	}
	if term.Title() != f.Title {
		t.Fatalf("title %q, want %q", term.Title(), f.Title)
	}
	if b := w.Append(nil, &f); len(b) > 0 {
		t.Fatalf("the same frame again gives %q", b)
	}
}

// amend changes a small part of a row: at its beginning, in its middle or at its end.
func amend(t *rapid.T, row string) string {
	was := rapid.SampledFrom(bits).Draw(t, "was")
	is := rapid.SampledFrom(bits).Draw(t, "is")
	if was == "e" || was == "o" {
		return row // it may be half of a character
	}
	switch rapid.IntRange(0, 3).Draw(t, "where") {
	case 0:
		return strings.TrimSuffix(row, was) + is
	case 1:
		return is + strings.TrimPrefix(row, was)
	default:
		return strings.Replace(row, was, is, 1)
	}
}

// change makes one change to the content of the screen, or to the terminal.
func change(t *rapid.T, c *anyChat, term *terminal, w *Writer) {
	switch rapid.SampledFrom([]string{
		"message", "message", "message", "scroll", "scroll", "edit", "amend", "amend", "sidebar", "type", "compose",
		"side", "members", "header", "cursor", "title", "mouse", "resize", "invalidate", "overlap",
	}).Draw(t, "change") {
	case "message":
		c.timeline = append(c.timeline, rapid.SliceOfN(anyRow(), 1, 3).Draw(t, "messages")...)
	case "scroll":
		c.offset = rapid.IntRange(0, len(c.timeline)).Draw(t, "offset")
	case "edit":
		if n := len(c.timeline); n > 0 {
			c.timeline[rapid.IntRange(0, n-1).Draw(t, "row")] = anyRow().Draw(t, "text")
		}
	case "amend":
		for _, rows := range [][]string{c.timeline, c.sidebar} {
			if n := len(rows); n > 0 {
				row := &rows[rapid.IntRange(0, n-1).Draw(t, "row")]
				*row = amend(t, *row)
			}
		}
	case "sidebar":
		if n := len(c.sidebar); n > 0 {
			c.sidebar[rapid.IntRange(0, n-1).Draw(t, "row")] = anyRow().Draw(t, "text")
		}
	case "type":
		c.composer[len(c.composer)-1] += rapid.SampledFrom(bits).Draw(t, "typed")
	case "compose":
		c.composer = rapid.SliceOfN(anyRow(), 1, 5).Draw(t, "composer")
	case "side":
		c.sidebarW = rapid.IntRange(0, 30).Draw(t, "sidebar width")
	case "members":
		c.membersW = rapid.SampledFrom([]int{0, 8}).Draw(t, "members width")
	case "header":
		c.header = anyRow().Draw(t, "header")
	case "cursor":
		c.cursor = Cursor{rapid.IntRange(-1, 61).Draw(t, "x"), rapid.IntRange(-1, 17).Draw(t, "y"), rapid.Bool().Draw(t, "shown")}
	case "title":
		c.title = rapid.SampledFrom([]string{"", "confab", "(3) confab"}).Draw(t, "title")
	case "mouse":
		c.mouse = !c.mouse
	case "resize":
		c.size = anySize(t)
	case "invalidate":
		term.write([]byte("\x1b[2;2H\x1b[45mnoise\x1b[m\x1b[3;1Hmore of it"))
		w.Invalidate()
	case "overlap":
		c.overlap = !c.overlap
		c.overlapX = rapid.IntRange(-1, 60).Draw(t, "x")
		c.overlapY = rapid.IntRange(-4, 16).Draw(t, "y")
	}
}
