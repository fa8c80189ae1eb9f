package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// pane is the text of the right pane, "" if it is not shown.
func (s *testScreen) pane() string {
	at := s.model.layout.aside
	if at.W == 0 {
		return ""
	}
	var b strings.Builder
	for _, row := range s.model.aside.Rows(drawing{s.model}.beside()) {
		b.WriteString(strings.TrimPrefix(plain(row), s.model.theme.Vertical) + "\n")
	}
	return b.String()
}

func (s *testScreen) command(line string) {
	s.typeText(line)
	s.enter()
}

func TestTheRightPane(t *testing.T) {
	c := scene()
	root := c.messages[0]
	root.Replies, root.LastReplyAt = 1, start
	s := newScreen(t, c, 160, 40)
	shows := func(want ...string) {
		t.Helper()
		got := s.pane()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("the pane has no %q:\n%s", w, got)
			}
		}
	}
	if s.pane() != "" {
		t.Error("the pane is there before F3")
	}
	s.press(f3)
	shows("5 members", "● ann (you)\n", "● bob\n", "○ eve\n")
	gone := receiptsOf(5, 8)
	s.update(&eventsMsg{Receipts: gone})
	shows("○ bob\n")
	unused := receiptsOf(5, 8)
	unused.Members[1].Disabled = true
	s.update(&eventsMsg{Receipts: unused})
	shows("× bob\n")

	s.command("/pane pinned")
	shows("No messages are pinned here.")
	c.pinned = []chat.Pin{{Message: c.messages[2], By: "bob", At: start}}
	s.arrive(c.system(chat.NoticePinned, "ann"))
	shows("Pinned in #general", "The tests are green")

	s.command("/pane details")
	shows("Message of ann", "Not delivered yet to\n", "christopher-robin")
	s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyUp}, tea.Key{Code: tea.KeyUp})
	shows("Message of bob")
	s.press(tea.Key{Code: tea.KeyEscape})

	s.command("/pane thread")
	shows("Thread of bob", "Shall we move the launch")
	reply := c.post(3, "christopher-robin", "Better on Friday", start.Add(time.Hour))
	reply.Thread, reply.ThreadOnly = root.Seq, true
	s.arrive(reply)
	shows("Better on Friday")

	s.command("/pane nonsense")
	if !strings.Contains(s.text(), "Write /pane and one of these") {
		t.Errorf("a wrong argument:\n%s", s.text())
	}
	s.model.composer.Clear()
	s.press(f3)
	if s.pane() != "" {
		t.Error("F3 did not hide the pane")
	}
	s.press(f3)
	shows("Thread of bob") // it is remembered
	s.update(tea.WindowSizeMsg{Width: 139, Height: 40})
	if s.pane() != "" {
		t.Error("the pane is on a screen of 139 columns")
	}
	s.press(f3)
	if !strings.Contains(s.text(), "140 columns") {
		t.Errorf("F3 on a narrow screen:\n%s", s.text())
	}
	s.update(tea.WindowSizeMsg{Width: 140, Height: 40})
	shows("Thread of bob")
	s.command("/pane off")
	if s.pane() != "" {
		t.Error("/pane off did not hide the pane")
	}
}

// A pane that is too low says how much it leaves out.
func TestALowPaneSaysThatThereIsMore(t *testing.T) {
	s := newScreen(t, scene(), 160, 8)
	s.press(f3)
	s.command("/pane details")
	got := strings.TrimRight(s.pane(), "\n")
	if last := got[strings.LastIndex(got, "\n")+1:]; !strings.Contains(last, "more rows") {
		t.Errorf("the pane ends with %q:\n%s", last, got)
	}
}

// A dialog leaves the conversation in view where there is room, and nothing of it is read.
func TestTheConversationStaysBehindADialog(t *testing.T) {
	for _, size := range []struct {
		w, h int
		room bool
	}{{160, 50, true}, {80, 24, true}, {60, 20, true}, {80, 19, false}, {40, 40, false}} {
		s := newScreen(t, scene(), size.w, size.h)
		s.command("/members")
		got := s.text()
		if !strings.Contains(got, "Members of #general") || strings.Contains(got, "after lunch") != size.room || strings.Contains(got, "? help") != size.room {
			t.Errorf("at %dx%d:\n%s", size.w, size.h, got)
		}
		s.press(tea.Key{Code: tea.KeyF1})
		s.press(tea.Key{Code: tea.KeyEscape})
		if got := s.text(); strings.Contains(got, "Members of") {
			t.Errorf("at %dx%d, after Esc:\n%s", size.w, size.h, got)
		}
	}
	c := scene()
	c.unseen, c.seen = true, 3
	s := newScreen(t, c, 120, 40)
	s.command("/members")
	s.pass(time.Minute)
	if len(c.read) != 0 {
		t.Errorf("behind a dialog, messages up to %d were read", c.read)
	}
}
