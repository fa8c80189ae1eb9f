package tui

import (
	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
	"confab/tui/timeline"
)

const (
	// minWidth and minHeight are the smallest screen that the chat fits.
	minWidth, minHeight = 20, 6
	// ruleHeight is the smallest height of a screen with a rule between timeline and
	// composer.
	ruleHeight = 10
	// sidebarFrom is the smallest width of a screen with a sidebar.
	sidebarFrom = 60
)

// rect is a place on the screen, in cells.
type rect struct{ X, Y, W, H int }

// layout has the places of the components on the screen.
type layout struct {
	sidebar, timeline, composer, status rect
	welcome                             rect // above the timeline
	rule                                bool // the composer's first row is a rule
	listed                              int  // how many rows after it list what can be completed
	notice                              []string
}

// tooSmall reports whether the screen has no room for the chat.
func (m *Model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// sidebarWidth returns the columns that the sidebar and its border take on a screen of this
// width. It is 0 without a sidebar.
func sidebarWidth(width int) int {
	switch {
	case width >= 100:
		return 24
	case width >= sidebarFrom:
		return 18
	default:
		return 0
	}
}

// relayout computes the layout. It is called whenever something may have changed it.
func (m *Model) relayout() {
	if m.tooSmall() {
		m.writing.completer.Follow(false) // nobody sees what is listed
		m.layout = layout{}
		m.timeline.Layout(0, 0, timeline.Kind{})
		return
	}
	if m.overlay.Covers() {
		m.overlay.Resize(m.theme, m.width, m.height)
	}
	var l layout
	side := 0
	if !m.hideSidebar {
		side = sidebarWidth(m.width)
	}
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
	m.writing.completer.Follow(!m.overlay.Covers())
	below += m.composer.Arrange(m.theme, main, min(m.height/3, m.height-2-below))
	l.listed = m.writing.completer.Height((m.height - 1 - below) / 2)
	below += l.listed
	l.sidebar = rect{0, 0, side, m.height - 1}
	l.timeline = rect{side, 0, main, m.height - 1 - below}
	l.composer = rect{side, l.timeline.H, main, below}
	l.status = rect{0, m.height - 1, m.width, 1}
	if rows := (greeter{m}).rows(main, l.timeline.H); len(rows) > 0 {
		l.welcome = rect{side, l.timeline.Y, main, len(rows)}
		l.timeline.Y, l.timeline.H = l.timeline.Y+len(rows), l.timeline.H-len(rows)
	}
	m.layout = l
	var kind timeline.Kind
	if c := m.nav.current(); c != nil {
		kind = timeline.Kind{Direct: c.Kind == chat.KindDirect, Notes: c.Notes(), Floor: c.Floor()}
	}
	m.timeline.Layout(l.timeline.W, l.timeline.H, kind)
}

// frameRoom is the memory in which a frame is put together. The next frame reuses it. With
// hundreds of sessions that draw in turn, allocating it for each frame would cost more than
// drawing.
type frameRoom struct {
	panes    [4]screen.Pane
	composer []string
	status   [1]string
}

func pane(r rect, rows []string) screen.Pane {
	return screen.Pane{X: r.X, Y: r.Y, W: r.W, H: r.H, Rows: rows}
}

// Frame implements screen.Model.
func (m *Model) Frame() screen.Frame {
	here := m.nav.current()
	f := screen.Frame{W: m.width, H: m.height, Mouse: m.mouse}
	title := titleShown{m.chrome.where(here), m.sidebar.Elsewhere()}
	f.Title = m.chrome.titleFor(title)
	switch {
	case m.tooSmall():
		f.Panes = []screen.Pane{{W: m.width, H: m.height, Rows: tooSmallRows(m.theme, m.width, m.height)}}
		return f
	case m.overlay.Covers():
		rows, x, y := m.overlay.Rows(m.theme, m.width, m.height)
		f.Panes = []screen.Pane{{W: m.width, H: m.height, Rows: rows}}
		f.Cursor = screen.Cursor{X: x, Y: y, Shown: x >= 0}
		return f
	}
	l := &m.layout
	rows, cursorX, cursorY := drawing{m}.composerRows()
	f.Panes = m.frame.panes[:0]
	if l.sidebar.W > 0 {
		f.Panes = append(f.Panes, pane(l.sidebar, m.sidebar.Rows(l.sidebar.W, l.sidebar.H)))
	}
	m.frame.status[0] = m.chrome.statusFor(m.theme, drawing{m}.status(here, title))
	f.Panes = append(f.Panes,
		pane(l.timeline, m.timeline.Rows()),
		pane(l.composer, rows),
		pane(l.status, m.frame.status[:]))
	if l.welcome.H > 0 {
		f.Panes = append(f.Panes, pane(l.welcome, greeter{m}.rows(l.welcome.W, l.welcome.H+l.timeline.H)))
	}
	f.Image = m.pictures.place(m.timeline, l.timeline)
	f.Cursor = screen.Cursor{X: l.composer.X + cursorX, Y: l.composer.Y + cursorY, Shown: true}
	return f
}

// View implements tea.Model, for the stock renderer.
func (m *Model) View() tea.View { return m.Frame().View() }

// drawing is the part of the model that draws the rows around the composer, and the status
// row.
type drawing struct{ *Model }

// composerRows are the rule, the text being written and the notice, with the place
// of the cursor among them.
func (m drawing) composerRows() (rows []string, cursorX, cursorY int) {
	l := &m.layout
	rows = m.frame.composer[:0]
	if l.rule {
		typing := m.progress.words()
		if typing == "" {
			typing = m.sidebar.Typing(m.timeline.Conversation())
		}
		rows = append(rows, m.chrome.ruleFor(m.theme, ruleShown{typing, m.timeline.Unseen(), l.composer.W}))
	}
	rows = m.writing.completer.Rows(rows, m.theme, l.composer.W, l.listed)
	rows, cursorX, cursorY = m.composer.Rows(rows)
	for _, line := range l.notice {
		rows = append(rows, theme.Paint(m.theme.Warn, line))
	}
	m.frame.composer = rows
	return rows, cursorX, cursorY
}

// status returns the values that the status row shows. They include the window's title.
func (m drawing) status(here *chat.ConversationSummary, title titleShown) statusShown {
	is := statusShown{
		titleShown: title, width: m.width, self: m.self.Name, waiting: m.overlay.Waiting(), invited: m.overlay.Invited(), due: m.overlay.Due(), sidebar: m.layout.sidebar.W > 0,
		editing: m.composer.Editing(), selecting: m.timeline.Selected() != 0, viewable: m.selection.viewable(), listing: m.layout.listed > 0,
	}
	if msg := m.selection.selected(); msg != nil {
		is.own = m.selection.own(msg)
	}
	is.thread, is.follows, is.threads = m.timeline.Thread() != 0, m.timeline.Follows(), m.overlay.UnreadThreads()
	if r := m.composer.Reply(); r != nil {
		is.replying = m.timeline.Name(r)
	}
	is.quiet = m.notices.Sign(m.term.Location(), m.now())
	if here != nil {
		is.topic = here.Topic
		if here.Kind == chat.KindDirect && !here.Notes() {
			is.status = here.Other.Status.Words(m.now().In(m.term.Location()))
		}
	}
	is.away = m.self.Status.Away(m.now())
	if !m.layout.rule {
		is.unseen, is.doing = m.timeline.Unseen(), m.progress.words()
	}
	return is
}

// tooSmallRows ask for a larger window.
func tooSmallRows(th *theme.Theme, width, height int) []string {
	const text = "confab needs 20x6 characters: make the window larger."
	var rows []string
	for _, s := range th.Wrap(text, width) {
		rows = append(rows, text[s.Start:s.End])
	}
	return rows[:min(len(rows), height)]
}
