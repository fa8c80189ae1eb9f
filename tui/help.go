package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// helpLine is a key or command and what it does; a heading has only the first.
type helpLine struct{ keys, does string }

// helpLines is the in-app help.
func helpLines() []helpLine {
	return []helpLine{
		{"Writing", ""},
		{"Enter", "send"},
		{"Alt+Enter, Ctrl+J, Shift+Enter", "new line"},
		{"Enter on an empty line", "try again what was not sent"},
		{"Ctrl+A, Ctrl+E", "start and end of the line"},
		{"Alt+B, Alt+F", "word left and right"},
		{"Ctrl+W, Alt+D, Ctrl+U", "delete a word, the next word, the line so far"},
		{"Ctrl+Y", "bring back what was deleted"},
		{"Reading", ""},
		{"PgUp, PgDn", "scroll by a page"},
		{"Up, Down, wheel", "scroll by a line"},
		{"Home, End", "far up, and back to the newest (while nothing is typed)"},
		{"Alt+M", "let the wheel scroll where it does not, and back"},
		{"Ctrl+L", "draw the screen again"},
		{"Leaving", ""},
		{"Ctrl+D, Ctrl+C twice", "leave (Ctrl+D while nothing is typed)"},
		{"Commands", ""},
		{"/help", "this page; also F1, or ? while nothing is typed"},
		{"/quit", "leave"},
		{"//", "sends a message that begins with /"},
	}
}

// help is the help page while it is open.
type help struct {
	text []string // laid out for the screen's size
	top  int      // rows scrolled
	most int      // rows that can be scrolled
}

func newHelp() *help { return &help{} }

// helpKey takes a key while the help is open.
func (m *Model) helpKey(act action, k tea.KeyPressMsg) {
	switch {
	case act == actUp || act == actDown:
		m.help.scroll(act, 1)
	case act == actPageUp || act == actPageDown:
		m.help.scroll(act, max(1, m.height-2))
	case act == actEscape || act == actHelp || act == actSend || k.Text == "q" || k.Text == "?":
		m.help = nil
	}
}

func (h *help) scroll(act action, rows int) {
	if act == actUp || act == actPageUp {
		rows = -rows
	}
	h.top = max(0, min(h.top+rows, h.most))
}

// resize lays the page out for a screen, whose last row says how to close it.
func (h *help) resize(th theme, width, height int) {
	const column = 32
	h.text = nil
	for _, l := range helpLines() {
		switch {
		case l.does == "":
			if len(h.text) > 0 {
				h.text = append(h.text, "")
			}
			h.text = append(h.text, " "+paint(th.bold, l.keys))
		case width >= 2*column:
			left := fit(l.keys, column, th.ellipsis)
			for _, s := range wrap(l.does, width-column-3) {
				h.text = append(h.text, "  "+left+" "+l.does[s.start:s.end])
				left = strings.Repeat(" ", column)
			}
		default:
			text := l.keys + ": " + l.does
			for i, s := range wrap(text, width-4) {
				indent := "  "
				if i > 0 {
					indent = "    "
				}
				h.text = append(h.text, indent+text[s.start:s.end])
			}
		}
	}
	h.most = max(0, len(h.text)-(height-1))
	h.top = min(h.top, h.most)
}

// rows are those of the page that are on a screen.
func (h *help) rows(th theme, width, height int) []string {
	rows := make([]string, height)
	copy(rows[:height-1], h.text[h.top:])
	foot := " Esc closes"
	if h.most > 0 {
		foot += ", PgDn: more"
	}
	rows[height-1] = paint(th.reverse, fit(foot, width, th.ellipsis))
	return rows
}
