package tui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
)

// fakeLater is the part of the fake chat for reminders and scheduled messages.
type fakeLater struct{ *fakeChat }

func (c fakeLater) List(context.Context) ([]chat.Later, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.later), nil
}

func (c fakeLater) Add(_ context.Context, l chat.Later) (chat.Later, error) {
	l.Title = "#ops"
	return l, c.ask("later %d %s %s %s", l.Conversation, l.At.UTC().Format(time.RFC3339), l.Zone, l.Body)
}

func (c fakeLater) Cancel(_ context.Context, which string) (chat.Later, error) {
	return chat.Later{}, c.ask("cancel %s", which)
}

func TestRemindersAndScheduledMessages(t *testing.T) {
	backend := everything()
	s := newScreen(t, backend, 100, 12)
	for typed, notice := range map[string]string{
		"/remind me in 20m to call ann": "You will be reminded ",
		"/send tomorrow at 9 hello":     "This goes to #ops ",
		"/cancel 3":                     "Cancelled: ",
	} {
		s.typeText(typed)
		s.enter()
		if got := s.text(); !strings.Contains(got, notice) {
			t.Errorf("after %s there is no %q:\n%s", typed, notice, got)
		}
	}
	for _, want := range []string{":22:00Z UTC call ann", "T09:00:00Z UTC hello", "cancel 3"} {
		if !slices.ContainsFunc(backend.asked, func(got string) bool { return strings.HasSuffix(got, want) }) {
			t.Errorf("asked for %q, not for %q", backend.asked, want)
		}
	}
	// A refused command stays in the composer.
	s.typeText("/remind me sometime to call")
	s.enter()
	if got := s.text(); !strings.Contains(got, "Begin with a time: in 20m") || !strings.Contains(got, "/remind me sometime to call") {
		t.Errorf("it is not explained:\n%s", got)
	}
}

// A due reminder is announced once and counted until it is removed. A message that was not
// sent can be edited again.
func TestWhatIsDue(t *testing.T) {
	backend := everything()
	s := newScreen(t, backend, 100, 12)
	backend.mu.Lock()
	backend.later = []chat.Later{
		{Number: 4, Body: "call ann", At: start, DueAt: start, Zone: "UTC"},
		{Number: 2, Conversation: 9, Title: "#ops", Body: "hello\nall", At: start, DueAt: start.Add(-time.Minute), Refused: "You have left.", Zone: "UTC"},
		{Number: 5, Conversation: 9, Title: "#ops", Body: "later", At: start.Add(24 * time.Hour), Zone: "Asia/Tokyo"},
	}
	backend.mu.Unlock()
	s.happen(chat.LaterChanged{})
	if got := s.text(); !strings.Contains(got, "Reminder: call ann") || !strings.Contains(got, "2 due  ") {
		t.Errorf("it is not told:\n%s", got)
	}
	s.typeText("/later")
	s.enter()
	golden(t, "later", s.text())
	s.typeText("d")
	s.typeText("q")
	if want := "cancel 4"; !slices.Contains(backend.asked, want) {
		t.Errorf("asked for %q", backend.asked)
	}
}
