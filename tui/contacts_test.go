package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"confab/app"
)

func TestInvitations(t *testing.T) {
	chat := conversation()
	for i, name := range []string{"ops", "trap"} {
		chat.invitations = append(chat.invitations, app.GroupInvitation{
			Conversation: app.Conversation{UID: uuid.UUID{byte(i)}, Name: name}, From: app.User{Name: []string{"bea", "eve"}[i]}, At: start, Members: i + 1,
		})
	}
	s := newScreen(t, chat, 90, 12)
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
	if strings.Join(chat.asked, ", ") != strings.Join(want, ", ") {
		t.Errorf("asked for %q, want %q", chat.asked, want)
	}
}

// A mention by somebody who is blocked rings no bell and marks nothing.
func TestAMentionByTheBlockedDoesNotCount(t *testing.T) {
	chat := conversation()
	s := newScreen(t, chat, 80, 12)
	msg := &app.Message{Author: 99, Body: "hello @" + s.model.self.Name}
	if !s.model.named(msg) {
		t.Fatal("it names nobody")
	}
	chat.blocked = []app.UserID{99}
	if s.model.named(msg) {
		t.Error("it counts")
	}
}
