package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// withBob is a chat in which ann is in #general, and in direct messages with bob, which
// /dm bob opens.
func withBob() *fakeChat {
	return &fakeChat{dm: 9, others: []chat.ConversationSummary{{
		Conversation: chat.Conversation{ID: 9, Kind: chat.KindDirect, LastSeq: 3}, Other: chat.User{ID: 2, Name: "bob"},
		Mine: chat.Membership{Conversation: 9, User: 1, Role: chat.RoleMember, Markers: chat.MarkersAt(3)},
	}}}
}

// A message that is entered while a conversation is being opened goes there, and never to
// the previous one.
func TestAMessageWaitsForItsConversation(t *testing.T) {
	s := newScreen(t, withBob(), 80, 24)
	s.hold = true
	s.typeText("/dm bob")
	s.enter()
	s.typeText("a secret")
	s.enter()
	s.typeText("another one")
	s.enter()
	if got := s.text(); len(s.chat.sentTo) != 0 || !strings.Contains(got, "as soon as the conversation is open") {
		t.Errorf("while it is being opened, %d messages are sent, and the screen says\n%s", len(s.chat.sentTo), got)
	}
	s.release()
	if !slices.Equal(s.chat.sentTo, []chat.ConversationID{9, 9}) || s.model.composer.Text() != "" || s.model.timeline.Conversation() != 9 {
		t.Errorf("the messages went to %v, and the composer has %q", s.chat.sentTo, s.model.composer.Text())
	}
}

// If the conversation cannot be opened, the text comes back.
func TestAMessageComesBackIfItsConversationCannotBeOpened(t *testing.T) {
	c := withBob()
	s := newScreen(t, c, 100, 24)
	c.refusal = chat.Refuse(chat.ErrNotFound, "There is no account @bob.")
	s.hold = true
	s.typeText("/dm bob")
	s.enter()
	s.typeText("a secret")
	s.enter()
	s.release()
	if got := s.text(); len(c.sentTo) != 0 || s.model.composer.Text() != "a secret" || !strings.Contains(got, "There is no account @bob.") || !strings.Contains(got, "Not sent: what you wrote is here again.") {
		t.Errorf("sent to %v, and the screen shows\n%s", c.sentTo, got)
	}
}

// A message does not wait if it is not certain what is being opened, or if it answers a
// message of the previous conversation.
func TestAMessageDoesNotWaitForAnything(t *testing.T) {
	for name, do := range map[string]func(s *testScreen){
		"two at once": func(s *testScreen) {
			s.typeText("/dm bob")
			s.enter()
			s.typeText("/dm eve")
			s.enter()
		},
		"going elsewhere meanwhile": func(s *testScreen) {
			s.typeText("/dm bob")
			s.enter()
			s.press(tea.Key{Code: 'n', Mod: tea.ModCtrl})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, withBob(), 100, 24)
			s.hold = true
			do(s)
			s.typeText("a secret")
			s.enter()
			if s.model.composer.Text() != "a secret" || !strings.Contains(s.text(), "wait a moment and press Enter again") {
				t.Errorf("the screen shows\n%s", s.text())
			}
			s.release()
			if len(s.chat.sentTo) != 0 {
				t.Errorf("it is sent to %v", s.chat.sentTo)
			}
		})
	}
}

// A reply that is entered while its thread is being opened waits for it. It comes back if
// its user goes elsewhere before.
func TestAReplyWaitsForItsThread(t *testing.T) {
	for _, leaves := range []bool{false, true} {
		c := withBob()
		root := c.post(2, "bob", "who brings the cake?", start)
		s := newScreen(t, c, 100, 24)
		s.press(esc)
		s.hold = true
		s.typeText("t")
		s.typeText("I do")
		s.enter()
		if len(s.held) == 0 || s.model.composer.Text() != "" {
			t.Fatalf("the screen shows\n%s", s.text())
		}
		if leaves {
			s.typeText("/thread")
			s.enter()
		}
		s.release()
		switch {
		case leaves && (len(c.sentTo) != 0 || s.model.composer.Text() != "I do"):
			t.Errorf("sent to %v, and the composer has %q", c.sentTo, s.model.composer.Text())
		case !leaves && (len(c.sentTo) != 1 || c.inThread[0] != root.ID):
			t.Errorf("sent to %v in the threads %v", c.sentTo, c.inThread)
		}
	}
}

// A message that still waits when the session ends is kept as a draft.
func TestAWaitingMessageIsKeptAtTheEnd(t *testing.T) {
	s := newScreen(t, withBob(), 80, 24)
	s.hold = true
	s.typeText("/dm bob")
	s.enter()
	s.typeText("a secret")
	s.enter()
	if got := s.model.Drafts(); got[fakeConversation] != "a secret" {
		t.Errorf("the drafts are %v", got)
	}
}

// Once the list of conversations is on the screen, one of them is open, and takes what is
// typed: also if keys or events come before the preferences say which one to begin with.
func TestTheListIsNotShownBeforeAConversationIsOpen(t *testing.T) {
	for name, early := range map[string]func(s *testScreen, c *fakeChat){
		"a key":         func(s *testScreen, _ *fakeChat) { s.press(tea.Key{Code: 'u', Mod: tea.ModCtrl}) },
		"a message":     func(s *testScreen, c *fakeChat) { s.arrive(c.post(2, "bob", "hello", start)) },
		"missed events": func(s *testScreen, _ *fakeChat) { s.update(&eventsMsg{Resync: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			c := withBob()
			s := startScreen(t, c, 100, 24)
			s.hold = true
			s.run(s.model.Init())
			preferences := s.held
			s.held = nil
			early(s, c)
			s.release()
			if got := s.text(); strings.Contains(got, "#general") {
				t.Errorf("before the preferences are known, the screen shows\n%s", got)
			}
			s.held = preferences
			s.release()
			s.typeText("hello")
			s.enter()
			if !slices.Equal(c.sentTo, []chat.ConversationID{fakeConversation}) || s.model.composer.Text() != "" {
				t.Errorf("sent to %v, and the screen shows\n%s", c.sentTo, s.text())
			}
		})
	}
}
