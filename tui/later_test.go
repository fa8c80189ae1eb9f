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
	return slices.Clone(c.later), c.fail
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
	if got := s.text(); !strings.Contains(got, "Reminder: call ann") || !strings.Contains(got, "2 due: /later  ") {
		t.Errorf("it is not told:\n%s", got)
	}
	if !slices.Equal(s.rung, []string{"A reminder is due: /later"}) {
		t.Errorf("it rings %q", s.rung)
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

// A reminder that becomes due rings once, even if another was removed from the list
// meanwhile. It does not ring in do-not-disturb, or if it became due before the user
// connected.
func TestWhatIsDueRings(t *testing.T) {
	backend := everything()
	due := func(s *testScreen, list ...chat.Later) {
		backend.mu.Lock()
		backend.later = list
		backend.mu.Unlock()
		s.happen(chat.LaterChanged{})
	}
	one := chat.Later{Number: 1, Body: "one", DueAt: start, Zone: "UTC"}
	unsent := chat.Later{Number: 2, Conversation: 9, Title: "#ops", Body: "hello", DueAt: start.Add(time.Minute), Refused: "You have left.", Zone: "UTC"}
	three := chat.Later{Number: 3, Body: "three", DueAt: start.Add(2 * time.Minute), Zone: "UTC"}
	four := chat.Later{Number: 4, Body: "four", DueAt: start.Add(3 * time.Minute), Zone: "UTC"}
	backend.later = []chat.Later{one}
	s := newScreen(t, backend, 100, 12)
	if got := s.text(); len(s.rung) != 0 || !strings.Contains(got, "Reminder: one") {
		t.Errorf("at first it rings %q, and shows\n%s", s.rung, got)
	}
	due(s, unsent) // and the other one is off
	s.pass(time.Minute)
	due(s, unsent)
	s.typeText("/settings notify-text content")
	s.enter()
	due(s, unsent, three)
	if want := []string{"A message was not sent: /later", "Reminder: three (/later takes it off)"}; !slices.Equal(s.rung, want) {
		t.Errorf("it rings %q, want %q", s.rung, want)
	}
	s.pass(time.Minute)
	name, value := chat.QuietPreference(s.now.Add(time.Hour))
	if err := backend.SetPreference(t.Context(), name, value); err != nil {
		t.Fatal(err)
	}
	s.happen(chat.PreferencesChanged{User: 1})
	due(s, unsent, three, four)
	if got := s.text(); len(s.rung) != 2 || !strings.Contains(got, "3 due") || !strings.Contains(got, "Reminder: four") || !strings.Contains(got, "dnd until ") {
		t.Errorf("in do-not-disturb it rings %q, and shows\n%s", s.rung, got)
	}
	s.pass(time.Hour)
	if got := s.text(); strings.Contains(got, "dnd") {
		t.Errorf("do-not-disturb does not end:\n%s", got)
	}
}
