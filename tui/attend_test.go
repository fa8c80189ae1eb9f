package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// unreadScreen is a screen in whose conversation all of n messages are unread.
func unreadScreen(t testing.TB, n, width, height int) *testScreen {
	c := &fakeChat{unseen: true}
	for i := range n {
		c.post(2, "bob", fmt.Sprint("message ", i+1), start.Add(time.Duration(i)*time.Minute))
	}
	return newScreen(t, c, width, height)
}

// wasRead fails unless these messages were marked read, in this order.
func (s *testScreen) wasRead(want ...chat.Seq) {
	s.t.Helper()
	if !slices.Equal(s.chat.read, want) {
		s.t.Fatalf("marked read: %v, want %v", s.chat.read, want)
	}
}

func TestReadingTakesASecond(t *testing.T) {
	s := unreadScreen(t, 3, 80, 24)
	s.pass(900 * time.Millisecond)
	s.wasRead()
	s.pass(200 * time.Millisecond)
	s.wasRead(3)
	if l := s.model.nav.current(); l.Unread != 0 || l.Mine.Seen != 3 {
		t.Errorf("the list has %d unread after %d", l.Unread, l.Mine.Seen)
	}
	if len(s.timers) != 0 {
		t.Errorf("an idle screen has %d timers", len(s.timers))
	}
	// A message that arrives while the user is at the screen is read a second later, and
	// not earlier.
	s.arrive(s.chat.post(2, "bob", "one", start.Add(time.Hour)))
	s.pass(700 * time.Millisecond)
	s.arrive(s.chat.post(2, "bob", "two", start.Add(time.Hour)))
	s.pass(400 * time.Millisecond)
	s.wasRead(3, 4)
	s.pass(500 * time.Millisecond)
	s.wasRead(3, 4)
	s.pass(500 * time.Millisecond)
	s.wasRead(3, 4, 5)
	if len(s.timers) != 0 {
		t.Errorf("an idle screen has %d timers", len(s.timers))
	}
}

func TestOnlyOneTimerRuns(t *testing.T) {
	s := unreadScreen(t, 3, 80, 24)
	for range 20 {
		s.update(tea.BlurMsg{})
		s.update(tea.FocusMsg{})
		s.update(&eventsMsg{Events: []chat.Event{chat.Typing{Conversation: fakeConversation, User: 2, Name: "bob"}}})
		s.typeText("x")
	}
	if len(s.timers) != 3 { // the look, typing, the draft
		t.Errorf("%d timers run, want 3", len(s.timers))
	}
}

// After an interruption, however short, the second begins again.
func TestWhatInterruptsALook(t *testing.T) {
	other := chat.ConversationSummary{Conversation: chat.Conversation{ID: 8, Kind: chat.KindGroup, Name: "other"}}
	for name, c := range map[string]struct{ away, back func(*testScreen) }{
		"blur": {
			func(s *testScreen) { s.update(tea.BlurMsg{}) },
			func(s *testScreen) { s.update(tea.FocusMsg{}) },
		},
		"an overlay": {
			func(s *testScreen) { s.press(tea.Key{Code: tea.KeyF1}) },
			func(s *testScreen) { s.press(tea.Key{Code: tea.KeyEscape}) },
		},
		"the switcher": {
			func(s *testScreen) { s.press(tea.Key{Code: 'k', Mod: tea.ModCtrl}) },
			func(s *testScreen) { s.press(tea.Key{Code: 'k', Mod: tea.ModCtrl}) },
		},
		"a small screen": {
			func(s *testScreen) { s.update(tea.WindowSizeMsg{Width: 19, Height: 24}) },
			func(s *testScreen) {
				s.update(tea.WindowSizeMsg{Width: 80, Height: 24})
				s.press(tea.Key{Code: tea.KeyLeft})
			},
		},
		"another conversation": {
			func(s *testScreen) { s.press(tea.Key{Code: 'n', Mod: tea.ModCtrl}) },
			func(s *testScreen) { s.press(tea.Key{Code: 'n', Mod: tea.ModCtrl}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			chat := &fakeChat{unseen: true, others: []chat.ConversationSummary{other}}
			chat.post(2, "bob", "hello", start)
			s := newScreen(t, chat, 80, 24)
			s.pass(500 * time.Millisecond)
			c.away(s)
			s.pass(100 * time.Millisecond)
			c.back(s)
			s.pass(700 * time.Millisecond)
			s.wasRead()
			s.pass(300 * time.Millisecond)
			s.wasRead(1)
			// While the user is away, it stays unread.
			c.away(s)
			chat.seen = 1
			s.arrive(chat.post(2, "bob", "again", start.Add(time.Hour)))
			s.pass(time.Minute)
			s.wasRead(1)
			if l := s.model.sidebar.Entry(fakeConversation); l.Unread != 1 {
				t.Errorf("%d unread, want 1", l.Unread)
			}
			c.back(s)
			s.pass(time.Second)
			s.wasRead(1, 2)
		})
	}
}

func TestWithoutFocusReportsInputCountsForAMinute(t *testing.T) {
	s := unreadScreen(t, 1, 80, 24)
	s.pass(time.Second)
	s.wasRead(1)
	s.pass(57 * time.Second) // 58 s after connecting
	s.arrive(s.chat.post(2, "bob", "two", start.Add(time.Hour)))
	s.pass(time.Second)
	s.wasRead(1, 2)
	s.pass(2 * time.Second)
	s.arrive(s.chat.post(2, "bob", "three", start.Add(time.Hour)))
	s.pass(time.Hour)
	s.wasRead(1, 2)
	if len(s.timers) != 0 {
		t.Errorf("an unattended screen has %d timers", len(s.timers))
	}
	s.press(tea.Key{Code: tea.KeyLeft})
	s.pass(time.Second)
	s.wasRead(1, 2, 3)
	// The user has left by the end of the look.
	s.pass(58500 * time.Millisecond)
	s.arrive(s.chat.post(2, "bob", "four", start.Add(time.Hour)))
	s.pass(time.Second)
	s.wasRead(1, 2, 3)
}

// If the terminal reports focus, the user counts as present however long no key was
// pressed. The wheel does not count, because it also turns in a window that merely has the
// pointer over it.
func TestFocusReports(t *testing.T) {
	s := unreadScreen(t, 1, 80, 24)
	s.update(tea.FocusMsg{})
	s.pass(time.Hour)
	s.arrive(s.chat.post(2, "bob", "two", start.Add(time.Hour)))
	s.pass(time.Second)
	s.wasRead(1, 2)
	s.update(tea.BlurMsg{})
	s.arrive(s.chat.post(2, "bob", "three", start.Add(time.Hour)))
	s.update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	s.pass(time.Minute)
	s.wasRead(1, 2)
	s.press(tea.Key{Code: tea.KeyLeft}) // the report of the focus got lost
	s.pass(time.Second)
	s.wasRead(1, 2, 3)
}

func TestScrolledUpReadsWhatIsVisible(t *testing.T) {
	s := unreadScreen(t, 100, 80, 24)
	s.pass(time.Second)
	first := s.chat.read[0]
	if first < 10 || first > 30 {
		t.Fatalf("the first screen read up to %d", first)
	}
	s.press(tea.Key{Code: tea.KeyDown})
	s.pass(time.Second)
	if got := s.chat.read[len(s.chat.read)-1]; got != first && got != first+1 {
		t.Errorf("a row further read up to %d after %d", got, first)
	}
	s.press(tea.Key{Code: tea.KeyPgUp})
	s.arrive(s.chat.post(2, "bob", "new", start.Add(10*time.Hour)))
	n := len(s.chat.read)
	s.pass(time.Minute)
	if len(s.chat.read) != n {
		t.Errorf("scrolled up it read %v", s.chat.read[n:])
	}
	s.press(tea.Key{Code: tea.KeyEnd})
	s.pass(time.Second)
	if got := s.chat.read[len(s.chat.read)-1]; got != 101 {
		t.Errorf("at the end it read up to %d", got)
	}
}

func TestATallMessageIsReadByItsLastLine(t *testing.T) {
	c := &fakeChat{unseen: true}
	c.post(2, "bob", "first", start)
	c.post(2, "bob", strings.Repeat("line\n", 60)+"end", start.Add(time.Minute))
	s := newScreen(t, c, 80, 20)
	if got := s.text(); !strings.Contains(got, "new") || !strings.Contains(got, "first") {
		t.Fatalf("the visit should begin at the unread line:\n%s", got)
	}
	s.pass(time.Second)
	s.wasRead(1)
	for range 3 {
		s.press(tea.Key{Code: tea.KeyPgDown})
		s.pass(time.Second)
		if strings.Contains(s.text(), "end") {
			break
		}
		s.wasRead(1)
	}
	s.press(tea.Key{Code: tea.KeyEnd})
	s.pass(time.Second)
	s.wasRead(1, 2)
}

func TestMarkedUnreadStaysSoForTheVisit(t *testing.T) {
	s := unreadScreen(t, 5, 80, 24)
	s.pass(time.Second)
	s.wasRead(5)
	s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyUp}, tea.Key{Code: tea.KeyUp}, tea.Key{Code: 'u', Text: "u"})
	if len(s.chat.unreadFrom) != 1 || s.chat.unreadFrom[0] != 3 {
		t.Fatalf("marked unread from %v, want 3", s.chat.unreadFrom)
	}
	s.update(&eventsMsg{Events: []chat.Event{chat.SeenMoved{Conversation: fakeConversation, Seen: 2}}})
	s.pass(time.Minute)
	s.press(tea.Key{Code: tea.KeyLeft})
	s.pass(time.Minute)
	s.wasRead(5)
	if l := s.model.nav.current(); l.Unread != 3 {
		t.Errorf("%d unread, want 3", l.Unread)
	}
	if got := s.text(); !strings.Contains(got, "─ new ─") {
		t.Errorf("no unread line:\n%s", got)
	}
	// A reply implies that the user has read everything, and ends the look.
	s.typeText("yes")
	s.enter()
	if got := s.text(); strings.Contains(got, "─ new ─") || s.model.nav.current().Unread != 0 {
		t.Errorf("after a reply, %d unread:\n%s", s.model.nav.current().Unread, got)
	}
	s.arrive(s.chat.post(2, "bob", "more", start.Add(5*time.Hour)))
	s.pass(time.Second)
	s.wasRead(5, 7)
}
