package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/tui/keymap"
	"confab/tui/theme"
)

// overlay covers the chat until it is closed. While it is there nothing is
// read.
type overlay interface {
	// key takes a key.
	key(m *Model, act keymap.Action, k tea.KeyPressMsg) tea.Cmd
	// text takes text that was typed or pasted.
	text(m *Model, text string) tea.Cmd
	// scroll moves by rows, down if positive.
	scroll(rows int)
	// resize lays it out for a screen.
	resize(th theme.Theme, width, height int)
	// rows are those on the screen, and where the cursor is; x is negative if
	// there is none.
	rows(th theme.Theme, width, height int) (rows []string, x, y int)
}

// browse moves in the list of an overlay, or closes the overlay.
func (m *Model) browse(act keymap.Action, move func(rows int)) {
	switch act {
	case keymap.Up:
		move(-1)
	case keymap.Down:
		move(1)
	case keymap.PageUp:
		move(-10)
	case keymap.PageDown:
		move(10)
	case keymap.Escape, keymap.Send:
		m.overlay = nil
	}
}

// helpLine is something and what is to be said of it; a heading has only the
// first.
type helpLine struct{ keys, does string }

// page is a text that covers the chat: the help, the members, the details of a
// message.
type page struct {
	title string
	lines []helpLine
	laid  []string // for the screen's size
	top   int      // rows scrolled
	most  int      // rows that can be scrolled
}

func newPage(title string, lines []helpLine) *page { return &page{title: title, lines: lines} }

func (p *page) key(m *Model, act keymap.Action, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case act == keymap.Up:
		p.scroll(-1)
	case act == keymap.Down:
		p.scroll(1)
	case act == keymap.PageUp:
		p.scroll(-max(1, m.height-2))
	case act == keymap.PageDown:
		p.scroll(max(1, m.height-2))
	case act == keymap.Escape, act == keymap.Help, act == keymap.Send:
		m.overlay = nil
	}
	return nil
}

func (p *page) text(m *Model, text string) tea.Cmd {
	if text == "q" || text == "?" {
		m.overlay = nil
	}
	return nil
}

func (p *page) scroll(rows int) { p.top = max(0, min(p.top+rows, p.most)) }

// resize lays the page out, with the last row kept for how to close it.
func (p *page) resize(th theme.Theme, width, height int) {
	const column = 32
	p.laid = nil
	if p.title != "" {
		p.laid = append(p.laid, " "+theme.Paint(th.Bold, th.FitMax(p.title, width-2, th.Ellipsis)), "")
	}
	for i, l := range p.lines {
		switch {
		case l.does == "":
			if i > 0 {
				p.laid = append(p.laid, "")
			}
			for _, s := range th.Wrap(l.keys, width-2) {
				p.laid = append(p.laid, " "+theme.Paint(th.Bold, l.keys[s.Start:s.End]))
			}
		case width >= 2*column:
			left, right := th.Wrap(l.keys, column), th.Wrap(l.does, width-column-3)
			for i := range max(len(left), len(right)) {
				row := strings.Repeat(" ", column)
				if i < len(left) {
					row = th.Fit(l.keys[left[i].Start:left[i].End], column, th.Ellipsis)
				}
				if i < len(right) {
					row += " " + l.does[right[i].Start:right[i].End]
				}
				p.laid = append(p.laid, "  "+row)
			}
		default:
			text := l.keys + ": " + l.does
			for i, s := range th.Wrap(text, width-4) {
				indent := "  "
				if i > 0 {
					indent = "    "
				}
				p.laid = append(p.laid, indent+text[s.Start:s.End])
			}
		}
	}
	p.most = max(0, len(p.laid)-(height-1))
	p.top = min(p.top, p.most)
}

func (p *page) rows(th theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	copy(rows[:height-1], p.laid[p.top:])
	foot := " Esc closes"
	if p.most > 0 {
		foot += ", PgDn: more"
	}
	rows[height-1] = theme.Paint(th.Reverse, th.Fit(foot, width, th.Ellipsis))
	return rows, -1, 0
}
