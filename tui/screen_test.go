package tui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
)

// testScreen drives a model.
type testScreen struct {
	t      testing.TB
	chat   *fakeChat
	model  *Model
	faults []error
	quit   bool
	held   []tea.Cmd // while holding, commands wait here
	hold   bool
	now    time.Time
	timers []timer
	bells  int
	rung   []string // the texts of notifications
	raw    []string // what else was sent beside the frames
}

// timer is a command that waits for the clock.
type timer struct {
	at   time.Time
	fire func(time.Time) tea.Msg
}

// timerMsg represents a command that was started and waits.
type timerMsg timer

// pass lets time go by, and runs the timers that end meanwhile.
func (s *testScreen) pass(d time.Duration) {
	s.now = s.now.Add(d)
	for {
		i := slices.IndexFunc(s.timers, func(t timer) bool { return !t.at.After(s.now) })
		if i < 0 {
			return
		}
		t := s.timers[i]
		s.timers = slices.Delete(s.timers, i, i+1)
		s.update(t.fire(s.now))
	}
}

// newScreen makes a screen for ann, with the present content of the chat.
func newScreen(t testing.TB, backend *fakeChat, width, height int, environ ...string) *testScreen {
	t.Helper()
	s := startScreen(t, backend, width, height, environ...)
	s.run(s.model.Init())
	return s
}

// startScreen makes a screen that has not asked the chat for anything yet.
func startScreen(t testing.TB, backend *fakeChat, width, height int, environ ...string) *testScreen {
	t.Helper()
	backend.self = chat.User{ID: 1, Name: "ann", Role: chat.RoleOwner}
	s := &testScreen{t: t, chat: backend, now: start.Add(2 * time.Hour)}
	s.model = New(Options{
		Chat: backend.backend, Self: backend.self,
		Waits: chat.Outstanding{Invitations: true, Laters: true, Threads: true, Requests: true},
		Now:   func() time.Time { return s.now },
		Tick: func(d time.Duration, fire func(time.Time) tea.Msg) tea.Cmd {
			return func() tea.Msg { return timerMsg{s.now.Add(d), fire} }
		},
		Terminal: theme.TerminalOf(append([]string{"TERM=xterm-256color", "TZ=UTC"}, environ...)),
		OnError:  func(_ string, err error) { s.faults = append(s.faults, err) },
	})
	s.update(tea.WindowSizeMsg{Width: width, Height: height})
	return s
}

// update gives the model a message, and runs its commands.
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
	case timerMsg:
		s.timers = append(s.timers, timer(msg))
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	case tea.QuitMsg:
		s.quit = true
	case screen.Notification:
		s.bells++
		s.rung = append(s.rung, msg.Text)
	case tea.RawMsg:
		s.raw = append(s.raw, fmt.Sprint(msg.Msg))
	case screen.AskGraphics, screen.Picture:
		s.raw = append(s.raw, fmt.Sprintf("%T", msg))
	default:
		s.update(msg)
	}
}

// release runs the commands that were held.
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

// arrive passes messages to the model, as events.
func (s *testScreen) arrive(messages ...*chat.Message) {
	var b chat.Batch
	for _, m := range messages {
		b.Events = append(b.Events, chat.MessagePosted{Message: m})
	}
	s.update((*eventsMsg)(&b))
}

// text is the screen without styles.
func (s *testScreen) text() string { return plain(s.model.Frame().String()) }
