package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
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
	lines                               []theme.Span
	cursorRow, cursorColumn             int
	notice                              []string
}

// tooSmall reports whether the screen has no room for the chat.
func (m *Model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// relayout works out where things are, after anything that may have changed it.
func (m *Model) relayout() {
	if m.tooSmall() {
		m.layout = layout{}
		return
	}
	if m.overlay != nil {
		m.overlay.Resize(m.theme, m.width, m.height)
	}
	var l layout
	side := m.sidebarWidth()
	main := m.width - side
	below := 0
	if l.rule = m.height >= ruleHeight; l.rule {
		below++
	}
	if m.notice != "" {
		for _, s := range m.theme.Wrap(m.notice, main-1) {
			l.notice = append(l.notice, m.notice[s.Start:s.End])
		}
		l.notice = l.notice[:min(len(l.notice), max(1, m.height/4))]
		below += len(l.notice)
	}
	l.lines, l.cursorRow, l.cursorColumn = m.composer.Layout(m.theme.Measure, main-len(m.theme.Indent)-1)
	l.input = max(1, min(len(l.lines), m.height/3, m.height-2-below))
	below += l.input
	l.sidebar = rect{0, 0, side, m.height - 1}
	l.timeline = rect{side, 0, main, m.height - 1 - below}
	l.composer = rect{side, l.timeline.H, main, below}
	l.status = rect{0, m.height - 1, m.width, 1}
	resized := m.layout.timeline != l.timeline
	m.layout = l
	var direct bool
	var floor chat.Seq
	if c := m.current(); c != nil {
		direct, floor = c.Kind == chat.KindDirect, c.Floor()
	}
	if m.style == nil || m.style.width != main || m.style.floor != floor {
		m.style = &rowStyle{
			theme: m.theme, width: main, self: m.self.ID, location: m.term.Location(),
			direct: direct, floor: floor, rendered: m.rendered, names: m.renamed,
		}
	}
	if m.open != nil {
		c := m.canvas()
		c.arrive()
		if c.aim(); resized && m.selected != 0 {
			c.reveal(m.selected)
		}
	}
}

// canvas is the timeline at its place.
func (m *Model) canvas() canvas {
	return canvas{timeline: m.open, unsent: m.outbox.Unsent(m.open.conversation), style: m.style, height: m.layout.timeline.H, name: m.self.Name, selected: m.selected}
}

// Frame implements screen.Model.
func (m *Model) Frame() screen.Frame {
	f := screen.Frame{W: m.width, H: m.height, Title: m.title(), Mouse: m.mouse}
	switch {
	case m.tooSmall():
		f.Panes = []screen.Pane{{W: m.width, H: m.height, Rows: m.tooSmallRows()}}
		return f
	case m.overlay != nil:
		rows, x, y := m.overlay.Rows(m.theme, m.width, m.height)
		f.Panes = []screen.Pane{{W: m.width, H: m.height, Rows: rows}}
		f.Cursor = screen.Cursor{X: x, Y: y, Shown: x >= 0}
		return f
	}
	l := &m.layout
	rows, cursorX, cursorY := m.composerRows()
	f.Panes = m.frame.panes[:0]
	if l.sidebar.W > 0 {
		f.Panes = append(f.Panes, pane(l.sidebar, m.sidebarRows()))
	}
	m.frame.status[0] = m.statusRow()
	f.Panes = append(f.Panes,
		pane(l.timeline, m.timelineRows()),
		pane(l.composer, rows),
		pane(l.status, m.frame.status[:]))
	f.Cursor = screen.Cursor{X: l.composer.X + cursorX, Y: l.composer.Y + cursorY, Shown: true}
	return f
}

// frameRoom is what a frame is put together in, which is good until the next
// one. With hundreds of sessions that draw in turn, what is allocated for each
// frame costs more than what is done with it.
type frameRoom struct {
	panes             [4]screen.Pane
	sidebar, composer []string
	listed            []*chat.Listed // in the sidebar
	status            [1]string
	blank             string // a row of the sidebar without a conversation
	blankWidth        int
}

func pane(r rect, rows []string) screen.Pane {
	return screen.Pane{X: r.X, Y: r.Y, W: r.W, H: r.H, Rows: rows}
}

// View implements tea.Model, for the stock renderer.
func (m *Model) View() tea.View { return m.Frame().View() }

// title is the window's: where one is, and how much is unread elsewhere.
func (m *Model) title() string {
	is := titleShown{m.where(m.current()), m.unreadElsewhere()}
	if m.titled.text != "" && m.titled.titleShown == is {
		return m.titled.text
	}
	title := "confab"
	if is.where != "" {
		title = is.where + " - confab"
	}
	if is.unread > 0 {
		title = "(" + countText(is.unread) + ") " + title
	}
	m.titled = titled{is, title}
	return title
}

// titleShown is what the title says.
type titleShown struct {
	where  string
	unread int
}

// titled is the title as it was made last.
type titled struct {
	titleShown
	text string
}

// where is the title of a conversation, "" of none. While it is the same, so is
// the string.
func (m *Model) where(l *chat.Listed) string {
	if l == nil {
		return ""
	}
	is := whereabouts{kind: l.Kind, name: l.Name}
	if l.Kind == chat.KindDirect {
		is.name = l.Other.Name
	}
	if is.title = m.at.title; is != m.at || is.title == "" {
		is.title = l.Title()
		m.at = is
	}
	return m.at.title
}

// whereabouts is the title of a conversation, and what it is made of.
type whereabouts struct {
	kind        chat.Kind
	name, title string
}

func (m *Model) tooSmallRows() []string {
	const text = "confab needs 20x6 characters: make the window larger."
	var rows []string
	for _, s := range m.theme.Wrap(text, m.width) {
		rows = append(rows, text[s.Start:s.End])
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
		rows = []string{theme.Paint(m.theme.Faint, m.theme.FitMax(" No messages yet. Write the first.", m.layout.timeline.W, m.theme.Ellipsis))}
	default:
		rows = m.canvas().draw()
	}
	if len(rows) == height {
		return rows
	}
	return append(make([]string, height-len(rows), height), rows...)
}

// composerRows are the rule, the text being written and the notice, with the
// place of the cursor among them.
func (m *Model) composerRows() (rows []string, cursorX, cursorY int) {
	l := &m.layout
	rows = m.frame.composer[:0]
	if l.rule {
		rows = append(rows, m.ruleRow())
	}
	// The rows around the cursor, if not all fit.
	first := max(0, min(l.cursorRow-l.input/2, len(l.lines)-l.input))
	indent := m.theme.Indent
	cursorX, cursorY = len(indent)+l.cursorColumn, len(rows)+l.cursorRow-first
	for i := first; i < first+l.input; i++ {
		lead := indent
		if i == 0 {
			lead = m.theme.Lead
		}
		rows = append(rows, lead+theme.ExpandTabs(m.composer.Text()[l.lines[i].Start:l.lines[i].End]))
	}
	for _, line := range l.notice {
		rows = append(rows, theme.Paint(m.theme.Warn, line))
	}
	m.frame.composer = rows
	return rows, cursorX, cursorY
}

// unseen is what says that there are new messages below the place.
func (m *Model) unseen() string {
	if m.open == nil || m.open.following || m.open.unseen == 0 {
		return ""
	}
	return m.theme.Down + " " + strconv.Itoa(m.open.unseen) + " new"
}

// ruleRow is between the messages and what is being written: with who else is
// writing, and how much is new below.
func (m *Model) ruleRow() string {
	is := ruleShown{m.typingText(), m.unseen(), m.layout.composer.W}
	if m.rule.row == "" || m.rule.ruleShown != is {
		m.rule = ruleRow{is, m.ruleText(is)}
	}
	return m.rule.row
}

// ruleShown is what the rule says.
type ruleShown struct {
	typing, unseen string
	width          int
}

// ruleRow is the row as it was drawn last.
type ruleRow struct {
	ruleShown
	row string
}

func (m *Model) ruleText(is ruleShown) string {
	width, left, right := is.width, is.typing, is.unseen
	if left != "" {
		left = " " + m.theme.FitMax(left, max(1, width-20), m.theme.Ellipsis) + " "
	}
	if right != "" {
		right = " " + right + " "
	}
	line := func(n int) string {
		return theme.Paint(m.theme.Faint, strings.Repeat(m.theme.Horizontal, max(0, n)))
	}
	if left == "" && right == "" {
		return line(width)
	}
	lead := min(2, width)
	if left == "" {
		lead = 0
	}
	tail := 0
	if right != "" {
		tail = 2
	}
	middle := width - lead - m.theme.Width(left) - m.theme.Width(right) - tail
	if middle < 0 {
		left, lead = "", 0
		middle = max(0, width-m.theme.Width(right)-tail)
	}
	return line(lead) + theme.Paint(m.theme.Faint, left) + line(middle) + theme.Paint(m.theme.Bold, right) + line(min(tail, width))
}

// typingText says who is writing in the open conversation.
func (m *Model) typingText() string {
	if m.open == nil {
		return ""
	}
	if t, ok := m.typing[m.open.conversation]; ok {
		return t.name + " is typing" + m.theme.Ellipsis
	}
	return ""
}

// statusRow says where one is, what it is about, what waits elsewhere, and how
// to get help.
func (m *Model) statusRow() string {
	is := statusShown{width: m.width, waiting: m.waiting, invited: m.invited, sidebar: m.layout.sidebar.W > 0, elsewhere: m.unreadElsewhere(), editing: m.editing != nil, selecting: m.selected != 0}
	if l := m.current(); l != nil {
		is.title, is.topic = m.where(l), l.Topic
	}
	if !m.layout.rule {
		is.unseen = m.unseen()
	}
	if m.status.row == "" || m.status.statusShown != is {
		m.status = statusRow{is, m.statusText(is)}
	}
	return m.status.row
}

// statusShown is what the status row says.
type statusShown struct {
	title, topic, unseen string
	elsewhere, width     int
	waiting              int // who ask to join
	invited              int // to groups
	sidebar              bool
	editing, selecting   bool
}

// statusRow is the row as it was drawn last.
type statusRow struct {
	statusShown
	row string
}

func (m *Model) statusText(is statusShown) string {
	left := " confab"
	if is.title != "" {
		left = " " + is.title
		if is.topic != "" && is.width >= 60 {
			left += "  " + is.topic
		}
	}
	if is.editing {
		left = " Editing: Enter saves, Esc gives up"
		if is.width < 60 {
			left = " Enter saves, Esc gives up"
		}
	}
	if is.selecting {
		left = " Selecting: Esc ends"
	}
	if is.unseen != "" {
		left = " " + is.unseen
	}
	right := m.self.Name + "  ? help "
	if is.width < 40 {
		right = "? help "
	}
	if is.elsewhere > 0 && !is.sidebar {
		right = "(" + countText(is.elsewhere) + ") " + right
	}
	if is.waiting > 0 {
		right = plural(is.waiting, "request") + "  " + right
	}
	if is.invited > 0 {
		right = plural(is.invited, "invitation") + "  " + right
	}
	left = m.theme.FitMax(left, max(1, is.width-m.theme.Width(right)-1), m.theme.Ellipsis)
	space := is.width - m.theme.Width(left) - m.theme.Width(right)
	if space < 1 {
		return theme.Paint(m.theme.Reverse, m.theme.Fit(left, is.width, m.theme.Ellipsis))
	}
	return theme.Paint(m.theme.Reverse, left+strings.Repeat(" ", space)+right)
}
