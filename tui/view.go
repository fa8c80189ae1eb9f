package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
	"confab/tui/timeline"
	"confab/tui/welcome"
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

// layout has the places of the components on the screen. Without a width or a height, a
// component is not shown.
type layout struct {
	sidebar, strip, header, timeline, aside, composer, status rect

	welcome  rect             // above the timeline
	greets   []string         // the rows of the welcome
	welcomed *welcome.Welcome // that they are from
	sheet    rect             // what a dialog may cover
	rule     bool             // the composer's first row is a rule
	listed   int              // how many rows after it list what can be completed
	notice   []string         // the lines of the notice: in place of the rule, and over the messages above it
	covered  int              // how many rows of the timeline the notice covers
}

// tooSmall reports whether the screen has no room for the chat.
func (m *Model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// sidebarWidth returns the columns that the sidebar and its border take on a screen of this
// width without its right pane. It is 0 without a sidebar. Where the screen is wider than the
// messages need, long names have that room.
func sidebarWidth(width int) int {
	const widest, messages = 34, 136
	switch {
	case width >= 100:
		return min(max(24, width-messages), widest)
	case width >= sidebarFrom:
		return 18
	default:
		return 0
	}
}

// relayout computes the layout. It is called whenever something may have changed it.
func (m *Model) relayout() {
	m.writing.completer.Follow(!m.overlay.Covers() && !m.tooSmall())
	if m.tooSmall() {
		m.layout = layout{}
		m.timeline.Layout(0, 0, timeline.Kind{})
		return
	}
	var l layout
	side, top := 0, 0
	l.aside.W = asideWidth(m)
	if !m.hideSidebar {
		side = sidebarWidth(m.width - l.aside.W)
	}
	l.sheet = sheet(m.width, m.height, side)
	if m.overlay.Covers() {
		m.overlay.Resize(m.theme, l.sheet.W, l.sheet.H)
	}
	if m.height >= headerFrom {
		if m.preferences.Words().Maintenance.Set() {
			l.strip, top = rect{side, 0, m.width - side, 1}, 1
		}
		l.header = rect{side, top, m.width - side, 1}
		top++
	}
	main := m.width - side - l.aside.W
	l.aside.X, l.aside.Y, l.aside.H = side+main, top, m.height-1-top
	below := 0
	if l.rule = m.height >= ruleHeight; l.rule {
		below++
	}
	below += m.composer.Arrange(m.theme, main, min(m.height/3, m.height-2-below-top))
	l.listed = m.writing.completer.Height((m.height - 1 - below - top) / 2)
	below += l.listed
	l.sidebar = rect{0, 0, side, m.height - 1}
	l.timeline = rect{side, top, main, m.height - 1 - below - top}
	l.composer = rect{side, top + l.timeline.H, main, below}
	l.status = rect{0, m.height - 1, m.width, 1}
	if rows := (greeter{m}).rows(main, l.timeline.H); len(rows) > 0 {
		l.welcome, l.greets = rect{side, l.timeline.Y, main, len(rows)}, rows
		l.timeline.Y, l.timeline.H = l.timeline.Y+len(rows), l.timeline.H-len(rows)
	}
	l.announce(m.theme, m.notice, m.height)
	if m.expiring.lifts == m.notice && l.covered < l.timeline.H {
		l.timeline.H, l.covered = l.timeline.H-l.covered, 0
	}
	l.welcomed = m.welcome
	m.layout = l
	layTimeline(m)
}

// layTimeline gives the timeline its place in the layout, and the messages theirs in it.
func layTimeline(m *Model) {
	var kind timeline.Kind
	if c := m.nav.current(); c != nil {
		kind = timeline.Kind{Direct: c.Kind == chat.KindDirect, Notes: c.Notes(), Floor: c.Floor()}
	}
	m.timeline.Layout(m.layout.timeline.W, m.layout.timeline.H, kind)
}

// onlyPosts reports whether events are new messages and nothing else.
func onlyPosts(b *eventsMsg) bool {
	other := func(ev chat.Event) bool {
		_, posted := ev.(chat.MessagePosted)
		return !posted
	}
	return !b.Resync && b.Receipts == nil && !slices.ContainsFunc(b.Events, other)
}

// onlyTimeline reports whether new messages, or the end of a look at them, have changed
// nothing on the screen but the messages in the timeline. Mostly they do not: the messages are
// in the open conversation. With hundreds of sessions, looking at everything else for each of
// them would cost more than drawing the message.
func onlyTimeline(m *Model) bool {
	return !m.frame.stale && len(m.waiting) == 0 && m.welcome == m.layout.welcomed && m.layout.aside.W == 0 &&
		m.timeline.AtEnd() && !m.pictures.sent && !m.sidebar.Stirred()
}

// mostPanes is how many panes a frame has at most.
const mostPanes = 8

// frameRoom is the memory in which a frame is put together. The next frame reuses it. With
// hundreds of sessions that draw in turn, allocating it for each frame would cost more than
// drawing.
type frameRoom struct {
	panes    []screen.Pane
	composer []string
	cursor   screen.Cursor
	header   [1]string
	strip    [1]string
	status   [1]string

	last     screen.Frame
	timeline int  // the pane of last that shows the timeline
	stale    bool // last may differ from the next frame in more than the timeline
}

func pane(r rect, rows []string) screen.Pane {
	return screen.Pane{X: r.X, Y: r.Y, W: r.W, H: r.H, Rows: rows}
}

// cut returns the first of the rows, as many as the place has.
func (r rect) cut(rows []string) []string { return rows[:min(len(rows), r.H)] }

// sheetFrom is the smallest height of a screen on which the chat stays in view below a
// dialog, and keptRows is how many of its rows do.
const sheetFrom, keptRows = 20, 6

// sheet returns the part of a screen that a dialog may cover. If there is room, it leaves the
// newest messages, the composer and the list of conversations in view.
func sheet(width, height, side int) rect {
	switch {
	case height < sheetFrom || width < sidebarFrom:
		return rect{0, 0, width, height}
	case width-side < 80:
		return rect{0, 0, width, height - keptRows}
	default:
		return rect{side, 0, width - side, height - keptRows}
	}
}

// cut returns the rows of a dialog without the blank ones above the last row, which has its
// keys.
func cut(rows []string) []string {
	last := len(rows) - 1
	n := last
	for n > 1 && strings.TrimSpace(rows[n-1]) == "" {
		n--
	}
	rows[n] = rows[last]
	return rows[:n+1]
}

// behind returns what a sheet leaves of the panes: the rows below it, and the panes beside it.
func behind(sheet screen.Pane, panes []screen.Pane) []screen.Pane {
	left := panes[:0]
	for _, p := range panes {
		if hidden := sheet.H - p.Y; hidden > 0 && p.X+p.W > sheet.X {
			p.Y, p.H, p.Rows = sheet.H, p.H-hidden, p.Rows[min(hidden, len(p.Rows)):]
		}
		if p.H > 0 {
			left = append(left, p)
		}
	}
	return left
}

// Frame implements screen.Model.
func (m *Model) Frame() screen.Frame {
	if !m.frame.stale {
		panes := m.frame.last.Panes
		for i := range panes {
			panes[i].Same = i != m.frame.timeline
		}
		panes[m.frame.timeline].Rows = m.timeline.Rows()
		return m.frame.last
	}
	here := m.nav.current()
	f := screen.Frame{W: m.width, H: m.height, Mouse: m.mouse}
	title := titleShown{m.chrome.where(here), m.sidebar.Elsewhere()}
	f.Title = m.chrome.titleFor(title)
	switch {
	case m.tooSmall():
		f.Panes = []screen.Pane{{W: m.width, H: m.height, Rows: tooSmallRows(m.theme, m.width, m.height)}}
		return f
	case m.overlay.Covers():
		l := m.layout.sheet
		rows, x, y := m.overlay.Rows(m.theme, l.W, l.H)
		f.Cursor = screen.Cursor{X: l.X + x, Y: y, Shown: x >= 0}
		if l.H == m.height {
			f.Panes = []screen.Pane{pane(l, rows)}
			return f
		}
		if rows = cut(rows); m.theme.Current == "" { // there are no backgrounds to show where it ends
			rows = append(rows, theme.Paint(m.theme.Faint, strings.Repeat(m.theme.Horizontal, l.W)))
		}
		l.H, f.Cursor.Y = len(rows), min(y, len(rows)-1)
		over := pane(l, rows)
		f.Panes = append([]screen.Pane{over}, behind(over, drawing{m}.panes(here, title))...)
		return f
	}
	f.Panes = drawing{m}.panes(here, title)
	f.Image = m.pictures.place(m.timeline, m.layout.timeline)
	f.Cursor = m.frame.cursor
	m.frame.last, m.frame.stale = f, m.layout.covered > 0
	return f
}

// panes returns the panes of the chat, and notes where the cursor is.
func (m drawing) panes(here *chat.ConversationSummary, title titleShown) []screen.Pane {
	l := &m.layout
	rows, cursorX, cursorY := m.composerRows()
	m.frame.cursor = screen.Cursor{X: l.composer.X + cursorX, Y: l.composer.Y + cursorY, Shown: true}
	panes := m.frame.panes[:0]
	if l.sidebar.W > 0 {
		panes = append(panes, pane(l.sidebar, m.sidebar.Rows(l.sidebar.W, l.sidebar.H)))
	}
	m.frame.status[0] = m.chrome.statusFor(m.theme, m.status(here, title))
	text := l.timeline
	text.H -= l.covered
	m.frame.timeline = len(panes)
	panes = append(panes,
		pane(text, text.cut(m.timeline.Rows())),
		pane(l.composer, rows),
		pane(l.status, m.frame.status[:]))
	if l.welcome.H > 0 {
		panes = append(panes, pane(l.welcome, l.greets))
	}
	if l.strip.W > 0 {
		words := " " + m.preferences.Words().Maintenance.HaltedText()
		m.frame.strip[0] = theme.Paint(m.theme.Call, m.theme.Fit(m.theme.Isolate(words), l.strip.W, m.theme.Ellipsis))
		panes = append(panes, pane(l.strip, m.frame.strip[:]))
	}
	if l.header.W > 0 {
		m.frame.header[0] = m.chrome.headerFor(m.theme, m.header(here, title.where))
		panes = append(panes, pane(l.header, m.frame.header[:]))
	}
	if l.aside.W > 0 {
		panes = append(panes, pane(l.aside, m.aside.Rows(m.beside())))
	}
	return panes
}

// View implements tea.Model, for the stock renderer.
func (m *Model) View() tea.View { return m.Frame().View() }

// drawing is the part of the model that draws the rows around the composer, and the status
// row.
type drawing struct{ *Model }

// composerRows are the rule or the notice, and the text being written, with the place of the
// cursor among them.
func (m drawing) composerRows() (rows []string, cursorX, cursorY int) {
	l := &m.layout
	rows = m.frame.composer[:0]
	switch {
	case len(l.notice) > 0:
		rows = l.noticeRows(rows, m.theme)
	case l.rule:
		typing := m.progress.words()
		if typing == "" {
			typing = m.sidebar.Typing(m.timeline.Conversation())
		}
		rows = append(rows, m.chrome.ruleFor(m.theme, ruleShown{typing, m.timeline.Unseen(), l.composer.W}))
	}
	rows = m.writing.completer.Rows(rows, m.theme, l.composer.W, l.listed)
	rows, cursorX, cursorY = m.composer.Rows(rows)
	if m.composer.Empty() {
		if about := m.aboutWriting(m.nav.current()); about != "" {
			rows[len(rows)-1] += theme.Paint(m.theme.Faint, m.theme.FitMax(about, l.composer.W-cursorX-1, m.theme.Ellipsis))
		}
	}
	m.frame.composer = rows
	return rows, cursorX, cursorY
}

// noticeRows appends the rows of the notice: a strip over what is below it. Without colours,
// the first one continues as the rule.
func (l *layout) noticeRows(rows []string, th *theme.Theme) []string {
	for i, line := range l.notice {
		if th.Current != "" { // there are backgrounds
			rows = append(rows, theme.Paint(th.Call, th.Fit(th.Isolate(line), l.composer.W, th.Ellipsis)))
			continue
		}
		row := theme.Paint(th.Warn, th.Isolate(line))
		if left := l.composer.W - th.Width(line) - 1; i == 0 && l.rule && left > 1 {
			row += " " + theme.Paint(th.Faint, strings.Repeat(th.Horizontal, left))
		}
		rows = append(rows, row)
	}
	return rows
}

// aboutWriting says in the empty composer why the user cannot write in a conversation, or not
// at any time. It is "" otherwise.
func (m drawing) aboutWriting(l *chat.ConversationSummary) string {
	if why := barred(m.Model, l); why != "" || l == nil || !l.Slowed() {
		return why
	}
	return "Slow mode: one message every " + chat.SlowText(l.Slow)
}

// status returns the values that the status row shows. They include the window's title.
func (m drawing) status(here *chat.ConversationSummary, title titleShown) statusShown {
	is := statusShown{
		headed:     m.layout.header.W > 0,
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
	if here != nil && !is.headed {
		is.rules, is.topic = here.Rules(), here.Topic
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
