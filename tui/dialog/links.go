package dialog

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/text"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// Links is the page of the links in a message. Each is shown in full, and Enter copies
// the chosen one.
type Links struct {
	links []string
	at    int // the chosen one

	rows  []string // laid out for the present width
	first []int    // the first row of each link, and the number of rows
	wide  int
	theme *theme.Theme
}

// NewLinks makes the page of some links, at least one.
func NewLinks(links []string) *Links { return &Links{links: links} }

// Init implements Dialog.
func (l *Links) Init() tea.Cmd { return nil }

// Update implements Dialog.
func (l *Links) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		if msg.Act == keymap.Send {
			return Result{Close: true, Copy: l.links[l.at]}, nil
		}
		return Result{Close: browse(msg.Act, l.scroll)}, nil
	case Text:
		if msg == "y" {
			return Result{Close: true, Copy: l.links[l.at]}, nil
		}
		return Result{Close: msg == "q"}, nil
	case Scroll:
		l.scroll(int(msg))
	}
	return Result{}, nil
}

func (l *Links) scroll(by int) { l.at = max(0, min(l.at+by, len(l.links)-1)) }

// Resize implements Dialog.
func (l *Links) Resize(th *theme.Theme, width, _ int) {
	if l.theme == th && l.wide == width {
		return
	}
	l.theme, l.wide, l.rows, l.first = th, width, nil, nil
	for _, address := range l.links {
		l.first = append(l.first, len(l.rows))
		for _, s := range th.Wrap(address, width-2) {
			l.rows = append(l.rows, address[s.Start:s.End])
		}
	}
	l.first = append(l.first, len(l.rows))
}

// Rows implements Dialog.
func (l *Links) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	rows[height-1] = foot(th, width, "Enter copies, Esc closes, Up and Down choose", "Enter: copy, Esc")
	room := height - 2
	if room < 1 {
		return rows, -1, 0
	}
	rows[0] = title(th, width, text.Plural(len(l.links), "link")+" in this message")
	// The chosen link is in the middle of the screen. If it is too long for that, its first
	// row is at the top.
	top := min(l.first[l.at], max(0, (l.first[l.at]+l.first[l.at+1]-room)/2))
	top = max(0, min(top, len(l.rows)-room))
	of := 0
	for i := 0; i < room && top+i < len(l.rows); i++ {
		for l.first[of+1] <= top+i {
			of++
		}
		row, lead := l.rows[top+i], " "
		if of == l.at {
			row, lead = theme.Paint(chosenStyle(th), row), theme.Paint(chosenStyle(th), th.Open)
		}
		rows[1+i] = lead + th.Link(text.LinkTarget(l.links[of]), row)
	}
	return rows, -1, 0
}
