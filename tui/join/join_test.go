package join

import (
	"context"
	"errors"
	"flag"
	"strings"
	"testing"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/text"
	"confab/tui/screen"
	"confab/tui/theme"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var update = flag.Bool("update", false, "accept the screens as they are drawn now")

func plain(s string) string { return ansi.Strip(s) }

// golden compares a frame with the one that was accepted.
func golden(t *testing.T, name, got string) {
	t.Helper()
	testkit.Golden(t, *update, name, got)
}

// fakeJoining answers as the test says.
type fakeJoining struct {
	standing chat.Standing
	taken    string // the name that cannot be had
	asked    []string
	refuse   error
}

func (f *fakeJoining) Wake() <-chan struct{} { return nil }

func (f *fakeJoining) Standing(context.Context) (chat.Standing, error) { return f.standing, f.refuse }

func (f *fakeJoining) CheckName(_ context.Context, name string) error {
	if name == f.taken {
		return chat.Refuse(chat.ErrConflict, "The name %s is taken: choose another.", name)
	}
	return nil
}

func (f *fakeJoining) Redeem(_ context.Context, code string) error {
	f.asked = append(f.asked, "redeem "+code)
	f.standing.Invited = true
	return nil
}

func (f *fakeJoining) Ask(_ context.Context, name, note string) error {
	f.asked = append(f.asked, "ask "+name+": "+note)
	f.standing.Request = &chat.JoinRequest{Name: name, Note: note, State: chat.RequestPending}
	return nil
}

func (f *fakeJoining) Join(_ context.Context, name string) error {
	f.asked = append(f.asked, "join "+name)
	f.standing.Member = true
	return nil
}

// joinScreen is a join screen whose commands run at once.
type joinScreen struct {
	*Model
	quit bool
}

func newJoinScreen(f *fakeJoining, width, height int) *joinScreen {
	s := &joinScreen{Model: New(Options{
		Joining: f, Terminal: theme.TerminalOf(nil), Name: "bob.jones",
		Keys:     []string{"SHA256:8lyNJ0nyXSBxmvhlXNqMXvHP0nOL7jIx8Tny0rH7IUk  ssh-ed25519"},
		HostLine: func(name string) string { return "echo 'ssh-ed25519 AAAA' | confab keys add " + name },
		OnError:  func(string, error) {},
	})}
	s.update(tea.WindowSizeMsg{Width: width, Height: height})
	s.run(s.Init())
	return s
}

func (s *joinScreen) update(msg tea.Msg) {
	_, cmd := s.Update(msg)
	s.run(cmd)
}

func (s *joinScreen) run(cmd tea.Cmd) {
	if cmd == nil || s.quit {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, one := range msg {
			s.run(one)
		}
	case tea.QuitMsg:
		s.quit = true
	default:
		s.update(msg)
	}
}

func (s *joinScreen) keys(raw string) {
	var in screen.Input
	for _, msg := range append(in.Feed([]byte(raw)), in.Flush()...) {
		s.update(msg)
	}
}

func (s *joinScreen) text() string { return plain(s.Frame().String()) }

func TestGoldenJoin(t *testing.T) {
	pending := &chat.JoinRequest{Name: "bob.jones", State: chat.RequestPending}
	for name, st := range map[string]chat.Standing{
		"request": {Mode: chat.JoinByRequest}, "invite": {Mode: chat.JoinByInvite}, "open": {Mode: chat.JoinOpen}, "closed": {Mode: chat.JoinClosed},
		"waiting": {Mode: chat.JoinByRequest, Request: pending}, "invited": {Mode: chat.JoinByInvite, Invited: true},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, newJoinScreen(&fakeJoining{standing: st}, 80, 24).text())
		})
	}
	t.Run("small", func(t *testing.T) {
		golden(t, "small", newJoinScreen(&fakeJoining{standing: chat.Standing{Mode: chat.JoinByRequest}}, 40, 12).text())
	})
}

func TestTheWaysIn(t *testing.T) {
	for _, c := range []struct {
		name, keys, want string
		mode             chat.JoinMode
	}{
		{"a request", "\rit is me\r", "ask bob.jones: it is me", chat.JoinByRequest},
		{"another name", "bob\t\x1b[200~it\nis\r\nme\x1b[201~\r", "ask bob: it is me", chat.JoinByRequest},
		{"a code where requests are taken", "\t\t7K2M-Q9XV-4TBN-H0RD\r\r", "redeem 7K2M-Q9XV-4TBN-H0RD, join bob.jones", chat.JoinByRequest},
		{"a code", "7K2M-Q9XV-4TBN-H0RD\reve\r", "redeem 7K2M-Q9XV-4TBN-H0RD, join eve", chat.JoinByInvite},
		{"open", "\r", "join bob.jones", chat.JoinOpen},
		{"a name that is none", "b b\r\r", "", chat.JoinOpen},
		{"a name that is taken", "ann\r\r", "", chat.JoinOpen},
		{"no code", "\r\r", "", chat.JoinByInvite},
	} {
		f := &fakeJoining{standing: chat.Standing{Mode: c.mode}, taken: "ann"}
		s := newJoinScreen(f, 80, 24)
		s.keys(c.keys)
		if got := strings.Join(f.asked, ", "); got != c.want {
			t.Errorf("%s: asked %q, want %q; the screen:\n%s", c.name, got, c.want, s.text())
		}
		if joined := strings.Contains(c.want, "join"); s.Joined() != joined || s.quit != joined {
			t.Errorf("%s: joined is %t, ended is %t", c.name, s.Joined(), s.quit)
		}
	}
}

// Keys that come before the form are not lost.
func TestKeysThatComeBeforeTheForm(t *testing.T) {
	f := &fakeJoining{standing: chat.Standing{Mode: chat.JoinByRequest}}
	s := &joinScreen{Model: New(Options{
		Joining: f, Terminal: theme.TerminalOf(nil), Name: "bob.jones", HostLine: func(string) string { return "" },
	})}
	s.update(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.keys("bob\t\x1b[200~it is me\x1b[201~\r")
	if len(f.asked) != 0 {
		t.Errorf("asked %q before the form was there", f.asked)
	}
	s.run(s.Init())
	if got := strings.Join(f.asked, ", "); got != "ask bob: it is me" {
		t.Errorf("asked %q; the screen:\n%s", got, s.text())
	}
	s.keys("\x03")
	if !s.quit {
		t.Error("the stranger cannot leave")
	}
}

func TestAFaultAtTheJoinScreen(t *testing.T) {
	s := newJoinScreen(&fakeJoining{refuse: errors.New("the disk is gone")}, 80, 24)
	if got := s.text(); !strings.Contains(got, "The server could not do that") || strings.Contains(got, "disk") {
		t.Errorf("the screen shows:\n%s", got)
	}
	s.keys("x\r\x03")
	if !s.quit {
		t.Error("the stranger cannot leave")
	}
}

// For any input of a stranger's terminal, the screen has only text within its size.
func FuzzJoin(f *testing.F) {
	f.Add("bob\tit is me\r", uint8(0), uint8(80), uint8(24))
	f.Add("\x1b[200~\x1b]0;owned\x07漢字\r\n\x1b[201~\t\t\x17", uint8(1), uint8(20), uint8(3))
	f.Add("\x1b[A\x1b[B\x19\x19\x08\x7f\x04\xff\xfe👩‍👩‍👧", uint8(3), uint8(1), uint8(1))
	f.Add("👩\u200d👩", uint8(3), uint8(17), uint8(13)) // wider than the field
	f.Fuzz(func(t *testing.T, raw string, mode, width, height uint8) {
		modes := chat.JoinModes()
		fake := &fakeJoining{standing: chat.Standing{Mode: modes[int(mode)%len(modes)]}}
		s := newJoinScreen(fake, int(max(width, 1)), int(max(height, 1)))
		s.keys(raw)
		for _, row := range s.Frame().Panes[0].Rows {
			if text := plain(row); strings.ContainsFunc(text, unicode.IsControl) || (theme.Measure{}).Width(text) > max(int(width), 1) {
				t.Errorf("a row is %q", row)
			}
		}
		for _, c := range s.fields {
			if len(c.Text()) > fieldLimit {
				t.Errorf("a field has %d bytes", len(c.Text()))
			}
		}
		if !text.IsClean(strings.TrimSpace(s.ExitMessage())) {
			t.Errorf("the exit message is %q", s.ExitMessage())
		}
	})
}

// countingJoining counts how often it is asked for names.
type countingJoining struct {
	fakeJoining
	checks int
}

func (f *countingJoining) CheckName(context.Context, string) error { f.checks++; return nil }

// Names are looked up one after the other, however fast a stranger types.
func TestNamesAreLookedUpOneAtATime(t *testing.T) {
	f := &countingJoining{fakeJoining: fakeJoining{standing: chat.Standing{Mode: chat.JoinOpen}}}
	j := New(Options{Joining: f, Terminal: theme.TerminalOf(nil), Name: "bob", HostLine: func(string) string { return "" }})
	j.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	_, cmd := j.Update(j.look())
	if cmd == nil {
		t.Fatal("the name to begin with is not looked up")
	}
	var in screen.Input
	for _, msg := range in.Feed([]byte("by and\x7f\x7f\x7f\x7fx\x7fx\x7fx")) {
		if _, more := j.Update(msg); more != nil {
			t.Fatal("another name is looked up meanwhile")
		}
	}
	// The last name is looked up once the first has been answered.
	_, cmd = j.Update(cmd())
	if cmd == nil {
		t.Fatal("the name that is there now is not looked up")
	}
	if _, cmd = j.Update(cmd()); cmd != nil || !j.good || f.checks != 2 {
		t.Errorf("after %d lookups it is good: %t", f.checks, j.good)
	}
}

// A code also works after a refused request.
func TestACodeAfterARefusal(t *testing.T) {
	refused := &chat.JoinRequest{Name: "bob", State: chat.RequestRefused}
	f := &fakeJoining{standing: chat.Standing{Mode: chat.JoinByRequest, Request: refused}}
	s := &joinScreen{Model: New(Options{
		Joining: f, Terminal: theme.TerminalOf(nil), Name: "bob", Code: "7K2M-Q9XV-4TBN-H0RD", HostLine: func(string) string { return "" },
	})}
	s.update(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.run(s.Init())
	s.keys("\r")
	if got := strings.Join(f.asked, ", "); got != "redeem 7K2M-Q9XV-4TBN-H0RD, join bob" || !s.Joined() {
		t.Errorf("asked %q, joined is %t: %s", got, s.Joined(), s.ExitMessage())
	}
	late := newJoinScreen(&fakeJoining{standing: chat.Standing{Mode: chat.JoinByRequest, Request: refused}}, 80, 24)
	if got := late.ExitMessage(); !late.quit || !strings.Contains(got, "refused your request") || !strings.Contains(got, "ssh CODE@") {
		t.Errorf("without one it ends %t: %s", late.quit, got)
	}
}

// A newcomer who is let in and has to choose another name begins with an empty field.
func TestAnotherNameAfterTheRequest(t *testing.T) {
	f := &fakeJoining{standing: chat.Standing{Mode: chat.JoinByRequest}}
	s := newJoinScreen(f, 80, 24)
	s.keys("ann\tit is me\r")
	f.taken = "ann"
	f.standing.Invited, f.standing.Request.State = true, chat.RequestApproved
	s.update(wokenMsg{})
	s.keys("anna\r")
	if got := strings.Join(f.asked, ", "); got != "ask ann: it is me, join anna" || !s.Joined() {
		t.Errorf("asked %q; the screen:\n%s", got, s.text())
	}
}
