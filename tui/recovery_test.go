package tui

import (
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/tui/setting"
)

// strong is [several] with a message that has markup.
func strong() *fakeChat {
	c := several()
	c.post(2, "bob", "*strong*", start)
	return c
}

// What cannot be read while the server is in trouble is on the screen when the trouble has
// passed. The user need not press a key, and no further event need come.
func TestWhatCouldNotBeReadIsReadAgain(t *testing.T) {
	const fresh = chat.ConversationID(30)
	group := func() chat.ConversationSummary {
		return chat.ConversationSummary{
			Conversation: chat.Conversation{ID: fresh, Kind: chat.KindGroup, Name: "zebra", LastSeq: 10},
			Mine:         chat.Membership{Role: chat.RoleMember, Markers: chat.Markers{Seen: 10}},
		}
	}
	events := func(s *testScreen, all ...chat.Event) { s.update(&eventsMsg{Events: all}) }
	for _, c := range []struct {
		name   string
		during func(*testScreen) // what happens while nothing can be read
		after  func(*testScreen) bool
	}{
		{"the list", func(s *testScreen) {
			s.chat.others = append(s.chat.others, group())
			events(s, chat.ListChanged{})
		}, func(s *testScreen) bool { return strings.Contains(s.text(), "#zebra") }},
		{"a new conversation", func(s *testScreen) {
			s.chat.others = append(s.chat.others, group())
			s.run(s.model.nav.visit(fresh))
		}, func(s *testScreen) bool { return s.model.timeline.Shows(fresh) }},
		{"a visit", func(s *testScreen) { s.run(s.model.nav.visit(11)) },
			func(s *testScreen) bool { return s.chat.visits[len(s.chat.visits)-1] == 11 }},
		{"messages", func(s *testScreen) {
			s.chat.post(2, "bob", "written meanwhile", start.Add(time.Hour))
			s.update(&eventsMsg{Resync: true})
		}, func(s *testScreen) bool { return strings.Contains(s.text(), "written meanwhile") }},
		{"preferences", func(s *testScreen) {
			s.chat.set = map[string]string{setting.Preference(setting.Markup): setting.Off}
			events(s, chat.PreferencesChanged{})
		}, func(s *testScreen) bool { return strings.Contains(s.text(), "*strong*") }},
		{"an invitation", func(s *testScreen) {
			s.chat.invitations = []chat.GroupInvitation{{Conversation: chat.Conversation{ID: fresh, Name: "zebra"}, From: chat.User{ID: 2, Name: "bob"}}}
			events(s, chat.InvitationsChanged{})
		}, func(s *testScreen) bool { return strings.Contains(s.text(), "@bob invites you to #zebra") }},
		{"a reminder", func(s *testScreen) {
			s.chat.later = []chat.Later{{Number: 1, Body: "tea", DueAt: s.now}}
			events(s, chat.LaterChanged{})
		}, func(s *testScreen) bool { return strings.Contains(s.text(), "tea") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScreen(t, strong(), 120, 24)
			if c.after(s) {
				t.Fatalf("it is there already:\n%s", s.text())
			}
			s.chat.fail = errBroken
			c.during(s)
			s.pass(10 * time.Second)
			if n := len(s.faults); n == 0 || n > 40 {
				t.Errorf("%d faults in the log after ten seconds", n)
			}
			if c.after(s) {
				t.Fatalf("it is there, although it could not be read:\n%s", s.text())
			}
			s.chat.fail = nil
			if s.pass(recoverLate); !c.after(s) {
				t.Errorf("after the fault:\n%s", s.text())
			}
			if len(s.timers) > 2 {
				t.Errorf("%d timers run on", len(s.timers))
			}
		})
	}
}

// A session that begins while nothing can be read starts when it can.
func TestASessionThatBeginsInAFault(t *testing.T) {
	chat := several()
	chat.fail = errBroken
	s := newScreen(t, chat, 120, 24)
	s.typeText("for when it works")
	chat.fail = nil
	s.pass(recoverSoon)
	if got := s.text(); !strings.Contains(got, "hello") || !strings.Contains(got, "for when it works") {
		t.Errorf("after the fault:\n%s", got)
	}
}

// Preferences that cannot be read again stay as they were.
func TestPreferencesStayInAFault(t *testing.T) {
	c := strong()
	c.set = map[string]string{setting.Preference(setting.Markup): setting.Off}
	s := newScreen(t, c, 120, 24)
	c.fail = errBroken
	s.update(&eventsMsg{Events: []chat.Event{chat.PreferencesChanged{}}})
	if got := s.text(); !strings.Contains(got, "*strong*") {
		t.Errorf("the markup is shown again:\n%s", got)
	}
}

// The pause before everything is read again grows while the fault lasts.
func TestAScreenInAFaultAsksLessAndLess(t *testing.T) {
	s := newScreen(t, several(), 120, 24)
	s.chat.fail = errBroken
	s.update(&eventsMsg{Events: []chat.Event{chat.ListChanged{}}})
	minutes := func(n int) {
		for range 60 * n { // timers that start meanwhile end meanwhile
			s.pass(time.Second)
		}
	}
	minutes(10)
	const reads, pauses = 9, 5 + 2*10 // five until the longest one
	if n := len(s.faults); n < 10 || n > reads*pauses {
		t.Errorf("%d faults in ten minutes", n)
	}
	before := len(s.faults)
	s.chat.fail = nil
	minutes(10)
	if len(s.faults) != before {
		t.Error("there are faults when all works")
	}
	s.chat.fail = errBroken
	s.update(&eventsMsg{Events: []chat.Event{chat.ListChanged{}}})
	s.chat.fail = nil
	s.chat.post(2, "bob", "written meanwhile", start.Add(time.Hour))
	if s.pass(recoverSoon); !strings.Contains(s.text(), "written meanwhile") {
		t.Errorf("the pause is not short again:\n%s", s.text())
	}
}
