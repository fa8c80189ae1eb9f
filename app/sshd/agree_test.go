package sshd_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/sshd"
	"confab/app/testkit"
	"confab/tui"
	"confab/tui/screen"
	"confab/tui/theme"
)

// modelScreen is a session's screen without a terminal. Its timers never fire.
type modelScreen struct {
	model  *tui.Model
	inbox  *inbox
	faults []error
	hold   bool      // commands of the model wait
	held   []tea.Cmd // the waiting commands
}

// inbox is a mailbox that can lose its events.
type inbox struct {
	chat.Mailbox
	lose bool
}

func (i *inbox) Drain() chat.Batch {
	b := i.Mailbox.Drain()
	if i.lose {
		i.lose, b.Events, b.Resync = false, nil, true
	}
	return b
}

// newModelScreen makes a screen of a session.
func newModelScreen(session *service.Session) *modelScreen {
	s := &modelScreen{}
	backend := sshd.BackendOf(session)
	s.inbox = &inbox{Mailbox: backend.Mailbox}
	backend.Mailbox = s.inbox
	s.model = tui.New(tui.Options{
		Chat: func() tui.Backend { return backend }, Self: session.User(), Waits: session.Outstanding(), Now: time.Now,
		Tick:     func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil },
		Terminal: theme.TerminalOf([]string{"TERM=xterm-256color", "TZ=UTC"}),
		OnError:  func(_ string, err error) { s.faults = append(s.faults, err) },
	})
	s.update(tea.WindowSizeMsg{Width: 100, Height: 40})
	s.run(s.model.Init())
	return s
}

// update gives the model a message and runs its commands.
func (s *modelScreen) update(msg tea.Msg) {
	_, cmd := s.model.Update(msg)
	s.run(cmd)
}

func (s *modelScreen) run(cmd tea.Cmd) {
	switch {
	case cmd == nil:
		return
	case s.hold:
		s.held = append(s.held, cmd)
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	default:
		s.update(msg)
	}
}

// release runs the held commands.
func (s *modelScreen) release() {
	s.hold = false
	held := s.held
	s.held = nil
	for _, c := range held {
		s.run(c)
	}
}

// take gives the model the events in the session's mailbox.
func (s *modelScreen) take() {
	if msg := s.model.Take(); msg != nil {
		s.update(msg)
	}
}

// types replaces the text in the composer. \r is Enter.
func (s *modelScreen) types(text string) {
	s.update(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl})
	for _, c := range text {
		k := tea.Key{Code: c, Text: string(c)}
		if c == '\r' {
			k = tea.Key{Code: tea.KeyEnter}
		}
		s.update(tea.KeyPressMsg(k))
	}
}

// status returns the last row of the screen.
func (s *modelScreen) status() string {
	f := s.model.Frame()
	for _, p := range f.Panes {
		if p.Y == f.H-1 {
			return ansi.Strip(p.Rows[0])
		}
	}
	return ""
}

// inThread reports whether the header, or the status row of a low screen, says that a thread is
// open.
func (s *modelScreen) inThread() bool {
	return slices.ContainsFunc(s.model.Frame().Panes, func(p screen.Pane) bool {
		return p.H == 1 && strings.HasPrefix(ansi.Strip(p.Rows[0]), " Thread in")
	})
}

// unreadThreads returns the words of the status row about threads with unread replies.
func (s *modelScreen) unreadThreads() string {
	return regexp.MustCompile(`\d+ threads?(: /threads)?  `).FindString(s.status())
}

// timeline returns the text of the timeline. It leaves out the right edge, because receipts
// arrive independently, and system lines.
func (s *modelScreen) timeline() string {
	text, _ := s.rows()
	return text
}

// rows returns the text of timeline, and the number of the row below the line above unread
// messages, or -1 without that line. The line itself is not among the rows: a new screen has
// none.
func (s *modelScreen) rows() (text string, below int) {
	below = -1
	var rows []string
	for _, row := range s.model.Frame().Panes[1].Rows {
		runes := []rune(ansi.Strip(row))
		switch row = strings.TrimRight(string(runes[:min(len(runes), 55)]), " "); {
		case strings.Contains(string(runes), " new ─"):
			below = len(rows)
		case !strings.Contains(string(runes), " · ") && (row != "" || len(rows) > 0):
			rows = append(rows, row)
		}
	}
	return strings.Join(rows, "\n") + "\n", below
}

// agrees reports whether a screen shows the same as a new one, apart from the line above
// unread messages, below which the author's name is repeated.
func (s *modelScreen) agrees(late *modelScreen) bool {
	text, below := s.rows()
	got, want := strings.Split(text, "\n"), strings.Split(late.timeline(), "\n")
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		_, said, timed := strings.Cut(want[i], " ")
		if got[i] != want[i] && !(i == below && timed && strings.HasSuffix(got[i], strings.TrimSpace(said))) {
			return false
		}
	}
	return true
}

// Whatever people write, answer, edit, delete and react to, and however late the events
// arrive, all screens end up showing the same as a new one.
func TestScreensAgree(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		t.Cleanup(func() { _ = checks.Value.Set(before) })
		_ = checks.Value.Set("8")
	}
	made := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(made, "")
		if err != nil {
			r.Fatal(err)
		}
		store := testkit.OpenStore(t, dir)
		server := testkit.Start(t, store, service.Options{})
		defer func() {
			server.Close("the test is over")
			if err := store.Close(); err != nil {
				r.Error(err)
			}
		}()
		names := []string{"ann", "bob", "eve"}
		var sessions []*service.Session
		var screens []*modelScreen
		for i, name := range names {
			session, err := server.Open(t.Context(), testkit.Enrol(t, server, name, i).Fingerprint())
			if err != nil {
				r.Fatal(err)
			}
			sessions, screens = append(sessions, session), append(screens, newModelScreen(session))
		}
		general := testkit.General(t, sessions[0])
		var all []*chat.Message
		// some draws a message, if there is one.
		some := func(r *rapid.T) *chat.Message {
			if len(all) == 0 {
				r.Skip("there is no message")
			}
			return all[rapid.IntRange(0, len(all)-1).Draw(r, "message")]
		}
		who := func(r *rapid.T) int { return rapid.IntRange(0, len(names)-1).Draw(r, "who") }
		send := func(r *rapid.T, in chat.NewMessage) {
			in.ID, in.Conversation, in.Body = uuid.Must(uuid.NewV7()), general, fmt.Sprint("text ", len(all))
			m, err := sessions[who(r)].Messages().Send(context.Background(), in)
			switch {
			case err == nil:
				all = append(all, m)
			case !chat.IsRefusal(err):
				r.Fatal(err)
			}
		}
		does := func(r *rapid.T, err error) {
			if err != nil && !chat.IsRefusal(err) {
				r.Fatal(err)
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"say":   func(r *rapid.T) { send(r, chat.NewMessage{}) },
			"reply": func(r *rapid.T) { send(r, chat.NewMessage{ReplyTo: some(r).ID}) },
			"reply in a thread": func(r *rapid.T) {
				send(r, chat.NewMessage{Thread: some(r).ID, Also: rapid.IntRange(0, 3).Draw(r, "also") == 0})
			},
			"reply in a thread too": func(r *rapid.T) { send(r, chat.NewMessage{Thread: some(r).ID}) },
			"follow": func(r *rapid.T) {
				does(r, sessions[who(r)].Threads().FollowThread(context.Background(), general, some(r).Seq, rapid.Bool().Draw(r, "on")))
			},
			"open or close a thread": func(r *rapid.T) { screens[who(r)].types("/thread\r") },
			"edit": func(r *rapid.T) {
				m := some(r)
				_, err := sessions[m.Author-1].Messages().Edit(context.Background(), general, m.Seq, rapid.StringMatching("[a-z]{3}").Draw(r, "text"))
				does(r, err)
			},
			"delete": func(r *rapid.T) {
				m := some(r)
				_, err := sessions[m.Author-1].Messages().Delete(context.Background(), general, m.Seq)
				does(r, err)
			},
			"react": func(r *rapid.T) {
				emoji := rapid.SampledFrom([]string{":tada:", ":+1:", ":heart:"}).Draw(r, "emoji")
				_, err := sessions[who(r)].Messages().React(context.Background(), general, some(r).Seq, emoji, rapid.IntRange(0, 2).Draw(r, "on") > 0)
				does(r, err)
			},
			"rename": func(r *rapid.T) {
				does(r, sessions[who(r)].Account().SetHandle(context.Background(), rapid.StringMatching("[f-h][a-z]{5}").Draw(r, "name")))
			},
			"take":    func(r *rapid.T) { screens[who(r)].take() },
			"resync":  func(r *rapid.T) { screens[who(r)].inbox.lose = true },
			"hold":    func(r *rapid.T) { screens[who(r)].hold = true },
			"release": func(r *rapid.T) { screens[who(r)].release() },
		})
		for i, s := range screens {
			does(r, sessions[i].Receipts().ReadAll(context.Background())) // no line above unread ones
			s.release()
			s.take()
			late := newModelScreen(sessions[i])
			s.take() // what ReadAll has changed
			if got, want := s.unreadThreads(), late.unreadThreads(); got != want {
				r.Fatalf("%s has %q and a new screen has %q", names[i], got, want)
			}
			if s.inThread() {
				s.types("/thread\r")
			}
			if !s.agrees(late) {
				r.Fatalf("%s sees\n%s\nand a new screen has\n%s", names[i], s.timeline(), late.timeline())
			}
			// The same thread looks the same on both.
			s.types("/thread\r")
			late.types("/thread\r")
			if got, want := s.timeline(), late.timeline(); got != want {
				r.Fatalf("in a thread %s sees\n%s\nand a new screen has\n%s", names[i], got, want)
			}
			if len(s.faults) > 0 {
				r.Fatal(s.faults)
			}
		}
	})
}
