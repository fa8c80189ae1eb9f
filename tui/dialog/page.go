package dialog

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/tui/keymap"
	"confab/tui/theme"
)

// line is a term and a text about it. A heading has no text, and a paragraph has no term.
type line struct{ term, text string }

// Page is a text to read: the help, the members, the details of a message.
type Page struct {
	title string
	lines []line
	laid  []string // the rows for the present theme and size
	top   int      // rows scrolled
	most  int      // rows that can be scrolled

	theme         *theme.Theme
	width, height int
}

// Text returns the page in lines of text.
func (p *Page) Text() []string {
	var lines []string
	if p.title != "" {
		lines = append(lines, p.title+":")
	}
	for _, l := range p.lines {
		if l.term != "" && l.text != "" {
			l.term += ": "
		}
		l.term += l.text
		lines = append(lines, l.term)
	}
	return lines
}

// Init implements Dialog.
func (p *Page) Init() tea.Cmd { return nil }

// Update implements Dialog.
func (p *Page) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		switch msg.Act {
		case keymap.Up:
			p.scroll(-1)
		case keymap.Down:
			p.scroll(1)
		case keymap.PageUp:
			p.scroll(-max(1, p.height-2))
		case keymap.PageDown:
			p.scroll(max(1, p.height-2))
		case keymap.Escape, keymap.Help, keymap.Send:
			return Result{Close: true}, nil
		}
	case Text:
		return Result{Close: msg == "q" || msg == "?"}, nil
	case Scroll:
		p.scroll(int(msg))
	}
	return Result{}, nil
}

func (p *Page) scroll(rows int) { p.top = max(0, min(p.top+rows, p.most)) }

// Resize implements Dialog. The last row is kept for how to close the page.
func (p *Page) Resize(th *theme.Theme, width, height int) {
	const column = 32
	if p.theme == th && p.width == width && p.height == height {
		return
	}
	p.theme, p.width, p.height, p.laid = th, width, height, nil
	if p.title != "" {
		p.laid = append(p.laid, title(th, width, p.title), "")
	}
	for i, l := range p.lines {
		switch {
		case l.text == "":
			if i > 0 {
				p.laid = append(p.laid, "")
			}
			for _, s := range th.Wrap(l.term, width-2) {
				p.laid = append(p.laid, " "+theme.Paint(th.Bold, th.Isolate(l.term[s.Start:s.End])))
			}
		case l.term == "":
			for _, s := range th.Wrap(l.text, width-2) {
				p.laid = append(p.laid, " "+th.Isolate(l.text[s.Start:s.End]))
			}
		case width >= 2*column:
			left, right := th.Wrap(l.term, column), th.Wrap(l.text, width-column-3)
			for i := range max(len(left), len(right)) {
				row := strings.Repeat(" ", column)
				if i < len(left) {
					row = th.Fit(th.Isolate(l.term[left[i].Start:left[i].End]), column, th.Ellipsis)
				}
				if i < len(right) {
					row += " " + th.Isolate(l.text[right[i].Start:right[i].End])
				}
				p.laid = append(p.laid, "  "+row)
			}
		default:
			text := l.term + ": " + l.text
			for i, s := range th.Wrap(text, width-4) {
				indent := "  "
				if i > 0 {
					indent = "    "
				}
				p.laid = append(p.laid, indent+th.Isolate(text[s.Start:s.End]))
			}
		}
	}
	p.most = max(0, len(p.laid)-(height-1))
	p.top = min(p.top, p.most)
}

// Rows implements Dialog.
func (p *Page) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	copy(rows[:height-1], p.laid[p.top:])
	if p.most > 0 {
		rows[height-1] = foot(th, width, "Esc closes, PgDn: more", "PgDn: more, Esc")
	} else {
		rows[height-1] = foot(th, width, "Esc closes")
	}
	return rows, -1, 0
}
