package service

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"confab/app/chat"
)

func TestWhoSendsQuicklyIsSlowedAndThenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{Messages: 120}, time.Now)
		begun := time.Now()
		took := func() time.Duration { return time.Since(begun) }
		for range 60 {
			if err := p.wait(t.Context(), 1, false, 100); err != nil {
				t.Fatal(err)
			}
		}
		if took() != 0 {
			t.Errorf("half a minute's worth took %s", took())
		}
		for range 4 { // one after the other, like a screen
			if err := p.wait(t.Context(), 1, false, 100); err != nil {
				t.Fatal(err)
			}
		}
		if took() != 2*time.Second {
			t.Errorf("the next four took %s, want 2s", took())
		}
		if err := p.wait(t.Context(), 2, false, 100); err != nil || took() != 2*time.Second {
			t.Errorf("another account waits: %v, %s", err, took())
		}
		// Many sessions send at once. Only as many messages are allowed as fit into the
		// longest wait.
		answers := make(chan error)
		for range 30 {
			go func() { answers <- p.wait(context.Background(), 1, false, 100) }()
		}
		sent, refused := 0, 0
		for range 30 {
			switch err := <-answers; {
			case err == nil:
				sent++
			case errors.Is(err, chat.ErrTooFast):
				refused++
			default:
				t.Error(err)
			}
		}
		if sent != 10 || refused != 20 {
			t.Errorf("%d were sent and %d refused, want 10 and 20", sent, refused)
		}
		time.Sleep(31 * time.Second) // half a minute, and a little for rounding
		p.forgetIdle()
		if len(p.senders) != 0 {
			t.Errorf("%d senders are remembered after they have waited", len(p.senders))
		}
		for range 60 {
			if err := p.wait(t.Context(), 1, false, 100); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestBytesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{Bytes: 1}, time.Now)
		if err := p.wait(t.Context(), 1, false, chat.MaxBody); err != nil {
			t.Errorf("the longest message: %v", err)
		}
		if err := p.wait(t.Context(), 1, false, 1000); !errors.Is(err, chat.ErrTooFast) {
			t.Errorf("more at once gets the answer %v", err)
		}
		if err := newPace(Limits{}, time.Now).wait(t.Context(), 1, false, chat.MaxBody); err != nil {
			t.Errorf("without limits: %v", err)
		}
	})
}

func TestNobodyWaitsWhenTheServerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{Messages: 30}, time.Now)
		for range 15 {
			if err := p.wait(t.Context(), 1, false, 1); err != nil {
				t.Fatal(err)
			}
		}
		answer := make(chan error)
		go func() { answer <- p.wait(context.Background(), 1, false, 1) }()
		synctest.Wait()
		p.stop()
		p.stop()
		if err := <-answer; !errors.Is(err, chat.ErrClosed) {
			t.Errorf("a stranger who waits gets the answer %v", err)
		}
	})
}

// A bot's account has a limit of its own.
func TestBotsHaveALimitOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(Limits{Messages: 2, BotMessages: 60}, time.Now)
		sent := func(user chat.UserID, bot bool) (n int) {
			for n < 30 && p.wait(t.Context(), user, bot, 1) == nil {
				n++
			}
			return n
		}
		if people, bots := sent(1, false), sent(2, true); people != 1 || bots != 30 {
			t.Errorf("a person sent %d at once and a bot %d, want 1 and 30", people, bots)
		}
	})
}
