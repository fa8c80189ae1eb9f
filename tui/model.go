// Package tui is the chat on a terminal: a Bubble Tea model, one file a
// component. It talks to the chat through [Chat] and knows nothing of SSH; it
// does no I/O in Update, only in commands.
package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/editor"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/outbox"
	"confab/tui/screen"
	"confab/tui/theme"
)

// Options are what a screen is made of.
type Options struct {
	Chat     Backend
	Self     chat.User
	Terminal theme.Terminal
	Open     chat.ConversationID // what is shown first, 0 for #general
	Now      func() time.Time    // the clock, time.Now
	// Tick makes a command that waits; it is [tea.Tick].
	Tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd
	// Rendered is shared by the screens of a server; nil if there is only one.
	Rendered *Rendered
	// OnError is told of errors that are the server's, for its log. It may be
	// called from several goroutines.
	OnError func(doing string, err error)
}

// Model is the whole screen of one session. It belongs to the goroutine that
// runs it.
type Model struct {
	chat    Backend
	self    chat.User
	onError func(string, error)
	now     func() time.Time
	tick    func(time.Duration, func(time.Time) tea.Msg) tea.Cmd

	theme  theme.Theme
	term   theme.Terminal
	width  int
	height int
	layout layout
	style  *rowStyle

	rendered *Rendered

	list      []chat.Listed       // in the order of the sidebar
	listed    bool                // it was read once
	listing   bool                // it is being read
	listAgain bool                // and has changed meanwhile
	since     []chat.Event        // what has happened to it while it is being read
	wanted    chat.ConversationID // what is opened when the list has it
	wantedSeq chat.Seq            // at which message, 0 for where one was

	open      *timeline // nil until the conversations are there
	previous  chat.ConversationID
	visits    int  // there were, in all conversations
	visiting  bool // the chat is being told of one
	timelines map[chat.ConversationID]*timeline
	outbox    *outbox.Outbox

	composer     editor.Editor
	drafts       map[chat.ConversationID]string
	draftSaved   string // as the chat has it
	draftTimer   bool
	draftWriting bool
	unsaved      map[chat.ConversationID]string // drafts that are to be kept yet
	selected     chat.Seq                       // the message that is selected, 0 for none
	deleting     chat.Seq                       // the one that is deleted if d is pressed now
	editing      *editing                       // nil while what is written is new
	deletions    int                            // counts those that change what is unread
	overlay      dialog.Dialog                  // nil when nothing covers the chat
	searched     *dialog.Search                 // the last one
	keys         keymap.Map
	hideSidebar  bool
	sidebar      map[chat.ConversationID]sidebarRow // as they were drawn
	frame        frameRoom
	titled       titled
	at           whereabouts
	status       statusRow
	rule         ruleRow
	notice       string
	asked        string // the command that is being carried out, as it was typed
	opening      int    // how much is on its way that ends in another conversation
	refused      bool   // and it cannot be
	interrupted  bool   // the last key was Ctrl+C
	mouse        bool
	waiting      int    // how many ask to join, as far as the user may know
	invited      int    // to how many groups the user is invited
	ended        string // why the server ended the session

	attention
	typing      map[chat.ConversationID]typist
	typingTimer bool                   // a [typingMsg] is to come
	renamed     map[chat.UserID]string // who is called something else by now
	ring        bool                   // something in these events wants to be heard
}

var _ screen.Model = (*Model)(nil)

// New makes the screen of a session. Run it with package screen: that calls
// [Model.Take] and Update in turn, as the events of a mailbox need it.
func New(o Options) *Model {
	return &Model{
		chat: o.Chat, self: o.Self, onError: o.OnError, now: o.Now, tick: o.Tick,
		term: o.Terminal, theme: theme.New(o.Terminal), rendered: o.Rendered,
		outbox:    outbox.New(o.Chat),
		timelines: make(map[chat.ConversationID]*timeline),
		drafts:    make(map[chat.ConversationID]string),
		unsaved:   make(map[chat.ConversationID]string),
		sidebar:   make(map[chat.ConversationID]sidebarRow),
		typing:    make(map[chat.ConversationID]typist),
		wanted:    o.Open,
		renamed:   make(map[chat.UserID]string),
		keys:      keymap.New(),
		attention: attention{input: o.Now()},
	}
}

// eventsMsg is what waited in the mailbox.
type eventsMsg chat.Batch

// pageMsg is a page of messages that was asked for.
type pageMsg struct {
	need need
	page []*chat.Message
	err  error
}

// Take empties the mailbox into a message for Update; nil if nothing waits.
func (m *Model) Take() tea.Msg {
	b := m.chat.Mailbox().Drain()
	if len(b.Events) == 0 && b.Receipts == nil && !b.Resync && b.Ended == "" {
		return nil
	}
	return eventsMsg(b)
}

// ExitMessage returns what is written after the screen: why the session
// ended, or nothing if its user ended it.
func (m *Model) ExitMessage() string {
	if m.ended == "" {
		return ""
	}
	return m.ended + "\n"
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(m.readList(), m.readPreferences(), dialog.ReadRequests(m.chat, false), dialog.ReadInvitations(m.chat, false))
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.FocusMsg, tea.BlurMsg, tea.KeyPressMsg, tea.PasteMsg, tea.MouseWheelMsg, tea.MouseClickMsg:
		cmd = m.input(msg)
	case screen.WidthsMsg:
		m.theme.Measure = theme.Measure{Widths: screen.Widths(msg)}
		m.style, m.status, m.rule = nil, statusRow{}, ruleRow{}
		clear(m.sidebar)
	case screen.Keys:
		cmd = m.inputs(msg)
	case eventsMsg:
		cmd = m.events(msg)
	case listMsg:
		cmd = m.loaded(msg)
	case visitMsg:
		cmd = m.visited(msg)
	case pageMsg:
		if m.page(msg); msg.err != nil {
			m.relayout()
			return m, nil // not at once again
		}
	case outbox.SentMsg:
		m.sent(msg)
	case doneMsg:
		cmd = m.done(msg)
	default:
		cmd = m.later(msg)
	}
	m.relayout()
	m.tellOwn()
	return m, together(cmd, m.outbox.Next(), m.read(), m.attend(), m.keepDraft())
}

// together is [tea.Batch], but for nothing costs nothing.
func together(cmds ...tea.Cmd) tea.Cmd {
	var some []tea.Cmd
	for _, cmd := range cmds {
		if cmd != nil {
			some = append(some, cmd)
		}
	}
	return tea.Batch(some...)
}

// later takes the messages that tell that some time has passed, and what is
// read beside the conversations.
func (m *Model) later(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case lookMsg:
		return m.looked(msg)
	case unreadMsg:
		return m.recounted(msg)
	case typingMsg:
		return m.typingEnds()
	case draftMsg:
		m.draftTimer = false
		return m.saveDraft()
	case draftKeptMsg:
		m.draftWriting = false
		return m.writeDraft()
	case preferencesMsg:
		m.prefer(msg)
	case dialog.InvitationsMsg:
		return m.invitationsRead(msg)
	case dialog.RequestsMsg:
		return m.requestsRead(msg)
	case dialog.Answer:
		return m.answer(msg)
	}
	return nil
}

// input takes what the user did. Once the session has ended nobody is there to
// see what comes of it.
func (m *Model) input(msg tea.Msg) tea.Cmd {
	if m.ended != "" {
		return nil
	}
	m.attended(msg)
	if !m.listed && !m.listing {
		return tea.Batch(m.readList(), m.did(msg)) // it has failed
	}
	return m.did(msg)
}

func (m *Model) did(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg.Content)
	case tea.MouseWheelMsg:
		return m.wheel(msg)
	}
	return nil
}

func (m *Model) page(msg pageMsg) {
	if m.open == nil || m.open.conversation != msg.need.conversation {
		return // it comes too late
	}
	m.open.read(msg.need, msg.page, msg.err == nil)
	if msg.err != nil {
		m.fail("reading messages", msg.err)
	}
}

// fail shows an error in words for the user, and has it logged if it is the
// server's fault.
func (m *Model) fail(doing string, err error) string {
	m.notice = hint.Text(err)
	if !chat.IsRefusal(err) {
		m.onError(doing, err)
	}
	return m.notice
}

// read makes the command for what the timeline has to read, if anything. After
// an error it waits for the next thing to happen rather than trying at once.
func (m *Model) read() tea.Cmd {
	if m.open == nil || m.layout.timeline.H == 0 {
		return nil
	}
	n, ok := m.open.needs(m.layout.timeline.H)
	if !ok {
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		var page []*chat.Message
		var err error
		if n.before > 0 {
			page, err = m.chat.Before(ctx, n.conversation, n.before, pageSize)
		} else {
			page, err = m.chat.After(ctx, n.conversation, n.after, pageSize)
		}
		return pageMsg{n, page, err}
	}
}
