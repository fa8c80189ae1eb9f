package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// long is a chat with n messages of differing heights.
func long(n int) *fakeChat {
	c := &fakeChat{}
	for i := range n {
		body := fmt.Sprintf("message %d", i+1)
		if i%7 == 0 {
			body += strings.Repeat(" and more of it", i%5)
		}
		c.post(chat.UserID(1+i%3), fmt.Sprint("user", i%3), body, start.Add(time.Duration(i)*time.Minute))
	}
	return c
}

func timelineText(s *testScreen) string { return plain(strings.Join(s.model.timeline.Rows(), "\n")) }

// Messages that arrive during a selection do not push the selected message off.
func TestSelectingHoldsThePlace(t *testing.T) {
	s := newScreen(t, long(100), 80, 24)
	s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyUp}, tea.Key{Code: tea.KeyUp})
	for range 100 {
		s.arrive(s.chat.post(2, "bob", "new", start.Add(24*time.Hour)))
	}
	if got := timelineText(s); s.model.timeline.Selected() != 98 || !strings.Contains(got, "message 98") {
		t.Errorf("message %d is selected:\n%s", s.model.timeline.Selected(), got)
	}
}

// The user can scroll up from a message that was not sent, however tall it is.
func TestScrollingPastATallFailedMessage(t *testing.T) {
	s := newScreen(t, long(100), 80, 24)
	s.chat.refuse = errBroken
	s.update(tea.PasteMsg{Content: strings.Repeat("line\n", 100) + "end"})
	s.enter()
	s.press(tea.Key{Code: tea.KeyPgUp})
	if got := timelineText(s); !strings.Contains(got, "message 100") {
		t.Errorf("a page up:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyPgDown})
	if got := timelineText(s); !strings.Contains(got, "Not sent") {
		t.Errorf("and down:\n%s", got)
	}
}
