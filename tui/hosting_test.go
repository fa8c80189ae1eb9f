package tui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// JoinRequests returns the requests of the test. Without any, the user is not an admin.
func (c *fakeChat) JoinRequests(context.Context) ([]chat.JoinRequest, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		return nil, chat.Refuse(chat.ErrNotAllowed, "Only owners and admins of the server do that: ask one of them.")
	}
	return slices.Clone(c.requests), nil
}

func (c *fakeChat) AnswerRequest(_ context.Context, id int64, approve bool) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.requests, func(r chat.JoinRequest) bool { return r.ID == id })
	if i < 0 {
		return false, chat.Refuse(chat.ErrNotFound, "That request has been answered already, or it was withdrawn.")
	}
	named := c.requests[i].Conflict == ""
	c.requests = slices.Delete(c.requests, i, i+1)
	word := "refused "
	if approve {
		word = "approved "
	}
	c.answers = append(c.answers, word+c.requestsName(id))
	return named, nil
}

func (c *fakeChat) requestsName(id int64) string { return string(rune('a' + id)) }

func TestRequests(t *testing.T) {
	backend := everything()
	for i, name := range []string{"bea", "cleo", "dan"} {
		backend.requests = append(backend.requests, chat.JoinRequest{
			ID: int64(i + 1), Name: name, Note: "it is me, " + name, Address: "192.0.2.7", Fingerprint: "SHA256:" + strings.Repeat(name, 30)[:43], AskedAt: start.Add(time.Hour),
		})
	}
	backend.requests[0].Conflict = "The name bea is taken"
	backend.requests[1].Note = strings.Repeat("it is me ", 20) + "the end"
	s := newScreen(t, backend, 80, 20)
	if got := s.text(); !strings.Contains(got, "3 requests: /requests  ") {
		t.Fatalf("the status line has no count:\n%s", got)
	}
	s.typeText("/requests")
	s.enter()
	golden(t, "requests", s.text())
	asks := func(what string) {
		t.Helper()
		if got := s.text(); !strings.Contains(got, what) {
			t.Errorf("it does not ask %q:\n%s", what, got)
		}
	}
	s.press(tea.Key{Code: tea.KeyDown})
	asks("the end")
	s.typeText("a")
	asks("Let cleo in, who asked from 192.0.2.7?")
	s.typeText("x") // and does nothing else
	s.typeText("y")
	asks("Asking to join: 3")
	s.typeText("r")
	asks("Refuse cleo")
	s.press(tea.Key{Code: tea.KeyEscape})
	s.typeText("a")
	asks("Let cleo in")
	s.typeText("y")
	asks("cleo is let in.")
	// The list has changed, and the user has not seen the next request, so it is not
	// answered.
	s.update(&eventsMsg{Events: []chat.Event{chat.RequestsChanged{Waiting: 2}}})
	s.typeText("ay")
	s.typeText("a")
	s.typeText("y")
	s.text()
	s.typeText("r")
	asks("Refuse bea")
	// Somebody else answers meanwhile.
	backend.requests = backend.requests[1:]
	s.update(&eventsMsg{Events: []chat.Event{chat.RequestsChanged{Waiting: 1}}})
	s.typeText("y")
	if want := []string{"approved c"}; !slices.Equal(backend.answers, want) {
		t.Errorf("the answers are %q, want %q", backend.answers, want)
	}
	backend.requests[0].Conflict = "The name dan is taken"
	s.update(&eventsMsg{Events: []chat.Event{chat.RequestsChanged{Waiting: 1}, chat.RequestNamed{Asked: "bea", Name: "beate"}}})
	asks("The newcomer who asked for the name bea is now called beate.")
	s.typeText("a")
	asks("Let dan in")
	backend.requests = append(backend.requests, chat.JoinRequest{ID: 9, Name: "eva", Note: "x", Address: "192.0.2.8", AskedAt: start})
	s.typeText("y")
	asks("dan is let in and has to choose another name first")
	if got := s.text(); !strings.Contains(got, "eva, ") {
		t.Errorf("the page shows:\n%s", got)
	}
	s.press(tea.Key{Code: tea.KeyEscape})
	if got := s.text(); !strings.Contains(got, "1 request: /requests  ") {
		t.Errorf("the status line has no count:\n%s", got)
	}
}
