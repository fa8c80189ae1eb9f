package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// quitOn quits at a key.
func quitOn(key string) func(tea.Msg) tea.Cmd {
	return func(msg tea.Msg) tea.Cmd {
		if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == key {
			return tea.Quit
		}
		return nil
	}
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{react: quitOn("q"), init: func() tea.Msg { return "init" }})
		h.exitMessage = func() string { return "Bye.\nCome back\x1b[2J soon.\n" }
		h.start()
		h.press("hi")
		h.shows()
		h.press("\x1b[200~pasted\x1b[201~\x1b[I")
		h.tell("news")
		h.shows()
		h.press("q")
		h.end()
		h.logged("size 80x24", "init", "h", "i", `paste "pasted"`, "tea.FocusMsg", "news", "q")
		if h.err != nil || h.last != Model(h.model) {
			t.Errorf("Run returned %v, %v", h.last, h.err)
		}
		h.restored()
		if sent := h.client.sent.String(); !strings.HasSuffix(sent, leave+"Bye.\r\nCome back?[2J soon.\r\n") {
			t.Errorf("ends with %q", sent[max(0, len(sent)-200):])
		}
	})
}

// sessionGoroutines returns the number of goroutines that run a part of a session. It reads
// their stacks, because [runtime.NumGoroutine] also counts those that have just ended.
func sessionGoroutines() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "screen.(*session).") {
			n++
		}
	}
	return n
}

// An idle session holds the caller's goroutine and one that reads.
func TestRunIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.start()
		h.press("hello")
		if n := sessionGoroutines(); n != 2 {
			t.Errorf("%d goroutines", n)
		}
		updates, frames := h.model.counts()
		time.Sleep(time.Hour) // of the bubble: a timer would fire
		if u, f := h.model.counts(); u != updates || f != frames {
			t.Errorf("%d updates and %d frames while idle", u-updates, f-frames)
		}
		h.cancel(nil)
		h.end()
	})
}

// While a client reads nothing, the model goes on, no frames are made, and the next frame
// shows the latest state.
func TestRunSlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.client.release = make(chan struct{})
		h.start()
		for i := range 100 {
			h.tell(fmt.Sprintf("message %d", i))
			h.press("x")
		}
		if updates, frames := h.model.counts(); updates != 201 || frames != 1 {
			t.Errorf("%d updates, %d frames", updates, frames)
		}
		h.client.release <- struct{}{}
		h.client.release <- struct{}{}
		synctest.Wait()
		if _, frames := h.model.counts(); h.client.writes != 2 || frames != 2 {
			t.Errorf("%d writes, %d frames", h.client.writes, frames)
		}
		h.shows()
		close(h.client.release)
		h.cancel(nil)
		h.end()
		h.restored()
	})
}

// A client that is slow again and again loses nothing, and nothing is left behind for it: the
// goroutine of each slow write ends with the write.
func TestRunClientThatIsSlowAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.start()
		h.client.release = make(chan struct{})
		for i := range 20 {
			h.tell(fmt.Sprintf("message %d", i))
			time.Sleep(2 * writeSoon) // of the bubble: the loop goes on elsewhere
			h.tell(fmt.Sprintf("message %d, while the client waits", i))
			h.client.release <- struct{}{}
			h.client.release <- struct{}{}
			synctest.Wait()
			h.shows()
			if n := sessionGoroutines(); n != 2 {
				t.Errorf("%d goroutines after %d slow writes", n, i+1)
			}
		}
		close(h.client.release)
		h.cancel(nil)
		h.end()
		h.restored()
	})
}

// From a flood of sizes, the model gets only those for which a frame can be drawn, and the
// last one.
func TestRunResizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.client.release = make(chan struct{})
		h.start()
		for i := range 1000 {
			h.resize <- Size{20 + i%60, 5 + i%19}
		}
		h.resize <- Size{100000, 0}
		h.resize <- Size{60, 12}
		h.client.term.Resize(60, 12)
		close(h.client.release)
		synctest.Wait()
		h.logged("size 80x24", "size 60x12")
		h.shows()
		h.resize <- Size{60, 12}
		h.resize <- Size{100000, 100000}
		synctest.Wait()
		close(h.resize)
		h.tell("more")
		h.logged("size 80x24", "size 60x12", "size 500x300", "more")
		h.cancel(nil)
		h.end()
	})
}

func TestRunCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.exitMessage = func() string { return "The server stops." }
		h.start()
		stop := errors.New("stop")
		h.cancel(stop)
		h.end()
		if !errors.Is(h.err, stop) {
			t.Errorf("Run returned %v", h.err)
		}
		h.restored()
		if got := strings.TrimSpace(h.client.term.String()); got != "The server stops." {
			t.Errorf("the terminal shows %q", got)
		}
	})
}

// A client that reads nothing does not delay the stop of the server.
func TestRunStuckClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.client.release = make(chan struct{})
		h.start()
		start := time.Now()
		h.cancel(nil)
		<-h.done
		if d := time.Since(start); d != writeSoon+leaveTimeout { // of the bubble's clock
			t.Errorf("Run took %v to give up the frame", d)
		}
		h.end()

		h = newHost(t, &logger{})
		h.start()
		h.client.release = make(chan struct{})
		start = time.Now()
		h.cancel(nil)
		<-h.done
		if d := time.Since(start); d != leaveTimeout {
			t.Errorf("Run took %v to give up leaving", d)
		}
		h.end()
	})
}

func TestRunDisconnected(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		end  func(*host)
		want error // in addition to ErrDisconnected
	}{
		{"end of the keys", func(h *host) { h.keys.Close() }, nil},
		{"keys fail", func(h *host) { h.keys.CloseWithError(broken) }, broken},
		{"frames fail", func(h *host) {
			h.client.release = make(chan struct{})
			h.press("x")
			close(h.client.closed)
			synctest.Wait()
			h.client.closed = make(chan struct{})
		}, errClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, &logger{})
				h.start()
				c.end(h)
				h.end()
				if !errors.Is(h.err, ErrDisconnected) || c.want != nil && !errors.Is(h.err, c.want) {
					t.Errorf("Run returned %v", h.err)
				}
			})
		})
	}
}

func TestRunPanics(t *testing.T) {
	boom := errors.New("boom")
	die := func() tea.Msg { panic(boom) }
	for _, c := range []struct {
		name    string
		model   *logger
		entered bool
	}{
		{"Update", &logger{react: func(msg tea.Msg) tea.Cmd {
			if _, ok := msg.(tea.KeyPressMsg); ok {
				panic(boom)
			}
			return nil
		}}, true},
		{"Frame", &logger{adjust: func(f *Frame) {
			if f.Panes[1].Rows[22] == "x" {
				panic(boom)
			}
		}}, true},
		{"command", &logger{react: func(msg tea.Msg) tea.Cmd {
			if _, ok := msg.(tea.KeyPressMsg); ok {
				return tea.Batch(die, die)
			}
			return nil
		}}, true},
		{"first message", &logger{react: func(tea.Msg) tea.Cmd { panic(boom) }}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, c.model)
				h.exitMessage = func() string { return "Something went wrong." }
				h.start()
				if c.entered {
					h.press("x")
				}
				h.end()
				p := new(PanicError)
				if !errors.As(h.err, &p) || !errors.Is(h.err, boom) || !strings.Contains(p.Error(), "run_test.go") {
					t.Errorf("Run returned %v", h.err)
				}
				sent := h.client.sent.String()
				if !strings.HasSuffix(sent, "Something went wrong.") {
					t.Errorf("no exit message: %q", sent)
				}
				if c.entered {
					h.restored()
				} else if strings.Contains(sent, "\x1b") {
					t.Errorf("a terminal that was not prepared got %q", sent)
				}
			})
		})
	}
}

func TestRunExitMessagePanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{react: quitOn("q")})
		h.exitMessage = func() string { panic("boom") }
		h.start()
		h.press("q")
		h.end()
		if h.err != nil {
			t.Errorf("Run returned %v", h.err)
		}
		h.restored()
	})
}

// frameless is no Model.
type frameless struct{}

func (frameless) Init() tea.Cmd                       { return nil }
func (frameless) Update(tea.Msg) (tea.Model, tea.Cmd) { return frameless{}, nil }
func (frameless) View() tea.View                      { return tea.View{} }

type turnsFrameless struct{ frameless }

func (turnsFrameless) Frame() Frame { return Frame{} }

func TestRunWithoutFrame(t *testing.T) {
	r, w := io.Pipe()
	m, err := Run(context.Background(), turnsFrameless{}, &Options{In: r, Out: io.Discard})
	w.Close()
	if err == nil || !strings.Contains(err.Error(), "screen.frameless") || m != Model(turnsFrameless{}) {
		t.Errorf("Run returned %v, %v", m, err)
	}
}

func TestRunEscape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &logger{})
		h.start()
		h.press("\x1b")
		h.logged("size 80x24")
		time.Sleep(escTimeout) // of the bubble
		synctest.Wait()
		h.logged("size 80x24", "esc")
		h.press("\x1b")
		h.press("[A")
		h.logged("size 80x24", "esc", "up")
		h.press("\x1b[200~half")
		time.Sleep(pasteTimeout)
		synctest.Wait()
		h.logged("size 80x24", "esc", "up", `paste "half"`, "screen.PasteCutMsg")
		h.press("\x1b")
		h.cancel(nil) // with the timer running
		h.end()
	})
}
