package service

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"confab/app/chat"
)

// endedLive is the live side of a session that can only end.
type endedLive struct {
	chat.LiveSession
	over chan struct{}
}

func (l *endedLive) End(string)            { close(l.over) }
func (l *endedLive) Mailbox() chat.Mailbox { return endedMailbox{over: l.over} }

// endedMailbox is the mailbox of an endedLive.
type endedMailbox struct {
	chat.Mailbox
	over chan struct{}
}

func (m endedMailbox) Ended() <-chan struct{} { return m.over }

// asking returns a session for each user, on a service with a limit of requests in a second.
func asking(perSecond int, users ...chat.UserID) []*Session {
	service := &service{pace: newPace(Limits{Requests: perSecond}, time.Now)}
	sessions := make([]*Session, len(users))
	for i, u := range users {
		sessions[i] = &Session{&session{service: service, user: chat.User{ID: u}, live: &endedLive{over: make(chan struct{})}, closed: make(chan struct{})}}
	}
	return sessions
}

func TestWhoAsksForMuchIsSlowedAndThenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := asking(100, 1, 1, 2)
		begun := time.Now()
		for i := range 1900 / costList { // from two sessions
			err := x[i%2].ask(t.Context(), costList)
			// The requests of one second are allowed at once, and those of nine more seconds soon.
			want := time.Duration(max(0, (i+1)*costList-100)) * time.Second / (askingSpeed * 100)
			if err != nil || time.Since(begun) != want {
				t.Fatalf("the %dth: %v, after %s, want %s", i, err, time.Since(begun), want)
			}
		}
		begun = time.Now()
		if err := x[0].ask(t.Context(), costSearch); err != nil || time.Since(begun) != 200*time.Millisecond {
			t.Errorf("a search: %v, after %s; want 200ms", err, time.Since(begun))
		}
		x[1].owe(1000) // a hundred units
		begun = time.Now()
		if err := x[0].ask(t.Context(), costSearch); err != nil || time.Since(begun) != 1200*time.Millisecond {
			t.Errorf("after much was brought: %v, after %s; want 1.2s", err, time.Since(begun))
		}
		x[0].owe(10_000)
		begun = time.Now()
		if err := x[0].ask(t.Context(), costLookup); !errors.Is(err, chat.ErrTooFast) || !chat.IsRefusal(err) {
			t.Errorf("after very much was brought: %v", err)
		}
		if got := time.Since(begun); got != refusalTime {
			t.Errorf("a refusal takes %s", got)
		}
		if err := x[2].ask(t.Context(), costSearch); err != nil {
			t.Errorf("another account: %v", err)
		}
		time.Sleep(20 * time.Second)
		if err := x[0].ask(t.Context(), costLookup); err != nil {
			t.Errorf("later: %v", err)
		}
	})
}

// A waiting request ends when its session or its context ends.
func TestARequestThatWaitsEndsWithItsSession(t *testing.T) {
	for name, end := range map[string]func(*Session, context.CancelFunc){
		"ended":     func(s *Session, _ context.CancelFunc) { s.live.End("over") },
		"closed":    func(s *Session, _ context.CancelFunc) { close(s.closed) },
		"cancelled": func(_ *Session, cancel context.CancelFunc) { cancel() },
		"stopped":   func(s *Session, _ context.CancelFunc) { s.service.pace.stop() },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := asking(100, 1)[0]
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for range 10 {
				if err := s.ask(ctx, 100); err != nil {
					t.Fatal(err)
				}
			}
			begun := time.Now()
			answer := make(chan error)
			go func() { answer <- s.ask(ctx, 400) }()
			synctest.Wait()
			end(s, cancel)
			if err := <-answer; err == nil || time.Since(begun) != 0 {
				t.Errorf("%s: %v, after %s", name, err, time.Since(begun))
			}
		})
	}
}
