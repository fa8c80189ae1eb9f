package testkit

import (
	"io"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// Terminal is an emulated terminal that remembers its modes and titles. Only one
// goroutine may use it at a time, apart from [Terminal.Answer].
type Terminal struct {
	*vt.Emulator
	Modes  map[ansi.Mode]bool // the modes that were turned on or off
	Titles []string           // the window titles, in the order in which they were set
	Hidden bool               // the cursor is hidden
}

// NewTerminal makes a terminal of this many cells.
func NewTerminal(width, height int) *Terminal {
	t := &Terminal{Emulator: vt.NewEmulator(width, height), Modes: make(map[ansi.Mode]bool)}
	t.SetScrollbackSize(1) // nobody scrolls back, and 10,000 lines of cells take much memory and time
	t.SetCallbacks(vt.Callbacks{
		EnableMode:       func(m ansi.Mode) { t.Modes[m] = true },
		DisableMode:      func(m ansi.Mode) { t.Modes[m] = false },
		CursorVisibility: func(visible bool) { t.Hidden = !visible },
		Title:            func(title string) { t.Titles = append(t.Titles, title) },
	})
	return t
}

// Title returns the present window title.
func (t *Terminal) Title() string {
	if len(t.Titles) == 0 {
		return ""
	}
	return t.Titles[len(t.Titles)-1]
}

// Answer passes the terminal's answers to queries on, until the test ends. Without it, a
// query blocks the terminal.
func (t *Terminal) Answer(tb testing.TB, to func(answer []byte)) {
	tb.Helper()
	go func() {
		for buf := make([]byte, 256); ; {
			n, err := t.Read(buf)
			if err != nil {
				return
			}
			to(buf[:n])
		}
	}()
	tb.Cleanup(func() { _ = t.InputPipe().(io.Closer).Close() })
}
