package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"confab/app/chat"
	"confab/tui/screen"
	"confab/tui/theme"
)

// first is the first row of the screen, beside the list of conversations.
func (s *testScreen) first() string {
	row, _, _ := strings.Cut(s.text(), "\n")
	if _, beside, ok := strings.Cut(row, s.model.theme.Vertical); ok {
		row = beside
	}
	return strings.TrimRight(row, " ")
}

func TestTheHeaderSaysWhereAndWhoIsHere(t *testing.T) {
	for _, size := range []struct {
		w, h int
		want string
	}{
		{160, 40, " #general  Launch on Thursday; https://example.org/plan has the plan"},
		{110, 40, " #general  Launch on Thursday; https://example.org/plan"},
		{80, 24, " #general  Launch on Thursday"},
		{40, 12, " #general  Launch"},
		{24, 12, " #general"},
	} {
		s := newScreen(t, scene(), size.w, size.h)
		if got := s.first(); !strings.HasPrefix(got, size.want) || !strings.Contains(got, "5") {
			t.Errorf("at %dx%d the header is %q", size.w, size.h, got)
		}
	}
	s := newScreen(t, scene(), 160, 40)
	if got := s.first(); !strings.HasSuffix(got, "5 members, here: you, bob, christopher-robin") {
		t.Errorf("the header is %q", got)
	}
	left := receiptsOf(4, 8)
	left.Members[0].Here = true
	s.update(&eventsMsg{Receipts: left})
	if got := s.first(); !strings.HasSuffix(got, "4 members, 1 here") {
		t.Errorf("after two have gone and one has left, the header is %q", got)
	}
	s.update(&eventsMsg{Receipts: &chat.Receipts{Conversation: fakeConversation, Count: 150}})
	if got := s.first(); !strings.HasSuffix(got, "150 members") {
		t.Errorf("in a large group the header is %q", got)
	}
}

func TestTheHeaderOfADirectConversation(t *testing.T) {
	c := &fakeChat{direct: true}
	c.post(2, "bob", "hello", start)
	s := newScreen(t, c, 80, 24)
	header := func(want string) {
		t.Helper()
		if got := s.first(); !strings.HasPrefix(got, " @bob") || !strings.HasSuffix(got, want) {
			t.Errorf("the header is %q, want %q at its end", got, want)
		}
	}
	header("● online")
	s.happen(chat.PresenceChanged{User: 2, Presence: chat.Away})
	header("◐ away")
	s.happen(chat.StatusSet{User: 2, Status: chat.Status{Text: "at lunch", Until: s.now.Add(time.Hour)}})
	if got := s.first(); !strings.Contains(got, "◐ away: at lunch") {
		t.Errorf("with a status, the header is %q", got)
	}
	s.happen(chat.StatusSet{User: 2}, chat.PresenceChanged{User: 2, Presence: chat.Offline})
	header("○ offline")
}

// A topic that is written from right to left changes the order of nothing beside it: it is an
// isolate, which is closed also where the topic is cut.
func TestTheHeaderIsolatesTopics(t *testing.T) {
	const opens, closes = "\u2068", "\u2069"
	for _, width := range []int{160, 80, 40} {
		c := scene()
		c.topic = strings.Repeat("שלום עולם ", 9)
		s := newScreen(t, c, width, 24)
		widths := screen.WidthsMsg{Isolates: screen.Together}
		s.update(widths)
		got := s.first()
		if strings.Count(got, opens) != 1 || strings.Count(got, closes) != 1 || strings.Index(got, opens) > strings.Index(got, "שלום") || strings.Index(got, closes) < strings.LastIndex(got, "ש") {
			t.Errorf("at %d columns the header is %q", width, got)
		}
		if !strings.HasSuffix(got, "5 members") && !strings.Contains(got[strings.Index(got, closes):], "here") && !strings.HasSuffix(got, "3/5") {
			t.Errorf("at %d columns the members are not after the topic: %q", width, got)
		}
	}
	c := &fakeChat{direct: true}
	c.post(2, "bob", "hello", start)
	s := newScreen(t, c, 80, 24)
	s.update(screen.WidthsMsg{Isolates: screen.Together})
	s.happen(chat.StatusSet{User: 2, Status: chat.Status{Text: "שלום", Until: s.now.Add(time.Hour)}}, chat.PresenceChanged{User: 2, Presence: chat.Away})
	if got := s.first(); !strings.Contains(got, opens+"away: שלום") || !strings.HasSuffix(got, closes) {
		t.Errorf("with a status, the header is %q", got)
	}
}

// On a low screen the header goes, and the status row says where the user is.
func TestLowScreensHaveNoHeader(t *testing.T) {
	for h := minHeight; h <= headerFrom+2; h++ {
		s := newScreen(t, scene(), 80, h)
		rows := strings.Split(s.text(), "\n")
		if got, want := strings.Contains(rows[len(rows)-1], "#general"), h < headerFrom; got != want {
			t.Errorf("at a height of %d the last row is %q", h, rows[len(rows)-1])
		}
		if text := s.model.layout.timeline.H; text < h/2 {
			t.Errorf("at a height of %d, %d rows are left for messages", h, text)
		}
	}
}

// On the narrowest screen the last row still says where the user is, that something waits, and
// which keys there are.
func TestTheLastRowOfTheNarrowestScreen(t *testing.T) {
	th := theme.New(theme.Terminal{})
	here := statusShown{titleShown: titleShown{where: "#general"}, self: "ann", width: 20}
	for want, change := range map[string]func(*statusShown){
		"#general    ? help": func(*statusShown) {},
		"#general     5 new": func(s *statusShown) { s.invited, s.unread = 2, 3 },
		"#general  3 unread": func(s *statusShown) { s.unread = 3 },
		"#general       dnd": func(s *statusShown) { s.quiet = "do not disturb" },
		"Esc ends, ?: more":  func(s *statusShown) { s.selecting, s.invited, s.unseen = true, 2, 9 },
		"Enter saves":        func(s *statusShown) { s.editing, s.invited = true, 2 },
		"Enter sends":        func(s *statusShown) { s.replying, s.waiting = "bartholomew", 1 },
	} {
		is := here
		change(&is)
		if got := strings.TrimSpace(ansi.Strip(is.text(th))); got != want {
			t.Errorf("the last row is %q, want %q", got, want)
		}
	}
}
