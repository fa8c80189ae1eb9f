package screen

import (
	"bytes"
	"io"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// The same model runs in the stock program and shows the same text.
func TestStockProgram(t *testing.T) {
	r, w := io.Pipe()
	ready := make(chan struct{})
	m := &logger{react: func(msg tea.Msg) tea.Cmd {
		if _, ok := msg.(tea.WindowSizeMsg); ok {
			close(ready)
		}
		return quitOn("q")(msg)
	}}
	var out bytes.Buffer
	p := tea.NewProgram(m, tea.WithInput(r), tea.WithOutput(&out), tea.WithWindowSize(80, 24),
		tea.WithoutSignalHandler(), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	go func() {
		<-ready
		_, _ = io.WriteString(w, "hi 世q")
	}()
	if _, err := p.Run(); err != nil {
		t.Fatal(err)
	}
	w.Close()

	// The bytes that it sends on leaving do not matter here.
	shown, _, _ := bytes.Cut(out.Bytes(), []byte("\x1b[?1049l"))
	// If its input is not a terminal, it relies on one that maps newlines.
	shown = bytes.ReplaceAll(shown, []byte("\n"), []byte("\r\n"))
	term := newTerminal(80, 24)
	go func() { _, _ = io.Copy(io.Discard, term) }() // its answers to what the program asks
	term.write(shown)
	if d := diff(term.text(), plainText(m.Frame())); d != "" {
		t.Error(d)
	}
	term.InputPipe().(io.Closer).Close() // not the emulator, whose Close races with Read
}
