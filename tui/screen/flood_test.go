package screen

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A session that ends while keys wait handles few of them, however it ends.
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

// Expensive keys wait for each other, because their session has a limited share of the
// time. People's typing needs far less than this share.
func TestBudget(t *testing.T) {
	spend := func(each, every time.Duration, times int) (waited time.Duration) {
		b := NewBudget()
		now := time.Unix(1, 0)
		for range times {
			wait := b.spend(now.Add(each), each)
			now = now.Add(max(each+wait, every))
			waited += wait
		}
		return waited
	}
	if w := spend(time.Millisecond, 30*time.Millisecond, 10_000); w > 0 {
		t.Errorf("keys of a millisecond that are held down waited %s", w)
	}
	if w := spend(2*time.Millisecond, 0, 10_000); w < 18*time.Second*budgetShare {
		t.Errorf("20 s of work in a row waited only %s", w)
	}
	if w := spend(10*time.Millisecond, 0, 10); w > 0 {
		t.Errorf("a large paste waited %s", w)
	}
	// Nobody waits because the machine is busy with other work.
	key, paste := []tea.Msg{tea.KeyPressMsg{}}, []tea.Msg{tea.PasteMsg{}}
	if cost := costOf(key, time.Second); cost != keyMost {
		t.Errorf("a key counts %s", cost)
	}
	if cost := costOf(paste, time.Second); cost != keyMost+pasteMost {
		t.Errorf("a paste counts %s", cost)
	}
}

// Sessions that share a budget have one share together, and the waiting ones are held.
func TestSessionsShareABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sessions, lasts, each = 10, 20 * time.Second, 100 * time.Microsecond
		shared := NewBudget()
		var worked, held, most atomic.Int64
		begun := time.Now()
		var all []*host
		for range sessions {
			h := newHost(t, &logger{react: func(msg tea.Msg) tea.Cmd {
				if _, ok := msg.(tea.KeyPressMsg); ok {
					time.Sleep(each)
					worked.Add(int64(each))
				}
				return nil
			}})
			h.budget = shared
			h.hold = func(on bool) {
				if !on {
					held.Add(-1)
				} else if now := held.Add(1); now > most.Load() {
					most.Store(now)
				}
			}
			h.start()
			all = append(all, h)
			go func() {
				for time.Since(begun) < lasts {
					if _, err := h.keys.Write([]byte(strings.Repeat("x", maxKeys))); err != nil {
						return
					}
				}
			}()
		}
		time.Sleep(lasts)
		share := lasts/budgetShare + budgetBurst
		if worked := time.Duration(worked.Load()); worked > share+sessions*maxKeys*each || worked < share*9/10 {
			t.Errorf("%d sessions have worked for %s in %s, and their share is %s", sessions, worked, lasts, share)
		}
		if most.Load() != sessions {
			t.Errorf("%d of %d sessions were held at most", most.Load(), sessions)
		}
		for _, h := range all {
			h.cancel(errors.New("gone"))
			h.end()
		}
		if held.Load() != 0 {
			t.Errorf("%d sessions are held that have ended", held.Load())
		}
	})
}
