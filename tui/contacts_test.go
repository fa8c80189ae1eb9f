package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"confab/app/chat"
)

func TestInvitations(t *testing.T) {
	backend := conversation()
	for i, name := range []string{"ops", "trap"} {
		backend.invitations = append(backend.invitations, chat.GroupInvitation{
			Conversation: chat.Conversation{UID: uuid.UUID{byte(i)}, Name: name}, From: chat.User{Name: []string{"bea", "eve"}[i]}, At: start, Members: i + 1,
		})
	}
	s := newScreen(t, backend, 90, 12)
	if got := s.text(); !strings.Contains(got, "2 invitations  ") {
		t.Errorf("the status line has no count:\n%s", got)
	}
	s.typeText("/invitations")
	s.enter()
	golden(t, "invitations", s.text())
	s.press(tea.Key{Code: tea.KeyDown})
	s.typeText("d")
	s.typeText("b")
	if got := s.text(); !strings.Contains(got, "Press y to block @eve.") {
		t.Errorf("a block is not to be confirmed:\n%s", got)
	}
	s.typeText("y")
	s.press(tea.Key{Code: tea.KeyUp})
	s.typeText("y") // nothing was pressed before it
	s.typeText("a")
	want := []string{"decline " + uuid.UUID{1}.String(), "block @eve", "accept " + uuid.UUID{0}.String()}
	if strings.Join(backend.asked, ", ") != strings.Join(want, ", ") {
		t.Errorf("asked for %q, want %q", backend.asked, want)
	}
}

// A mention by somebody who is blocked rings no bell and marks nothing.
func TestAMentionByTheBlockedDoesNotCount(t *testing.T) {
	backend := conversation()
	s := newScreen(t, backend, 80, 12)
	msg := &chat.Message{Author: 99, Body: "hello @" + s.model.self.Name}
	if !s.model.named(msg) {
		t.Fatal("it names nobody")
	}
	backend.blocked = []chat.UserID{99}
	if s.model.named(msg) {
		t.Error("it counts")
	}
}
