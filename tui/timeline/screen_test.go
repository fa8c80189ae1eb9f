package timeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/tui/outbox"
	"confab/tui/theme"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// start is the beginning of the tests' conversations.
var start = time.Date(2026, time.November, 24, 14, 2, 0, 0, time.UTC)

const here = chat.ConversationID(7)

// fakeChat has one conversation in memory. The user may see all of it.
type fakeChat struct {
	mu       sync.Mutex
	messages []*chat.Message
	receipts *chat.Receipts
	read     []chat.Seq // what was marked read, in order
	ids      byte
}

func (c *fakeChat) Before(_ context.Context, _ chat.ConversationID, _, before chat.Seq, limit int) ([]*chat.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := min(int(before-1), len(c.messages))
	return slices.Clone(c.messages[max(0, end-limit):end]), nil
}

func (c *fakeChat) After(_ context.Context, _ chat.ConversationID, _, after chat.Seq, limit int) ([]*chat.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := min(int(after), len(c.messages))
	return slices.Clone(c.messages[from:min(len(c.messages), from+limit)]), nil
}

func (c *fakeChat) Visit(context.Context, chat.ConversationID) (chat.Visit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return chat.Visit{Seen: chat.Seq(len(c.messages)), Receipts: c.receipts}, nil
}

func (c *fakeChat) MarkRead(_ chat.ConversationID, to chat.Seq) { c.read = append(c.read, to) }
func (c *fakeChat) ShowsOwn(chat.ConversationID, bool)          {}
func (c *fakeChat) Attend()                                     {}

func (c *fakeChat) NewID() (uuid.UUID, error) {
	c.ids++
	return uuid.UUID{0xaa, c.ids}, nil
}

func (c *fakeChat) Send(_ context.Context, in chat.NewMessage) (*chat.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(in.ID, 1, "ann", in.Body, start.Add(time.Hour)), nil
}

func (c *fakeChat) add(id uuid.UUID, author chat.UserID, name, body string, at time.Time) *chat.Message {
	m := &chat.Message{
		ID: id, Conversation: here, Seq: chat.Seq(len(c.messages) + 1), Author: author, AuthorName: name, Body: body, SentAt: at,
	}
	c.messages = append(c.messages, m)
	return m
}

// post adds a message as if it came from somebody.
func (c *fakeChat) post(author chat.UserID, name, body string, at time.Time) *chat.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.messages)
	return c.add(uuid.UUID{0xbb, byte(n >> 16), byte(n >> 8), byte(n)}, author, name, body, at)
}

// change replaces a message, and returns the new one.
func (c *fakeChat) change(seq chat.Seq, do func(*chat.Message)) *chat.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := *c.messages[seq-1]
	do(&m)
	c.messages[seq-1] = &m
	return &m
}

// The list of conversations knows only how many messages are unread.
type noList struct{ unread *int }

func (noList) HasBlocked(chat.UserID) bool                { return false }
func (l noList) Known(chat.ConversationID) chat.Visit     { return chat.Visit{Unread: *l.unread} }
func (noList) Entered(chat.ConversationID, chat.Visit)    {}
func (noList) Seen(chat.ConversationID, chat.Seq) tea.Cmd { return nil }

// testScreen drives a timeline.
type testScreen struct {
	t             testing.TB
	chat          *fakeChat
	unread        int // by the list of conversations
	timeline      *Timeline
	outbox        *outbox.Outbox
	width, height int
	now           time.Time
	held          []tea.Cmd // while holding, commands wait here
	hold          bool
}

// newScreen shows a conversation to ann.
func newScreen(t testing.TB, backend *fakeChat, width, height int, options ...func(*Options)) *testScreen {
	t.Helper()
	s := &testScreen{t: t, chat: backend, outbox: outbox.New(backend), width: width, height: height, now: start.Add(2 * time.Hour)}
	terminal := theme.TerminalOf([]string{"TERM=xterm-256color", "TZ=UTC"})
	o := Options{
		Messages: backend, Receipts: backend, List: noList{&s.unread}, Blocker: noList{}, Outbox: s.outbox,
		Self: chat.User{ID: 1, Name: "ann"}, Theme: theme.New(terminal), Zone: terminal.Location(),
		Now:     func() time.Time { return s.now },
		Tick:    func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil },
		Covered: func() bool { return false },
		OnError: func(doing string, err error) { t.Errorf("%s: %v", doing, err) },
	}
	for _, do := range options {
		do(&o)
	}
	s.timeline = New(o)
	s.run(s.timeline.Open(here, chat.Seq(len(backend.messages))))
	s.next()
	return s
}

// next lays the timeline out, and runs the commands that it needs.
func (s *testScreen) next() {
	s.timeline.Layout(s.width, s.height, Kind{})
	read, look := s.timeline.Next()
	s.run(read)
	s.run(look)
	s.run(s.outbox.Next())
}

func (s *testScreen) run(cmd tea.Cmd) {
	switch {
	case cmd == nil:
	case s.hold:
		s.held = append(s.held, cmd)
	default:
		s.update(cmd())
	}
}

func (s *testScreen) update(msg tea.Msg) {
	if sent, ok := msg.(outbox.SentMsg); ok {
		s.outbox.Sent()
		s.timeline.Sent(sent.Message)
	} else {
		s.run(s.timeline.Update(msg))
	}
	s.next()
}

// release runs the commands that were held.
func (s *testScreen) release() {
	s.hold = false
	held := s.held
	s.held = nil
	for _, cmd := range held {
		s.run(cmd)
	}
}

// arrive passes messages to the timeline, as events.
func (s *testScreen) arrive(messages ...*chat.Message) {
	for _, m := range messages {
		s.timeline.Event(chat.MessagePosted{Message: m})
	}
	s.next()
}

func (s *testScreen) resync() { s.timeline.Resync(); s.next() }

func (s *testScreen) send(body string) {
	if err := s.outbox.Add(here, body, nil, nil, false); err != nil {
		s.t.Fatal(err)
	}
	s.timeline.Replied()
	s.next()
}

func (s *testScreen) scroll(by int) { s.timeline.Scroll(by); s.next() }
func (s *testScreen) pageUp()       { s.scroll(-max(1, s.height-1)) }
func (s *testScreen) pageDown()     { s.scroll(max(1, s.height-1)) }
func (s *testScreen) end()          { s.timeline.End(); s.next() }

// text is the timeline without styles.
func (s *testScreen) text() string { return plain(strings.Join(s.timeline.Rows(), "\n")) }

func plain(s string) string { return ansi.Strip(s) }

// long is a chat with n messages of differing heights.
func long(n int) *fakeChat {
	c := &fakeChat{}
	for i := range n {
		body := fmt.Sprintf("message %d", i+1)
		if i%7 == 0 {
			body += strings.Repeat(" and more of it", i%5)
		}
		c.post(chat.UserID(1+i%3), fmt.Sprint("user", i%3), body, start.Add(time.Duration(i)*time.Minute))
	}
	return c
}
