package tui

import (
	"context"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/setting"
	"confab/tui/welcome"
)

// crowd is a chat for the welcome.
type crowd struct {
	names []string
	more  int
	wrote bool
	mode  chat.JoinMode
}

func (c crowd) Here(int) (names []string, more int) { return c.names, c.more }

func (c crowd) Wrote(context.Context) (bool, error) { return c.wrote, nil }

func (c crowd) JoinMode(context.Context) (chat.JoinMode, error) { return c.mode, nil }

// newcomer makes a screen for ann, who may see a welcome.
func newcomer(t *testing.T, backend *fakeChat, c crowd, role chat.Role, width, height int) *testScreen {
	t.Helper()
	s := startScreen(t, backend, width, height)
	s.model.chat = func() Backend {
		with := backend.backend()
		with.Welcome = c
		return with
	}
	s.model.reach, s.model.self.Role = welcome.Reach{Port: "2222", Local: true}, role
	s.run(s.model.Init())
	return s
}

func TestTheWelcomeStaysUntilSomethingWasWritten(t *testing.T) {
	backend := &fakeChat{set: map[string]string{}}
	s := newcomer(t, backend, crowd{mode: chat.JoinByRequest}, chat.RoleOwner, 110, 32)
	for _, want := range []string{
		"You are ann, the owner of this server.", "confab serve --listen :2222", "ssh -p 2222 HOST", "ssh -p 2222 CODE@HOST", "/requests", "/invite",
		"Ctrl+K", "F1", "Ctrl+D", "No messages yet",
	} {
		if !strings.Contains(s.text(), want) {
			t.Errorf("the welcome has no %q:\n%s", want, s.text())
		}
	}
	before := bodies(s)
	s.arrive(backend.post(2, "bob", "hello", start)) // and not by ann
	if s.model.welcome == nil {
		t.Fatal("the welcome is over")
	}
	s.typeText("hi")
	if s.model.welcome == nil {
		t.Fatal("the welcome is over before something was sent")
	}
	s.enter()
	if s.model.welcome != nil || strings.Contains(s.text(), "Welcome") || backend.set[setting.Welcome] != setting.WelcomeOver {
		t.Errorf("the welcome is not over, %v:\n%s", backend.set, s.text())
	}
	if len(s.model.timeline.Rows()) <= len(before) {
		t.Error("its room is not given to the messages")
	}
	s.update(preferencesMsg{set: map[string]string{}})
	if s.model.welcome != nil {
		t.Error("it begins again before the preference is there")
	}
}

func TestTheWelcomeOfAMember(t *testing.T) {
	backend := several()
	backend.others[0].Unread = 3
	s := newcomer(t, backend, crowd{names: []string{"bob", "eve"}, more: 2}, chat.RoleMember, 110, 32)
	for _, want := range []string{"You are ann.", "@bob, @eve and 2 others", "3 unread messages, first in #old."} {
		if !strings.Contains(s.text(), want) {
			t.Errorf("the welcome has no %q:\n%s", want, s.text())
		}
	}
	if strings.Contains(s.text(), "/invite") {
		t.Errorf("a member is told to invite people:\n%s", s.text())
	}
}

// Accounts that have written, on a screen or otherwise, see no welcome.
func TestNoWelcomeForOthers(t *testing.T) {
	for name, c := range map[string]struct {
		set   map[string]string
		wrote bool
		want  bool
	}{
		"new":                         {map[string]string{}, false, true},
		"wrote by a command":          {map[string]string{}, true, false},
		"wrote":                       {map[string]string{setting.Welcome: setting.WelcomeOver}, false, false},
		"was there before":            {map[string]string{setting.Place: "x 1"}, false, false},
		"was there but never wrote":   {map[string]string{setting.Place: "x 1", setting.Welcome: setting.WelcomeDue}, false, true},
		"new, and writes as a script": {map[string]string{setting.Welcome: setting.WelcomeDue}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newcomer(t, &fakeChat{set: c.set}, crowd{wrote: c.wrote}, chat.RoleMember, 80, 24)
			if got := strings.Contains(s.text(), "Welcome"); got != c.want || (s.model.welcome != nil) != c.want {
				t.Errorf("it is greeted: %v, want %v", got, c.want)
			}
		})
	}
}

// On a screen of any size but the smallest, at least a third of the room remains for the
// messages, or six rows.
func TestTheWelcomeFits(t *testing.T) {
	backend := &fakeChat{set: map[string]string{}}
	for range 60 {
		backend.post(2, "bob", "hello", start)
	}
	for _, role := range []chat.Role{chat.RoleOwner, chat.RoleMember} {
		s := newcomer(t, backend, crowd{names: []string{"bob"}, mode: chat.JoinByInvite}, role, 110, 32)
		for _, size := range []tea.WindowSizeMsg{{Width: 20, Height: 7}, {Width: 40, Height: 12}, {Width: 60, Height: 10}, {Width: 80, Height: 24}, {Width: 110, Height: 32}, {Width: 250, Height: 60}} {
			s.update(size)
			welcomed, messages := s.model.layout.welcome.H, s.model.layout.timeline.H
			if messages < 2 || welcomed > 2*messages+2 && messages < messagesKept {
				t.Errorf("at %dx%d the welcome of an %s has %d rows, and the messages %d", size.Width, size.Height, role, welcomed, messages)
			}
			if !strings.Contains(s.text(), "Welcome") {
				t.Errorf("at %dx%d an %s is not greeted:\n%s", size.Width, size.Height, role, s.text())
			}
		}
	}
}

// On a small screen the welcome is one whole row above the messages, and on the smallest there is
// none: the text of the first unread message is on the screen in any case.
func TestTheWelcomeOnTheSmallestScreen(t *testing.T) {
	for _, role := range []chat.Role{chat.RoleOwner, chat.RoleMember} {
		backend := &fakeChat{set: map[string]string{}, unseen: true}
		backend.post(2, "bob", "hello", start)
		s := newcomer(t, backend, crowd{names: []string{"bob"}}, role, minWidth, minHeight+1)
		if got := s.text(); !strings.HasPrefix(got, " Welcome, ann.\n──") || !strings.Contains(got, "hello") {
			t.Errorf("an %s sees\n%s", role, got)
		}
		s.model.self.Name = "christopher-robin"
		s.update(tea.WindowSizeMsg{Width: minWidth, Height: minHeight + 1})
		if got := s.text(); !strings.HasPrefix(got, " You are christoph…\n──") {
			t.Errorf("an %s with a long name sees\n%s", role, got)
		}
		s.update(tea.WindowSizeMsg{Width: minWidth, Height: minHeight})
		if got := s.text(); !strings.HasPrefix(got, "──") || !strings.Contains(got, " new ") || !strings.Contains(got, "hello") {
			t.Errorf("on the smallest screen an %s sees\n%s", role, got)
		}
	}
}

// On a small screen the welcome still has the exact lines to send, and the keys.
func TestTheWelcomeOnSmallScreens(t *testing.T) {
	for _, size := range []tea.WindowSizeMsg{{Width: 60, Height: 20}, {Width: 40, Height: 12}} {
		s := newcomer(t, &fakeChat{set: map[string]string{}}, crowd{mode: chat.JoinByInvite}, chat.RoleOwner, size.Width, size.Height)
		for _, want := range []string{"You are ann, the", "ssh -p 2222 CODE@HOST", "Ctrl+G", "F1", "Ctrl+D"} {
			if !strings.Contains(s.text(), want) {
				t.Errorf("at %dx%d the welcome has no %q:\n%s", size.Width, size.Height, want, s.text())
			}
		}
	}
}

// On a screen of 80 columns and 24 rows, the welcome has all that matters, and no row is cut.
func TestTheWelcomeAt80Columns(t *testing.T) {
	for _, mode := range []chat.JoinMode{chat.JoinByRequest, chat.JoinByInvite, chat.JoinOpen, chat.JoinClosed} {
		for _, local := range []bool{true, false} {
			backend := &fakeChat{set: map[string]string{}}
			s := newcomer(t, backend, crowd{names: []string{"bob", "eve"}, mode: mode}, chat.RoleOwner, 80, 24)
			s.model.reach.Local = local
			s.update(tea.WindowSizeMsg{Width: 80, Height: 24})
			got := strings.Join(s.model.layout.greets, "\n")
			for _, want := range []string{"You are ann, the owner", "@bob and @eve", "Ctrl+G", "people and commands", "F1", "Ctrl+D"} {
				if !strings.Contains(plain(got), want) {
					t.Errorf("%s, local: %t: the welcome has no %q:\n%s", mode, local, want, plain(got))
				}
			}
			if strings.Contains(got, s.model.theme.Ellipsis) {
				t.Errorf("%s, local: %t: a row is cut:\n%s", mode, local, plain(got))
			}
		}
	}
}
