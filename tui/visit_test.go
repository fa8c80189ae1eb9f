package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// half is a chat with messages by bob. All of them after seen are unread.
func half(n int, seen chat.Seq) *fakeChat {
	c := &fakeChat{unseen: true, seen: seen, others: []chat.ConversationSummary{
		{Conversation: chat.Conversation{ID: 8, Kind: chat.KindGroup, Name: "other", LastSeq: 1, LastAt: start}},
	}}
	for i := range n {
		c.post(2, "bob", fmt.Sprintf("message %d.", i+1), start.Add(time.Duration(i)*time.Second))
	}
	return c
}

// lineRow returns the row of the unread line, negative if it is not on the screen.
func lineRow(s *testScreen) int {
	for i, row := range s.model.timeline.Rows() {
		if strings.Contains(plain(row), "─ new ─") {
			return i
		}
	}
	return -1
}

func TestWhereAVisitBegins(t *testing.T) {
	for _, c := range []struct {
		n      int
		seen   chat.Seq
		height int // without the header
		line   int // row of the unread line
		last   string
	}{
		{10, 10, 24, -1, "message 10."},
		{100, 95, 24, 15, "message 100."},      // 21 rows: the line and 5 messages at the end
		{100, 80, 24, 0, "message 100."},       // 20 messages and the line are a screen
		{100, 79, 24, 0, "message 99."},        // one more is more than a screen
		{1000, 500, 24, 0, "message 520."},     // 500 unread
		{1000, 500, 40, 0, "message 536."},     // more than the first page
		{1000, 0, 40, 1, "message 35."},        // from the first on, below the day
		{30, 0, 200, 166, "message 30."},       // all fits
		{1000, 999, 200, 195, "message 1000."}, // one, and more context than a page has
	} {
		name := fmt.Sprint(c.n, " seen ", c.seen, " rows ", c.height)
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, half(c.n, c.seen), 120, c.height+1)
			rows := s.model.timeline.Rows()
			if got := lineRow(s); got != c.line {
				t.Errorf("the unread line is at row %d, want %d", got, c.line)
			}
			if got := plain(rows[len(rows)-1]); !strings.Contains(got, c.last) {
				t.Errorf("the last row is %q, want %q", got, c.last)
			}
		})
	}
}

// A user who writes before the conversation is open sees the message, and not the line
// above the unread messages.
func TestAMessageWrittenAtOnceIsSeen(t *testing.T) {
	s := newScreen(t, half(1000, 500), 120, 25)
	next := tea.Key{Code: 'n', Mod: tea.ModCtrl}
	s.press(next)
	s.hold = true
	s.press(next)
	s.typeText("what I wrote")
	s.enter()
	s.release()
	if got := timelineText(s); !strings.Contains(got, "what I wrote") || lineRow(s) >= 0 {
		t.Errorf("the screen shows\n%s", got)
	}
}

// The same is true if the list does not have the conversation yet, even if the visit was to
// begin at one of its messages.
func TestAMessageWrittenBeforeTheListHasItsConversationIsSeen(t *testing.T) {
	for _, at := range []chat.Seq{0, 700} {
		c := half(1000, 500)
		c.unlisted = true
		s := newScreen(t, c, 120, 25)
		c.unlisted, s.hold = false, true
		s.run(s.model.nav.goTo(fakeConversation, 0, at))
		s.typeText("what I wrote")
		s.enter()
		if s.model.timeline.Shows(fakeConversation) {
			t.Fatal("the conversation is open already")
		}
		s.release()
		if got := timelineText(s); !strings.Contains(got, "what I wrote") || lineRow(s) >= 0 || s.model.timeline.Selected() != 0 {
			t.Errorf("at %d the screen shows\n%s", at, got)
		}
	}
}

func TestTheUnreadLineStaysDuringAVisit(t *testing.T) {
	s := newScreen(t, half(100, 95), 120, 25)
	s.pass(time.Second)
	s.wasRead(100)
	s.arrive(s.chat.post(2, "bob", "later", start.Add(time.Hour)))
	s.pass(time.Second)
	if lineRow(s) != 14 { // below it 96 to 100, and the later one
		t.Errorf("read, it is at row %d:\n%s", lineRow(s), timelineText(s))
	}
	next := tea.Key{Code: 'n', Mod: tea.ModCtrl}
	s.press(next, next)
	if lineRow(s) >= 0 {
		t.Errorf("it is there on coming back:\n%s", timelineText(s))
	}
	s = newScreen(t, half(100, 95), 120, 25)
	s.typeText("mine")
	s.enter()
	if lineRow(s) >= 0 {
		t.Errorf("it is there after sending:\n%s", timelineText(s))
	}
}

func TestGoingToTheUnreadLine(t *testing.T) {
	altU := tea.Key{Code: 'u', Mod: tea.ModAlt}
	s := newScreen(t, half(1000, 100), 120, 24)
	s.press(tea.Key{Code: tea.KeyEnd})
	if got := timelineText(s); !strings.Contains(got, "message 1000.") || lineRow(s) >= 0 {
		t.Fatalf("at the end:\n%s", got)
	}
	s.press(altU)
	if got := timelineText(s); lineRow(s) != 0 || !strings.Contains(got, "message 101.") {
		t.Fatalf("at the line:\n%s", got)
	}
	// From above the line, with the line out of the window.
	s = newScreen(t, half(3000, 2900), 120, 24)
	for range 150 {
		s.press(tea.Key{Code: tea.KeyPgUp})
	}
	if newest, _ := s.model.timeline.Message(func(*chat.Message) bool { return true }); newest.Seq >= 2900 {
		t.Fatal("the line is still in the window: the test shows nothing")
	}
	s.press(altU)
	if got := timelineText(s); lineRow(s) != 0 || !strings.Contains(got, "message 2901.") {
		t.Fatalf("at the line:\n%s", got)
	}
	// The line stays at its place all the time.
	s = newScreen(t, half(3000, 100), 120, 24)
	seen := 0
	for range 160 {
		s.press(tea.Key{Code: tea.KeyPgDown})
		if lineRow(s) >= 0 {
			seen++
		}
	}
	if seen > 0 || !strings.Contains(timelineText(s), "message 3000.") {
		t.Errorf("the line moved along %d times:\n%s", seen, timelineText(s))
	}
	s.press(altU)
	if got := timelineText(s); lineRow(s) != 0 || !strings.Contains(got, "message 101.") {
		t.Fatalf("at the line:\n%s", got)
	}
	s = newScreen(t, half(10, 10), 120, 24)
	s.press(altU)
	if got := s.text(); !strings.Contains(got, "nothing unread") {
		t.Errorf("without a line:\n%s", got)
	}
}

func TestPlacesAreKeptPerConversation(t *testing.T) {
	s := newScreen(t, half(1000, 1000), 120, 24)
	for range 10 {
		s.press(tea.Key{Code: tea.KeyPgUp})
	}
	before := timelineText(s)
	next := tea.Key{Code: 'n', Mod: tea.ModCtrl}
	s.press(next)
	if timelineText(s) == before {
		t.Fatal("nothing else is shown")
	}
	s.press(next)
	if got := timelineText(s); got != before {
		t.Errorf("back it shows\n%s\nand showed\n%s", got, before)
	}
	// With something unread below, it is still the place, and says so.
	s.press(next)
	s.arrive(s.chat.post(2, "bob", "later", start.Add(time.Hour)))
	s.chat.seen = 1000
	s.press(next)
	if got := timelineText(s); got != before || !strings.Contains(s.text(), "↓ 1 new") {
		t.Errorf("back it shows\n%s\nand showed\n%s", s.text(), before)
	}
}

// A user who has read a screen of many unread messages comes back to the next screen of them,
// and not to the line at the bottom with nothing below it.
func TestAVisitGoesOnWhereReadingEnded(t *testing.T) {
	for _, bottom := range []chat.Seq{500, 501} { // its last row, or the first ones of the next message
		s := newScreen(t, half(1000, 500), 120, 25)
		s.model.timeline.StayAt(bottom)
		next := tea.Key{Code: 'n', Mod: tea.ModCtrl}
		s.press(next)
		s.press(next)
		if got := timelineText(s); lineRow(s) != 0 || !strings.Contains(got, "message 501.") || !strings.Contains(s.text(), "↓ 99+ new") {
			t.Errorf("from message %d, back it shows\n%s", bottom, s.text())
		}
	}
	s := newScreen(t, half(1000, 500), 120, 25)
	s.model.timeline.StayAt(499)
	before := timelineText(s)
	next := tea.Key{Code: 'n', Mod: tea.ModCtrl}
	s.press(next)
	s.press(next)
	if got := timelineText(s); lineRow(s) >= 0 || !strings.Contains(got, "message 499.") {
		t.Errorf("the place was above the line, but it shows\n%s\nand showed\n%s", got, before)
	}
}

// Late answers of visits that are over change nothing.
func TestVisitsThatOvertake(t *testing.T) {
	s := newScreen(t, half(100, 100), 120, 24)
	next := tea.Key{Code: 'n', Mod: tea.ModCtrl}
	s.hold = true
	s.press(next, next, next, next)
	s.release()
	if s.model.timeline.Conversation() != fakeConversation || !strings.Contains(timelineText(s), "message 100.") {
		t.Errorf("after four steps among two:\n%s", s.text())
	}
	if last := s.chat.visits[len(s.chat.visits)-1]; last != fakeConversation {
		t.Errorf("the chat was told of %v", s.chat.visits)
	}
}

func TestAFailedReadIsNotRepeatedAtOnce(t *testing.T) {
	s := newScreen(t, half(1000, 1000), 120, 24)
	s.chat.fail = errBroken
	for range 5 {
		s.press(tea.Key{Code: tea.KeyPgUp})
	}
	if len(s.faults) == 0 || len(s.faults) > 5 {
		t.Errorf("%d faults", len(s.faults))
	}
	s.chat.fail = nil
	for range 10 {
		s.press(tea.Key{Code: tea.KeyPgUp})
	}
	if got := timelineText(s); strings.Contains(got, "message 950.") {
		t.Errorf("it does not go on:\n%s", got)
	}
}
