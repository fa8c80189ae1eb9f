// Package tui is the chat on a terminal: a Bubble Tea model, one file a
// component. It talks to the chat through [Chat] and knows nothing of SSH; it
// does no I/O in Update, only in commands.
package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"confab/app"
	"confab/tui/screen"
)

// Chat is what a screen needs of the chat; *app.Session is one. Its methods may
// be called from several goroutines.
type Chat interface {
	// Mailbox is where events arrive.
	Mailbox() *app.Mailbox
	// NewID makes an id for a message.
	NewID() (uuid.UUID, error)
	// Conversations are those that the user is a member of.
	Conversations(context.Context) ([]app.Conversation, error)
	// Send posts a message and returns when it is on disk; the same id posts
	// once.
	Send(context.Context, app.NewMessage) (*app.Message, error)
	// Before returns at most limit messages below a number, ascending.
	Before(ctx context.Context, id app.ConversationID, before app.Seq, limit int) ([]*app.Message, error)
	// After returns at most limit messages above a number, ascending.
	After(ctx context.Context, id app.ConversationID, after app.Seq, limit int) ([]*app.Message, error)
}

// Options are what a screen is made of.
type Options struct {
	Chat     Chat
	Self     app.User
	Terminal Terminal
	// Fault is told of errors that are the server's, for its log. It may be
	// called from several goroutines.
	Fault func(doing string, err error)
}

// Model is the whole screen of one session. It belongs to the goroutine that
// runs it.
type Model struct {
	chat  Chat
	self  app.User
	fault func(string, error)

	theme  theme
	term   Terminal
	width  int
	height int
	layout layout
	style  *rowStyle

	conversations []app.Conversation
	open          *timeline   // nil until the conversations are there
	queue         []*outgoing // to be sent, in order
	sending       *outgoing   // under way
	composer      composer
	help          *help // nil when closed
	notice        string
	interrupted   bool // the last key was Ctrl+C
	mouse         bool
	ended         string // why the server ended the session
}

var _ screen.Model = (*Model)(nil)

// New makes the screen of a session. Run it with package screen, or with the
// stock renderer: tea.NewProgram(model).
func New(o Options) *Model {
	return &Model{
		chat: o.Chat, self: o.Self, fault: o.Fault,
		term: o.Terminal, theme: newTheme(o.Terminal),
		composer: composer{column: -1},
	}
}

// eventsMsg is what waited in the mailbox.
type eventsMsg app.Batch

// conversationsMsg has the list of conversations.
type conversationsMsg struct {
	list []app.Conversation
	err  error
}

// pageMsg is a page of messages that was asked for.
type pageMsg struct {
	need need
	page []*app.Message
	err  error
}

// sentMsg is the answer to a send.
type sentMsg struct {
	out     *outgoing
	message *app.Message
	err     error
}

// Take empties the mailbox into a message for Update; nil if nothing waits.
func (m *Model) Take() tea.Msg {
	b := m.chat.Mailbox().Take()
	if len(b.Events) == 0 && !b.Resync && b.Ended == "" {
		return nil
	}
	return eventsMsg(b)
}

// Farewell is what is written once the terminal is restored: why the session
// ended, or nothing if its user ended it.
func (m *Model) Farewell() string {
	if m.ended == "" {
		return ""
	}
	return m.ended + "\n"
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		list, err := m.chat.Conversations(ctx)
		return conversationsMsg{list, err}
	}
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case conversationsMsg:
		m.loaded(msg)
	case eventsMsg:
		cmd = m.events(msg)
	case pageMsg:
		m.page(msg)
	case sentMsg:
		m.sent(msg)
	case tea.KeyPressMsg:
		cmd = m.key(msg)
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.MouseWheelMsg:
		m.wheel(msg)
	}
	m.relayout()
	return m, tea.Batch(cmd, m.send(), m.read())
}

func (m *Model) loaded(msg conversationsMsg) {
	if msg.err != nil {
		m.fail("listing conversations", msg.err)
		return
	}
	m.conversations = msg.list
	for _, c := range msg.list {
		if m.open == nil || c.Name == app.GeneralName {
			m.open = newTimeline(c.ID)
			m.open.latest = c.LastSeq
		}
	}
	if m.open == nil {
		m.notice = "You are a member of no conversation."
	}
}

// events takes what happened meanwhile, all of it before the next frame.
func (m *Model) events(b eventsMsg) tea.Cmd {
	if b.Ended != "" {
		m.ended = b.Ended
		return tea.Quit
	}
	if m.open == nil {
		return nil // what there is will be read with the conversations
	}
	if b.Resync {
		m.open.resync()
	}
	for _, ev := range b.Events {
		if posted, ok := ev.(app.MessagePosted); ok && posted.Message.Conversation == m.open.conversation {
			m.open.posted(posted.Message)
		}
	}
	return nil
}

func (m *Model) page(msg pageMsg) {
	m.open.read(msg.need, msg.page, msg.err == nil)
	if msg.err != nil {
		m.fail("reading messages", msg.err)
	}
}

// fail shows an error in words for the user, and has it logged if it is the
// server's fault.
func (m *Model) fail(doing string, err error) string {
	m.notice = app.UserText(err)
	if !app.IsRefusal(err) {
		m.fault(doing, err)
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
		var page []*app.Message
		var err error
		if n.before > 0 {
			page, err = m.chat.Before(ctx, n.conversation, n.before, pageSize)
		} else {
			page, err = m.chat.After(ctx, n.conversation, n.after, pageSize)
		}
		return pageMsg{n, page, err}
	}
}
