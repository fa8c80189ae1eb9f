package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/tui/screen"
)

const (
	// minWidth and minHeight are the smallest screen that the chat fits.
	minWidth, minHeight = 20, 6
	// ruleHeight is from when there is a rule between timeline and composer.
	ruleHeight = 10
)

// rect is a place on the screen, in cells.
type rect struct{ X, Y, W, H int }

// layout is where things are on a screen of one size.
type layout struct {
	sidebar, timeline, composer, status rect
	rule                                bool // the composer's first row is a rule
	input                               int  // rows of text in the composer
	lines                               []span
	cursorRow, cursorColumn             int
	notice                              []string
}

// sidebarWidth is the columns of the sidebar with its border, 0 for none.
func sidebarWidth(width int) int {
	switch {
	case width >= 100:
		return 24
	case width >= 60:
		return 18
	default:
		return 0
	}
}

// tooSmall reports whether the screen has no room for the chat.
func (m *Model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// relayout works out where things are, after anything that may have changed it.
func (m *Model) relayout() {
	if m.tooSmall() {
		m.layout = layout{}
		return
	}
	if m.help != nil {
		m.help.resize(m.theme, m.width, m.height)
	}
	var l layout
	side := sidebarWidth(m.width)
	main := m.width - side
	below := 0
	if l.rule = m.height >= ruleHeight; l.rule {
		below++
	}
	if m.notice != "" {
		for _, s := range wrap(m.notice, main-1) {
			l.notice = append(l.notice, m.notice[s.start:s.end])
		}
		l.notice = l.notice[:min(len(l.notice), max(1, m.height/4))]
		below += len(l.notice)
	}
	l.lines, l.cursorRow, l.cursorColumn = m.composer.layout(main - textWidth(m.theme.prompt) - 1)
	l.input = max(1, min(len(l.lines), m.height/3, m.height-2-below))
	below += l.input
	l.sidebar = rect{0, 0, side, m.height - 1}
	l.timeline = rect{side, 0, main, m.height - 1 - below}
	l.composer = rect{side, l.timeline.H, main, below}
	l.status = rect{0, m.height - 1, m.width, 1}
	m.layout = l
	if m.style == nil || m.style.width != main {
		m.style = &rowStyle{theme: m.theme, width: main, self: m.self.ID, location: m.term.location}
	}
}

// canvas is the timeline at its place.
func (m *Model) canvas() canvas {
	return canvas{timeline: m.open, style: m.style, height: m.layout.timeline.H, name: m.self.Name}
}

// Frame implements screen.Model.
func (m *Model) Frame() screen.Frame {
	f := screen.Frame{W: m.width, H: m.height, Title: m.title(), Mouse: m.mouse}
	switch {
	case m.tooSmall():
		f.Panes = []screen.Pane{{W: m.width, H: m.height, Rows: m.tooSmallRows()}}
		return f
	case m.help != nil:
		f.Panes = []screen.Pane{{W: m.width, H: m.height, Rows: m.help.rows(m.theme, m.width, m.height)}}
		return f
	}
	l := m.layout
	rows, cursorX, cursorY := m.composerRows()
	f.Panes = make([]screen.Pane, 0, 4)
	if l.sidebar.W > 0 {
		f.Panes = append(f.Panes, pane(l.sidebar, m.sidebarRows()))
	}
	f.Panes = append(f.Panes,
		pane(l.timeline, m.timelineRows()),
		pane(l.composer, rows),
		pane(l.status, []string{m.statusRow()}))
	f.Cursor = screen.Cursor{X: l.composer.X + cursorX, Y: l.composer.Y + cursorY, Shown: true}
	return f
}

func pane(r rect, rows []string) screen.Pane {
	return screen.Pane{X: r.X, Y: r.Y, W: r.W, H: r.H, Rows: rows}
}

// View implements tea.Model, for the stock renderer.
func (m *Model) View() tea.View { return m.Frame().View() }

func (m *Model) title() string {
	for _, c := range m.conversations {
		if m.open != nil && c.ID == m.open.conversation {
			return c.Title() + " - confab"
		}
	}
	return "confab"
}

func (m *Model) tooSmallRows() []string {
	const text = "confab needs 20x6 characters: make the window larger."
	var rows []string
	for _, s := range wrap(text, m.width) {
		rows = append(rows, text[s.start:s.end])
	}
	return rows[:min(len(rows), m.height)]
}

// timelineRows are the messages, at the bottom of their place.
func (m *Model) timelineRows() []string {
	height := m.layout.timeline.H
	var rows []string
	switch {
	case m.open == nil || !m.open.loaded:
	case m.canvas().items() == 0:
		rows = []string{paint(m.theme.faint, fitMax(" No messages yet. Write the first.", m.layout.timeline.W, m.theme.ellipsis))}
	default:
		rows = m.canvas().draw()
	}
	if len(rows) == height {
		return rows
	}
	return append(make([]string, height-len(rows), height), rows...)
}

// sidebarRows are the conversations, with a border at the right.
func (m *Model) sidebarRows() []string {
	l := m.layout.sidebar
	border := paint(m.theme.faint, m.theme.vertical)
	rows := make([]string, l.H)
	blank := strings.Repeat(" ", l.W-1) + border
	for i := range rows {
		if i >= len(m.conversations) {
			rows[i] = blank
			continue
		}
		c := m.conversations[i]
		style := ""
		if m.open != nil && c.ID == m.open.conversation {
			style = m.theme.reverse
		}
		rows[i] = paint(style, fit(" "+c.Title(), l.W-1, m.theme.ellipsis)) + border
	}
	return rows
}

// composerRows are the rule, the text being written and the notice, with the
// place of the cursor among them.
func (m *Model) composerRows() (rows []string, cursorX, cursorY int) {
	l := m.layout
	rows = make([]string, 0, l.composer.H)
	if l.rule {
		rows = append(rows, m.ruleRow())
	}
	// The rows around the cursor, if not all fit.
	first := max(0, min(l.cursorRow-l.input/2, len(l.lines)-l.input))
	prompt := m.theme.prompt
	indent := strings.Repeat(" ", textWidth(prompt))
	cursorX, cursorY = len(indent)+l.cursorColumn, len(rows)+l.cursorRow-first
	for i := first; i < first+l.input; i++ {
		lead := indent
		if i == 0 {
			lead = paint(m.theme.bold, prompt)
		}
		rows = append(rows, lead+drawn(m.composer.text[l.lines[i].start:l.lines[i].end]))
	}
	for _, line := range l.notice {
		rows = append(rows, paint(m.theme.warn, line))
	}
	return rows, cursorX, cursorY
}

// unseen is what says that there are new messages below the place.
func (m *Model) unseen() string {
	if m.open == nil || m.open.following || m.open.unseen == 0 {
		return ""
	}
	return m.theme.down + " " + strconv.Itoa(m.open.unseen) + " new"
}

func (m *Model) ruleRow() string {
	width := m.layout.composer.W
	rule := paint(m.theme.faint, strings.Repeat(m.theme.horizontal, width))
	if label := m.unseen(); label != "" {
		label = " " + label + " "
		n := max(0, width-textWidth(label)-2)
		rule = paint(m.theme.faint, strings.Repeat(m.theme.horizontal, n)) + paint(m.theme.bold, label) +
			paint(m.theme.faint, strings.Repeat(m.theme.horizontal, min(2, width-n)))
	}
	return rule
}

// statusRow says where one is and how to get help.
func (m *Model) statusRow() string {
	left := " " + strings.TrimSuffix(m.title(), " - confab")
	if !m.layout.rule {
		if label := m.unseen(); label != "" {
			left = " " + label
		}
	}
	right := m.self.Name + "  ? help "
	if m.width < 40 {
		right = "? help "
	}
	space := m.width - textWidth(left) - textWidth(right)
	if space < 1 {
		return paint(m.theme.reverse, fit(left, m.width, m.theme.ellipsis))
	}
	return paint(m.theme.reverse, left+strings.Repeat(" ", space)+right)
}
