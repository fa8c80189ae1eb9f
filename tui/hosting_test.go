package tui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app"
)

// JoinRequests are those that the tests put there; without any, the user is no
// admin.
func (c *fakeChat) JoinRequests(context.Context) ([]app.JoinRequest, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		return nil, app.Refuse(app.ErrNotAllowed, "Only owners and admins of the server do that: ask one of them.")
	}
	return slices.Clone(c.requests), nil
}

func (c *fakeChat) AnswerRequest(_ context.Context, id int64, approve bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.requests, func(r app.JoinRequest) bool { return r.ID == id })
	if i < 0 {
		return app.Refuse(app.ErrNotFound, "That request has been answered already, or it was withdrawn.")
	}
	c.requests = slices.Delete(c.requests, i, i+1)
	word := "refused "
	if approve {
		word = "approved "
	}
	c.answers = append(c.answers, word+c.requestsName(id))
	return nil
}

func (c *fakeChat) requestsName(id int64) string { return string(rune('a' + id)) }

func TestRequests(t *testing.T) {
	chat := conversation()
	for i, name := range []string{"bea", "cleo", "dan"} {
		chat.requests = append(chat.requests, app.JoinRequest{
			ID: int64(i + 1), Name: name, Note: "it is me, " + name, Address: "192.0.2.7", Fingerprint: "SHA256:" + name, AskedAt: start.Add(time.Hour),
		})
	}
	s := newScreen(t, chat, 80, 12)
	if got := s.text(); !strings.Contains(got, "3 requests  ") {
		t.Fatalf("the status line has no count:\n%s", got)
	}
	s.typeText("/requests")
	s.enter()
	golden(t, "requests", s.text())
	s.press(tea.Key{Code: tea.KeyDown})
	s.typeText("a")
	s.typeText("a") // the same one again, until the list has been read anew
	s.update(eventsMsg{Events: []app.Event{app.RequestsChanged{Waiting: 2}}})
	s.typeText("r")
	s.update(eventsMsg{Events: []app.Event{app.RequestsChanged{Waiting: 1}}})
	if want := []string{"approved c", "refused b"}; !slices.Equal(chat.answers, want) {
		t.Errorf("the answers are %q, want %q", chat.answers, want)
	}
	if got := s.text(); !strings.Contains(got, "dan  it is me, dan") || strings.Contains(got, "bea") {
		t.Errorf("the page shows:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	if got := s.text(); !strings.Contains(got, "1 request  ") {
		t.Errorf("the status line has no count:\n%s", got)
	}
}

func TestInvitationsAreRead(t *testing.T) {
	for text, want := range map[string]app.Invitation{
		"":                                    {},
		"--uses 5":                            {Uses: 5},
		"--uses=5 --expires=12h":              {Uses: 5, Lasts: 12 * time.Hour},
		"--expires 2w --role admin --uses 10": {Uses: 10, Lasts: 14 * 24 * time.Hour, Role: app.RoleAdmin},
	} {
		if got, err := parseInvitation(words(text)); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"5", "--uses", "--uses many", "--uses 0", "--uses -1", "--expires 7", "--expires 0d", "--forever yes"} {
		if got, err := parseInvitation(words(text)); !app.IsRefusal(err) {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}
