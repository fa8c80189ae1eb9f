package dialog

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"confab/app/testkit"
	"confab/tui/keymap"
	"confab/tui/theme"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// start is when the tests' messages are sent: a Tuesday, in UTC.
var start = time.Date(2026, time.November, 24, 14, 2, 0, 0, time.UTC)

var errBroken = errors.New("the disk is gone")

// screen shows a dialog and carries out its commands, unless it holds them.
type screen struct {
	t             testing.TB
	dialog        Dialog
	theme         *theme.Theme
	width, height int
	results       []Result // those that ask for something, in order
	other         []tea.Msg
	timers        []func(time.Time) tea.Msg
	hold          bool
	held          []tea.Cmd
	reports       []error
}

func newScreen(t testing.TB, width, height int) *screen {
	return &screen{t: t, theme: theme.New(theme.TerminalOf([]string{"TERM=xterm-256color"})), width: width, height: height}
}

// report collects the errors that a dialog reports.
func (s *screen) report(_ string, err error) { s.reports = append(s.reports, err) }

// tick collects the timers of a dialog, which [screen.pass] ends.
func (s *screen) tick(_ time.Duration, fire func(time.Time) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		s.timers = append(s.timers, fire)
		return nil
	}
}

func (s *screen) pass() {
	timers := s.timers
	s.timers = nil
	for _, fire := range timers {
		s.run(func() tea.Msg { return fire(start) })
	}
}

func (s *screen) show(d Dialog) {
	s.dialog = d
	s.run(d.Init())
	s.text()
}

func (s *screen) update(msg tea.Msg) {
	r, cmd := s.dialog.Update(msg)
	if r != (Result{}) {
		s.results = append(s.results, r)
	}
	s.run(cmd)
	s.dialog.Resize(s.theme, s.width, s.height)
}

func (s *screen) run(cmd tea.Cmd) {
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
	case Answer:
		if msg.For != s.dialog {
			s.t.Errorf("an answer is for %T", msg.For)
		}
		s.update(msg.Msg)
	default:
		s.other = append(s.other, msg)
	}
}

// release runs the commands that were held.
func (s *screen) release() {
	s.hold = false
	held := s.held
	s.held = nil
	for _, c := range held {
		s.run(c)
	}
}

func (s *screen) press(acts ...keymap.Action) {
	for _, act := range acts {
		s.update(Key{act})
	}
}

func (s *screen) typeText(text string) {
	for _, r := range text {
		s.update(Text(r))
	}
}

// text is what the dialog shows, without styles.
func (s *screen) text() string { return ansi.Strip(strings.Join(s.drawn(), "\n")) }

func (s *screen) drawn() []string {
	s.dialog.Resize(s.theme, s.width, s.height)
	rows, _, _ := s.dialog.Rows(s.theme, s.width, s.height)
	if len(rows) != s.height {
		s.t.Errorf("%d rows on a screen of %d", len(rows), s.height)
	}
	return rows
}

// shows fails unless all of these are on the screen.
func (s *screen) shows(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if got := s.text(); !strings.Contains(got, w) {
			s.t.Errorf("it does not show %q:\n%s", w, got)
		}
	}
}

// asksFor fails unless these were all the results since the last call.
func (s *screen) asksFor(want ...Result) {
	s.t.Helper()
	if !slices.Equal(s.results, want) {
		s.t.Errorf("the results are %+v, want %+v", s.results, want)
	}
	s.results = nil
}
