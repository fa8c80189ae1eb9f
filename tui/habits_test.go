package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
)

func TestMe(t *testing.T) {
	for _, size := range []struct {
		width int
		want  string
	}{{120, strings.Repeat(" ", len(" ann   ")) + "* ann waves"}, {40, "  * ann waves"}, {20, "  * ann waves"}} {
		s := newScreen(t, &fakeChat{}, size.width, 12)
		s.hold = true
		s.typeText("/me waves")
		s.enter()
		if got := s.text(); !strings.Contains(got, size.want) {
			t.Errorf("on its way:\n%s", got)
		}
		s.release()
		if got := s.text(); s.chat.messages[0].Body != "/me waves" || !strings.Contains(got, size.want) {
			t.Errorf("posted %q:\n%s", s.chat.messages[0].Body, got)
		}
	}
	// The name is there once, and what the author says next has it again.
	for _, width := range []int{120, 40, 20} {
		c := &fakeChat{}
		c.post(2, "bob", "/me waves", start)
		c.post(2, "bob", "hello", start)
		c.post(2, "bob", "/me leaves *now*", start)
		s := newScreen(t, c, width, 12)
		frame := s.model.Frame().String()
		if got := s.text(); strings.Count(got, "bob") != 3 || strings.Index(got, "* bob waves") > strings.LastIndex(got[:strings.Index(got, "hello")], "bob") {
			t.Errorf("at %d columns:\n%s", width, got)
		}
		if want := "* " + theme.Paint(s.model.theme.Author(2, 1), "bob") + " "; strings.Count(frame, want) != 2 {
			t.Errorf("the name has no colour of its own:\n%q", frame)
		}
	}
	// It is a message, and so it can be edited and answered.
	s := newScreen(t, &fakeChat{}, 80, 12)
	s.typeText("/me waves")
	s.enter()
	s.press(up)
	if got := s.model.composer.Text(); got != "/me waves" || !s.model.composer.Editing() {
		t.Errorf("the composer has %q", got)
	}
	s.press(esc)
	answer := s.chat.post(2, "bob", "hello to you too", start.Add(2*time.Hour))
	answer.ReplyTo = &chat.Quote{Seq: 1, Author: 1, AuthorName: "ann", Text: "/me waves"}
	s.arrive(answer)
	if got := s.text(); !strings.Contains(got, "> * ann waves") {
		t.Errorf("quoted:\n%s", got)
	}
}

func TestDirectMessageAtOnce(t *testing.T) {
	s := newScreen(t, several(), 80, 24)
	s.typeText("/msg bob hi  there")
	s.enter()
	if n := len(s.chat.messages); !slices.Equal(s.chat.asked, []string{"direct bob"}) || n != 2 || s.chat.messages[n-1].Body != "hi  there" {
		t.Errorf("asked for %v, and %d messages", s.chat.asked, n)
	}
	s.typeText("/dm bob " + strings.Repeat("x", chat.MaxBody+1))
	s.enter()
	if got := s.text(); !strings.Contains(got, "the limit is 16384") || len(s.chat.asked) != 1 {
		t.Errorf("asked for %v:\n%s", s.chat.asked, got)
	}
}

func TestOtherNamesOfCommands(t *testing.T) {
	for typed, want := range map[string]string{
		"/query bob": "direct bob", "/part": "leave 7", "/invite @bob @eve": "add 7 [@bob @eve]", "/who": "people",
	} {
		s := newScreen(t, several(), 120, 24)
		s.typeText(typed)
		if s.enter(); !slices.Equal(s.chat.asked, []string{want}) {
			t.Errorf("%s asked for %v, want %s", typed, s.chat.asked, want)
		}
	}
	for _, typed := range []string{"/exit", "/q"} {
		s := newScreen(t, several(), 120, 24)
		s.typeText(typed)
		if s.enter(); !s.quit {
			t.Errorf("%s does not leave", typed)
		}
	}
	for typed, want := range map[string][]string{
		"/who": {"People", "ann", "owner of the server, online", "bob (Robert)", "offline", "bot, away"}, "/whois @bob": {"@bob", "Robert", "offline"},
		"/help dm": {"/dm @name [TEXT]", "also /msg, /query"}, "/help /q": {"/quit", "leave; also /exit, /q"}, "/help halp": {"Did you mean /help?"},
	} {
		s := newScreen(t, several(), 120, 24)
		s.typeText(typed)
		s.enter()
		for _, part := range want {
			if got := s.text(); !strings.Contains(got, part) {
				t.Errorf("%s: want %q:\n%s", typed, part, got)
			}
		}
	}
}

func TestANewCommandAfterARefusedOne(t *testing.T) {
	for _, refused := range []string{"/hlep", "/read it", "/leave now"} {
		s := newScreen(t, several(), 80, 24)
		s.typeText(refused)
		s.enter()
		s.typeText("/members")
		if got := s.model.composer.Text(); got != "/members" {
			t.Errorf("after %s there is %q", refused, got)
		}
		s.press(undo, undo)
		if got := s.model.composer.Text(); got != refused {
			t.Errorf("after it was taken back, there is %q, want %q", got, refused)
		}
	}
	// The chat may refuse it later, and the keys may come at once.
	s := newScreen(t, several(), 80, 24)
	s.chat.refusal = chat.Refuse(chat.ErrNotAllowed, "Only an owner may.")
	s.typeText("/topic x")
	s.enter()
	keys := screen.Keys{}
	for _, r := range "/pin" {
		keys = append(keys, tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	s.update(keys)
	if got := s.model.composer.Text(); got != "/pin" {
		t.Errorf("there is %q", got)
	}
	// A command that the user has corrected, or is correcting in the middle, stays.
	s.press(ctrlU)
	s.typeText("/topic x")
	s.enter()
	s.typeText("y/z")
	if got := s.model.composer.Text(); got != "/topic xy/z" {
		t.Errorf("there is %q", got)
	}
	s.enter()
	s.press(tea.Key{Code: tea.KeyLeft})
	s.typeText("/")
	if got := s.model.composer.Text(); got != "/topic xy//z" {
		t.Errorf("there is %q", got)
	}
}

func TestUnknownCommandsSuggestTheNearest(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.typeText("/membres")
	s.enter()
	if got := s.text(); !strings.Contains(got, "There is no command /membres. Did you mean /members? // sends a slash.") {
		t.Errorf("the screen:\n%s", got)
	}
}

// /clear hides the messages until the user scrolls up or comes back. It marks nothing as
// read.
func TestClear(t *testing.T) {
	begin := func() *testScreen {
		s := unreadScreen(t, 3, 80, 24)
		s.typeText("/clear")
		s.enter()
		return s
	}
	s := begin()
	if got := timelineText(s); strings.TrimSpace(got) != "" {
		t.Errorf("the screen has\n%s", got)
	}
	if got := s.text(); !strings.Contains(got, "Cleared. Scroll up, or come back here, to see") {
		t.Errorf("the screen has\n%s", got)
	}
	s.pass(time.Minute)
	s.wasRead()
	s.arrive(s.chat.post(2, "bob", "new", start.Add(time.Hour)))
	s.arrive(s.chat.post(2, "bob", "newer", start.Add(time.Hour)))
	if got := timelineText(s); !strings.Contains(got, "15:02 bob ") || !strings.Contains(got, "new\n") || !strings.Contains(got, "newer") || strings.Contains(got, "message 3") {
		t.Errorf("the screen has\n%s", got)
	}
	s.typeText("mine")
	s.enter()
	if got := timelineText(s); !strings.Contains(got, "mine") || strings.Contains(got, "message 3") {
		t.Errorf("the screen has\n%s", got)
	}
	for name, back := range map[string]func(*testScreen){
		"PgUp":      func(s *testScreen) { s.press(tea.Key{Code: tea.KeyPgUp}) },
		"the wheel": func(s *testScreen) { s.update(tea.MouseWheelMsg{Button: tea.MouseWheelUp}) },
		"selecting": func(s *testScreen) { s.press(esc) },
	} {
		s := begin()
		back(s)
		if got := timelineText(s); !strings.Contains(got, "message 3") {
			t.Errorf("after %s the screen has\n%s", name, got)
		}
	}
	s = newScreen(t, several(), 80, 24)
	s.typeText("/clear")
	s.enter()
	if got := timelineText(s); strings.Contains(got, "hello") {
		t.Errorf("the screen has\n%s", got)
	}
	s.press(tea.Key{Code: 'n', Mod: tea.ModCtrl}, tea.Key{Code: 'p', Mod: tea.ModCtrl})
	if got := timelineText(s); !strings.Contains(got, "hello") {
		t.Errorf("after a visit elsewhere the screen has\n%s", got)
	}
}
