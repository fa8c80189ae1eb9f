// Package tui is the screen of a chat on a terminal: a Bubble Tea model that lays
// out the components in the packages below it, and routes keys and events to them.
// It talks to the chat through [Backend] and knows nothing of SSH. It does no I/O in
// Update, only in commands.
package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/aside"
	"confab/tui/ask"
	"confab/tui/command"
	"confab/tui/complete"
	"confab/tui/composer"
	"confab/tui/dialog"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/outbox"
	"confab/tui/screen"
	"confab/tui/setting"
	"confab/tui/sidebar"
	"confab/tui/theme"
	"confab/tui/timeline"
	"confab/tui/welcome"
)

// Options configure a screen.
type Options struct {
	Chat     func() Backend // a function, so that the screen does not keep what it seldom uses
	Self     chat.User
	Terminal theme.Terminal
	Open     chat.ConversationID // the conversation that is shown first, 0 for #general
	Notice   string              // a sentence to show at the start, "" for none
	Reach    welcome.Reach       // how others reach the server
	Known    map[string]string   // the preferences of the account; nil if the screen has to read them
	Waits    chat.Outstanding    // the lists that the screen reads at the start
	Now      func() time.Time    // the clock, time.Now
	// Tick makes a command that waits; it is [tea.Tick].
	Tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd
	// Rendered and Themes are shared by the screens of a server; nil if there is only one.
	Rendered *timeline.Rendered
	Themes   *theme.Shelf
	// OnError logs errors of the server. It may be called from several goroutines.
	OnError func(doing string, err error)
}

// Model is the whole screen of one session. It lays the components out, routes keys and
// events to them, and carries out commands. It belongs to the goroutine that runs it.
type Model struct {
	chat        func() Backend
	mailbox     chat.Mailbox
	taken       eventsMsg // what Take returned last, kept here because each delivery would allocate it
	preferences Preferences
	known       map[string]string // the preferences, until Init
	waits       chat.Outstanding
	self        chat.User
	onError     func(string, error)
	now         func() time.Time
	moment      moment
	tick        func(time.Duration, func(time.Time) tea.Msg) tea.Cmd

	themes *theme.Shelf
	theme  *theme.Theme
	term   theme.Terminal
	width  int
	height int
	layout layout
	frame  frameRoom
	chrome chrome

	sidebar  *sidebar.Sidebar
	timeline *timeline.Timeline
	composer *composer.Composer
	outbox   *outbox.Outbox
	overlay  *dialog.Overlay
	welcome  *welcome.Welcome // nil for users who have written something

	nav       *navigator
	selection *selection
	writing   *writing
	pictures  pictures
	progress  progress

	keys        keymap.Map
	notices     setting.Notices
	reach       welcome.Reach
	aside       *aside.Aside // the right pane, nil until the user has opened it
	notice      string
	expiring    expiring
	recovery    recovery
	untold      *chat.Words // the texts of the host that the user is to be shown; nil for none
	heard       *chat.Words // the announcement that came while the user was there; nil for none
	asked       string      // the command that is being carried out, as it was typed
	waiting     []waiting
	ended       string // why the server ended the session
	greeted     bool   // the welcome is over
	hideSidebar bool
	hideAside   bool
	mouse       bool
	refused     bool // the command in asked cannot be carried out
	interrupted bool // the last key was Ctrl+C
}

var _ screen.Model = (*Model)(nil)

// New makes the screen of a session. Run it with package screen, which calls [Model.Take]
// and Update in turn, because the next Take reuses the memory of the events.
func New(o Options) *Model {
	with := o.Chat()
	m := &Model{
		chat: o.Chat, mailbox: with.Mailbox, preferences: with.Preferences, self: o.Self, onError: o.OnError, now: o.Now, tick: o.Tick,
		moment: moment{clock: o.Now},
		term:   o.Terminal, themes: o.Themes, theme: o.Themes.Theme(o.Terminal, theme.Measure{}),
		outbox: outbox.New(with.Outbox),
		keys:   keymap.New(),
		reach:  o.Reach,
		notice: o.Notice,
		known:  o.Known,
		waits:  o.Waits,
		frame:  frameRoom{stale: true, panes: make([]screen.Pane, 0, mostPanes)},
	}
	fail := func(doing string, err error) { m.fail(doing, err) }
	m.sidebar = sidebar.New(sidebar.Options{
		Lister: with.Lister, Counter: with.Counter, Blocker: with.Blocker, Messages: with.Messages, Keywords: func() bool { return len(m.notices.Keywords) > 0 },
		Keyword: func(body string) bool { return m.notices.Has(body) }, Drafted: func(id chat.ConversationID) bool { return m.composer.Drafted(id) }, Self: o.Self, Theme: m.theme, Now: m.moment.now, Tick: o.Tick, OnError: fail,
	})
	m.timeline = timeline.New(timeline.Options{
		Messages: with.Messages, Receipts: with.Receipts, List: m.sidebar, Blocker: with.Blocker, Outbox: m.outbox,
		Self: o.Self, Theme: m.theme, Zone: o.Terminal.Location(), Now: m.moment.now, Tick: o.Tick, Rendered: o.Rendered,
		Covered: func() bool { return m.overlay.Covers() || m.tooSmall() || m.layout.covered > 0 }, OnError: fail,
	})
	m.sidebar.Open(m.timeline)
	m.overlay = dialog.NewOverlay(dialog.OverlayOptions{
		Directory: with.Directory, Messages: with.Search, Keys: with.Keys, Requests: with.Requests, Invitations: with.Invitations, Mentions: with.Mentions, Later: with.Later, Threads: with.Threads, Files: with.Files, Now: o.Now,
		Zone: o.Terminal.Location(), Tick: o.Tick, OnError: o.OnError,
		Completer: func(words *dialog.SearchText) dialog.Completer {
			return complete.New(complete.Options{
				Directory: m.chat().Completion, Text: words, Self: m.self.ID, Open: func() chat.ConversationID { return 0 },
				Conversations: m.sidebar.Visible, Query: true, Fits: func(bool) {}, Now: m.now, OnError: fail,
			})
		},
	})
	m.composer = composer.New(composer.Options{
		Messages: with.Edits, Drafts: with.Drafts, Typing: with.Typing, IsCommand: isCommand, Tick: o.Tick, OnError: fail, Log: o.OnError,
	})
	m.nav = &navigator{
		sidebar: m.sidebar, timeline: m.timeline, composer: m.composer, outbox: m.outbox, overlay: m.overlay,
		keys: &m.keys, say: func(notice string) { m.notice = notice }, wanted: o.Open,
	}
	m.selection = &selection{chat: with.Selected, timeline: m.timeline, composer: m.composer, self: o.Self.ID, zone: o.Terminal.Location(), now: o.Now, theme: m.theme}
	m.writing = &writing{
		composer: m.composer, timeline: m.timeline, outbox: m.outbox, selection: m.selection, keys: &m.keys,
		newCompleter: func() *complete.Completer {
			return complete.New(complete.Options{
				Directory: m.chat().Completion, Text: m.composer, Self: m.self.ID, Open: m.timeline.Conversation,
				Conversations: m.sidebar.Visible, Commands: command.Described, Fits: m.fits, Now: m.now, OnError: fail,
			})
		},
	}
	return m
}

// isCommand reports whether a text is a command.
func isCommand(text string) bool {
	_, _, ok := command.Parse(text)
	return ok
}

// moment is the time at which a message is handled. The list of conversations and the timeline
// ask for it several times, and a clock is dear where the machine is virtual.
type moment struct {
	clock func() time.Time
	at    time.Time // zero: not asked yet
}

func (m *moment) now() time.Time {
	if m.at.IsZero() {
		m.at = m.clock()
	}
	return m.at
}

// eventsMsg has the events that waited in the mailbox.
type eventsMsg chat.Batch

// Take empties the mailbox into a message for Update. It returns nil if no event waits.
func (m *Model) Take() tea.Msg {
	b := m.mailbox.Drain()
	if len(b.Events) == 0 && b.Receipts == nil && !b.Resync && b.Ended == "" {
		return nil
	}
	m.taken = eventsMsg(b)
	return &m.taken
}

// ExitMessage returns the text that is written after the screen: the reason why the session
// ended, or nothing if its user ended it.
func (m *Model) ExitMessage() string {
	if m.ended == "" {
		return ""
	}
	return m.ended + "\n"
}

// Init implements tea.Model. The list of conversations is read once the preferences are
// there. These say which one is opened, so that happens as soon as the list is shown.
func (m *Model) Init() tea.Cmd {
	read := readPreferences(m.preferences)
	if known := m.known; known != nil {
		m.known = nil
		read = func() tea.Msg { return preferencesMsg{set: known} }
	}
	return tea.Batch(read, m.overlay.Init(m.waits))
}

// preferencesMsg has the preferences of the account.
type preferencesMsg struct {
	set map[string]string
	err error
}

// readPreferences returns the command that reads the preferences of the account.
func readPreferences(from Preferences) tea.Cmd {
	return func() tea.Msg {
		set, err := ask.For(from.Preferences)
		return preferencesMsg{set, err}
	}
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.moment.at = time.Time{}
	var cmd tea.Cmd
	light := false // it changes nothing but the timeline
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.FocusMsg, tea.BlurMsg, tea.KeyPressMsg, tea.PasteMsg, tea.MouseWheelMsg, tea.MouseClickMsg:
		cmd = input{m}.take(msg)
	case screen.WidthsMsg:
		m.retheme(theme.Measure{Widths: screen.Widths(msg)})
	case screen.VersionMsg, screen.GroundMsg:
		m.term.Heard(msg)
		m.retheme(m.theme.Measure)
	case screen.Keys:
		cmd = input{m}.inputs(msg)
	case *eventsMsg:
		cmd = m.events(msg)
		light = onlyPosts(msg) && onlyTimeline(m)
	case timeline.LookMsg:
		cmd = m.timeline.Update(msg)
		light = onlyTimeline(m)
	default:
		cmd = m.answer(msg)
	}
	if light {
		if !timeline.Grow(m.timeline) {
			layTimeline(m)
		}
		read, look := m.timeline.Next()
		return m, together(cmd, read, look)
	}
	if len(m.waiting) > 0 {
		postponed{m}.inThread()
	}
	m.frame.stale = true
	m.relayout()
	read, look := m.timeline.Next()
	return m, together(cmd, m.outbox.Next(), read, look, m.composer.Next(), m.pictures.free(m.timeline), expire(m), nextAside(m), recovering(m))
}

// answer handles the result of a command. It is not a part of Update, because these
// messages are large: every key and every event would need more of the stack.
func (m *Model) answer(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case sidebar.ListMsg:
		cmd := m.nav.loaded(msg)
		return together(cmd, ring(m, m.sidebar.Alert()), tellUntold(m))
	case outbox.SentMsg:
		if cmd := m.sent(msg); msg.Err == nil {
			return together(cmd, greeter{m}.wrote())
		}
	case mistypedMsg:
		m.notice, m.expiring.lifts = string(msg), string(msg)
	case doneMsg:
		return m.done(msg)
	case progressMsg:
		m.progress.take(msg)
	case preferencesMsg:
		if msg.err != nil {
			m.fail("reading preferences", msg.err)
			if m.nav.settled {
				return nil // those that were read before stay
			}
		}
		if !m.nav.settled && msg.err == nil {
			if words := m.preferences.Words().Untold(msg.set, m.self.CreatedAt); words != (chat.Words{}) {
				m.untold = &words
			}
		}
		m.keys = keymap.New() // a key may be bound no longer
		m.keys.Load(msg.set)
		m.writing.set.Load(msg.set)
		m.notices.Load(msg.set)
		m.sidebar.SetFolded(msg.set[setting.Folded])
		return together(greeter{m}.begin(msg.set), m.applySettings(), m.nav.ready(m.writing.set.Value(setting.Start), msg.set[setting.Place]))
	case selfMsg:
		if msg.err != nil {
			m.fail("reading the account", msg.err)
			return nil
		}
		m.self.Status, m.self.ReceiptsOff = msg.user.Status, msg.user.ReceiptsOff
	case pictureMsg:
		return m.viewed(msg)
	case welcome.FactsMsg:
		return greeter{m}.take(msg)
	case toldMsg:
		if msg.err != nil {
			m.fail("noting what the user was shown", msg.err)
		}
	case welcomedMsg:
		if msg.err != nil {
			m.fail("noting the end of the welcome", msg.err)
		}
	case aside.Msg:
		m.aside.Update(msg)
	case screen.GraphicsMsg:
		m.pictures.drawn = true
	case expiredMsg:
		expired(m)
	case recoverMsg:
		return recovered(m)
	case dialog.InvitationsMsg, dialog.LaterMsg, dialog.ThreadsMsg, dialog.RequestsMsg, dialog.Answer:
		return m.toOverlay(msg)
	default: // an answer or a timer of one of the components
		m.writing.completer.Update(msg)
		return together(m.timeline.Update(msg), m.sidebar.Update(msg), m.composer.Update(msg))
	}
	return nil
}

// retheme draws everything again: with the widths and the background that the terminal has
// reported, and with the theme that the user has set.
func (m *Model) retheme(measure theme.Measure) {
	next := m.themes.Theme(m.term.Themed(m.writing.set.Value(setting.Theme)), measure)
	if *next == *m.theme {
		return
	}
	m.theme = next
	m.chrome.redraw()
	m.timeline.SetTheme(m.theme)
	m.sidebar.SetTheme(m.theme)
	m.selection.theme = m.theme
}

// Drafts returns the unsaved drafts by conversation. An empty draft means that the saved
// one is obsolete. The server saves them when the session ends.
func (m *Model) Drafts() map[chat.ConversationID]string {
	postponed{m}.returnAll()
	return m.composer.Drafts()
}

// together is [tea.Batch] for commands that may be nil. If all are nil, it allocates
// nothing.
func together(cmds ...tea.Cmd) tea.Cmd {
	var some []tea.Cmd
	for _, cmd := range cmds {
		if cmd != nil {
			some = append(some, cmd)
		}
	}
	return tea.Batch(some...)
}

// fail shows an error to the user in words, and logs it if it is the server's fault.
func (m *Model) fail(doing string, err error) string {
	m.notice = hint.Text(err)
	if !chat.IsRefusal(err) {
		m.onError(doing, err)
		m.recovery.due = true
	}
	return m.notice
}
