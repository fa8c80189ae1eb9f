package screen

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"confab/app/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// terminal is an emulated terminal.
//
// Unlike real terminals, it ignores kitty's keyboard stack, the title's stack and
// synchronised output. The tests check the bytes that are sent for those.
type terminal struct {
	*testkit.Terminal
	wraps bool // autowrap can't be turned off, as in emacs' ansi-term
}

func newTerminal(w, h int) *terminal {
	return &terminal{Terminal: testkit.NewTerminal(w, h)}
}

func (t *terminal) write(b []byte) {
	if t.wraps {
		b = bytes.ReplaceAll(b, []byte(autowrapOff), nil)
	}
	_, _ = t.Write(b)
}

// cells describes everything that is visible, in one line of text for each line of the
// screen.
func (t *terminal) cells() []string {
	lines := make([]string, t.Height())
	for y := range lines {
		var b strings.Builder
		for x := range t.Width() {
			c := t.CellAt(x, y)
			fmt.Fprintf(&b, "%q/%d%s%s ", c.Content, c.Width, c.Style.String(), c.Link.URL)
		}
		lines[y] = b.String()
	}
	return lines
}

// text returns the lines of the screen without styles and trailing blanks.
func (t *terminal) text() []string {
	lines := strings.Split(t.String(), "\n")
	for len(lines) < t.Height() {
		lines = append(lines, "")
	}
	return lines
}

// plainText returns the text that a frame should show.
func plainText(f Frame) []string {
	lines := strings.Split(ansi.Strip(f.String()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// draw shows one frame on a new terminal.
func draw(f Frame) *terminal {
	t := newTerminal(f.W, f.H)
	w := Writer{widths: together}
	t.write(w.Append(w.AppendEnter(nil), &f))
	return t
}

// diff describes the first difference between two lists of lines, or returns "" if there is
// none.
func diff(got, want []string) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d lines, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i, got[i], want[i])
		}
	}
	return ""
}

// chat is a frame of the usual shape: a sidebar, a timeline whose newest rows
// are at the bottom, a composer of one line.
func chat(w, h int, sidebar, messages []string, typed string) Frame {
	const side = 24
	height := max(h-1, 0) // the stock program asks before it knows the size
	shown := messages[max(0, len(messages)-height):]
	rows := make([]string, height)
	copy(rows[height-len(shown):], shown)
	return Frame{
		W: w, H: h,
		Panes: []Pane{
			{X: 0, Y: 0, W: side, H: h, Rows: sidebar},
			{X: side, Y: 0, W: w - side, H: height, Rows: rows},
			{X: side, Y: height, W: w - side, H: 1, Rows: []string{"> " + typed}},
		},
		Cursor: Cursor{X: side + 2 + ansi.StringWidth(typed), Y: height, Shown: true},
		Title:  "confab",
	}
}

func numbered(from, to int) []string {
	var rows []string
	for i := from; i < to; i++ {
		rows = append(rows, fmt.Sprintf("\x1b[36m%02d:%02d\x1b[m \x1b[1;33mann\x1b[m message number %d of some length or other", i/60, i%60, i))
	}
	return rows
}

func entries() []string {
	return []string{"\x1b[1mgeneral\x1b[m", "  random", "\x1b[1;35m@ann\x1b[m      3", "  @bob", "  @eve"}
}
