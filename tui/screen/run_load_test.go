package screen

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

func TestRunCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say := func(s string) tea.Cmd { return func() tea.Msg { return s } }
		h := newHost(t, &logger{react: func(msg tea.Msg) tea.Cmd {
			k, _ := msg.(tea.KeyPressMsg)
			switch k.String() {
			case "b":
				return func() tea.Msg { return tea.BatchMsg{say("one"), nil, tea.Batch(nil, say("one"), say("one"))} }
			case "n":
				return func() tea.Msg { return nil }
			case "t":
				return tea.Tick(time.Minute, func(time.Time) tea.Msg { return "tick" })
			case "r":
				return tea.Raw("\a")
			case "l":
				return tea.ClearScreen
			}
			return nil
		}})
		h.start()
		h.press("b")
		h.press("n")
		h.press("t")
		h.logged("size 80x24", "b", "one", "one", "one", "n", "t")
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		h.logged("size 80x24", "b", "one", "one", "one", "n", "t", "tick")

		h.client.sent.Reset()
		h.press("r")
		if got := h.client.sent.String(); strings.Count(got, "\a") != 1 {
			t.Errorf("after Raw: %q", got)
		}
		h.client.sent.Reset()
		h.press("l")
		if got := h.client.sent.String(); !strings.Contains(got, clearScreen) {
			t.Errorf("after ClearScreen: %q", got)
		}
		h.shows()
		h.press("t") // its message comes after the end
		h.cancel(nil)
		h.end()
		time.Sleep(time.Minute)
	})
}

// Output that commands write beside the frames is bounded.
func TestRunRawIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.client.release = make(chan struct{})
		h.start()
		for range 64 {
			h.tell(tea.RawMsg{Msg: strings.Repeat("\x00", maxRaw/16)})
		}
		close(h.client.release)
		synctest.Wait()
		if n := strings.Count(h.client.sent.String(), "\x00"); n != maxRaw {
			t.Errorf("%d bytes written, want %d", n, maxRaw)
		}
		h.cancel(nil)
		h.end()
	})
}

// A source that is closed, or has nothing, costs nothing.
func TestRunWakeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.start()
		h.tell(nil)
		h.logged("size 80x24")
		h.tell(tea.QuitMsg{})
		h.end()
		if h.err != nil {
			t.Errorf("Run returned %v", h.err)
		}

		h = newHost(t, &logger{})
		h.start()
		close(h.wake)
		h.press("x") // waits until the session is idle: it does not spin
		h.logged("size 80x24", "x")
		h.cancel(nil)
		h.end()
	})
}

// A flood of keys stops neither the frames nor the end of the session.
func TestRunFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &logger{react: quitOn("q")}
		m.adjust = func(f *Frame) { f.Title = fmt.Sprint(m.frames) } // no two are alike
		h := newHost(t, m)
		h.start()
		go func() {
			for {
				if _, err := io.WriteString(h.keys, "x"); err != nil {
					return
				}
			}
		}()
		// The flood lasts until the screen has changed often enough. If it stopped the
		// frames, it would last for ever.
		for h.client.count() < 10 {
			h.wake <- struct{}{}
		}
		h.cancel(nil)
		h.end()
	})
}
