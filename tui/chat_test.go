package tui

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"confab/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is when the tests' conversations begin: a Tuesday, in UTC.
var start = time.Date(2026, time.November, 24, 14, 2, 0, 0, time.UTC)

// fakeChat is a chat with one conversation, all in memory. Events do not come
// by its mailbox: the tests hand them to the model.
type fakeChat struct {
	mu       sync.Mutex
	messages []*app.Message
	self     app.User
	refuse   error // what the next sends fail with
	fail     error // what the next reads fail with
	ids      byte
}

const fakeConversation = app.ConversationID(7)

func (c *fakeChat) Mailbox() *app.Mailbox { return nil }

func (c *fakeChat) NewID() (uuid.UUID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	return uuid.UUID{0xaa, c.ids}, nil
}

func (c *fakeChat) Conversations(context.Context) ([]app.Conversation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []app.Conversation{{ID: fakeConversation, Name: "general", LastSeq: app.Seq(len(c.messages))}}, c.fail
}

// post adds a message as if it came from someone.
func (c *fakeChat) post(author app.UserID, name, body string, at time.Time) *app.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(uuid.UUID{0xbb, byte(len(c.messages) >> 8), byte(len(c.messages))}, author, name, body, at)
}

func (c *fakeChat) add(id uuid.UUID, author app.UserID, name, body string, at time.Time) *app.Message {
	m := &app.Message{
		ID: id, Conversation: fakeConversation, Seq: app.Seq(len(c.messages) + 1),
		Author: author, AuthorName: name, Body: body, SentAt: at,
	}
	c.messages = append(c.messages, m)
	return m
}

func (c *fakeChat) Send(_ context.Context, in app.NewMessage) (*app.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse != nil {
		return nil, c.refuse
	}
	for _, m := range c.messages {
		if m.ID == in.ID {
			return m, nil
		}
	}
	return c.add(in.ID, c.self.ID, c.self.Name, in.Body, start.Add(time.Hour)), nil
}

func (c *fakeChat) Before(_ context.Context, _ app.ConversationID, before app.Seq, limit int) ([]*app.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := min(int(before-1), len(c.messages))
	return slices.Clone(c.messages[max(0, end-limit):end]), c.fail
}

func (c *fakeChat) After(_ context.Context, _ app.ConversationID, after app.Seq, limit int) ([]*app.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := min(int(after), len(c.messages))
	return slices.Clone(c.messages[from:min(len(c.messages), from+limit)]), c.fail
}

// testScreen is a model and what drives it.
type testScreen struct {
	t      testing.TB
	chat   *fakeChat
	model  *Model
	faults []error
	quit   bool
	held   []tea.Cmd // while holding, commands wait here
	hold   bool
}

// newScreen makes a screen for ann with what is in the chat already.
func newScreen(t testing.TB, chat *fakeChat, width, height int, environ ...string) *testScreen {
	t.Helper()
	chat.self = app.User{ID: 1, Name: "ann", Role: app.RoleOwner}
	s := &testScreen{t: t, chat: chat}
	s.model = New(Options{
		Chat: chat, Self: chat.self,
		Terminal: TerminalOf(append([]string{"TERM=xterm-256color", "TZ=UTC"}, environ...)),
		Fault:    func(_ string, err error) { s.faults = append(s.faults, err) },
	})
	s.update(tea.WindowSizeMsg{Width: width, Height: height})
	s.run(s.model.Init())
	return s
}

// update gives the model a message and carries out what it commands.
func (s *testScreen) update(msg tea.Msg) {
	_, cmd := s.model.Update(msg)
	s.run(cmd)
}

func (s *testScreen) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if s.hold {
		s.held = append(s.held, cmd)
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	case tea.QuitMsg:
		s.quit = true
	default:
		s.update(msg)
	}
}

// release carries out what was held.
func (s *testScreen) release() {
	s.hold = false
	held := s.held
	s.held = nil
	for _, c := range held {
		s.run(c)
	}
}

func (s *testScreen) typeText(text string) {
	for _, r := range text {
		if r == '\n' {
			s.press(tea.Key{Code: 'j', Mod: tea.ModCtrl})
			continue
		}
		s.press(tea.Key{Code: r, Text: string(r)})
	}
}

func (s *testScreen) press(keys ...tea.Key) {
	for _, k := range keys {
		s.update(tea.KeyPressMsg(k))
	}
}

func (s *testScreen) enter() { s.press(tea.Key{Code: tea.KeyEnter}) }

// arrive tells the model of messages, as events.
func (s *testScreen) arrive(messages ...*app.Message) {
	var b app.Batch
	for _, m := range messages {
		b.Events = append(b.Events, app.MessagePosted{Message: m})
	}
	s.update(eventsMsg(b))
}

// text is the screen without styles.
func (s *testScreen) text() string { return plain(s.model.Frame().String()) }

var errBroken = errors.New("the disk is gone")
