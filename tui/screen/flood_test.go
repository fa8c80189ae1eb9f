package screen

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A session that ends while keys wait deals with few of them, whichever way it
// ends.
func TestKeysThatWaitAreDroppedAtTheEnd(t *testing.T) {
	gone := errors.New("gone")
	for name, end := range map[string]func(h *host) error{
		"the connection": func(h *host) error { h.cancel(gone); return gone },
		"the model": func(h *host) error {
			h.messages = []tea.Msg{tea.QuitMsg{}}
			h.wake <- struct{}{}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var h *host
				var want error
				keys := 0
				model := &logger{react: func(msg tea.Msg) tea.Cmd {
					if _, ok := msg.(tea.KeyPressMsg); ok {
						if keys++; keys == 1 {
							want = end(h)
						}
					}
					return nil
				}}
				h = newHost(t, model)
				h.start()
				go func() { _, _ = h.keys.Write([]byte(strings.Repeat("x", 100*readSize))) }()
				h.end()
				if !errors.Is(h.err, want) || keys > 2*maxKeys {
					t.Errorf("ended with %v after %d keys", h.err, keys)
				}
			})
		})
	}
}

// Keys that take long to deal with wait for each other: their session has a share
// of the time, and what people type does not come near it.
func TestBudget(t *testing.T) {
	spend := func(each, every time.Duration, times int) (waited time.Duration) {
		var b budget
		now := time.Unix(1, 0)
		for range times {
			wait := b.spend(now, now.Add(each))
			now = now.Add(max(wait, every))
			waited += wait
		}
		return waited
	}
	if w := spend(time.Millisecond, 30*time.Millisecond, 10_000); w > 0 {
		t.Errorf("keys of a millisecond that are held down waited %s", w)
	}
	if w := spend(2*time.Millisecond, 0, 10_000); w < 10*time.Second*budgetShare {
		t.Errorf("20 s of work in a row waited only %s", w)
	}
	if w := spend(100*time.Millisecond, 0, 5); w > 0 {
		t.Errorf("a paste that takes half a second waited %s", w)
	}
}
