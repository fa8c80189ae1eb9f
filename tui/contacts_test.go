package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"confab/app/chat"
)

func TestInvitations(t *testing.T) {
	backend := everything()
	for i, name := range []string{"ops", "trap"} {
		backend.invitations = append(backend.invitations, chat.GroupInvitation{
			Conversation: chat.Conversation{UID: uuid.UUID{byte(i)}, Name: name}, From: chat.User{Name: []string{"bea", "eve"}[i]}, At: start, Members: i + 1,
		})
	}
	s := newScreen(t, backend, 90, 12)
	if got := s.text(); !strings.Contains(got, "2 invitations: /invitations  ") {
		t.Errorf("the status line has no count:\n%s", got)
	}
	// While nothing else is in the status line, it is said where this leads on a narrow screen, too.
	if got := newScreen(t, backend, 60, 12).text(); !strings.Contains(got, "2 invitations: /invitations  ann  ? help") {
		t.Errorf("the narrow status line has no count:\n%s", got)
	}
	s.typeText("/invitations")
	s.enter()
	golden(t, "invitations", s.text())
	backend.mu.Lock()
	backend.invitationsOlder = 23
	backend.mu.Unlock()
	s.typeText("q")
	s.typeText("/invitations")
	s.enter()
	if got := s.text(); !strings.Contains(got, "Invitations: 2 of 25. Answer some of these to see older ones") {
		t.Errorf("the screen does not mention older ones:\n%s", got)
	}
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
	mention := func(blocked ...chat.UserID) (bells int, sidebar string) {
		backend := several()
		backend.blocked = blocked
		s := newScreen(t, backend, 80, 12)
		s.arrive(elsewhere(11, 11, "hello @ann"))
		return s.bells, s.text()
	}
	if bells, got := mention(); bells != 1 || !strings.Contains(got, "@1 ") {
		t.Fatalf("a mention rang %d times:\n%s", bells, got)
	}
	if bells, got := mention(2); bells != 0 || strings.Contains(got, "@1 ") || !strings.Contains(got, "1 ") {
		t.Errorf("by a blocked user it rang %d times, and should be counted as any message:\n%s", bells, got)
	}
}
