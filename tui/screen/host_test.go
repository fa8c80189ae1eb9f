package screen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
)

// errClosed is the error of a client that has disconnected.
var errClosed = errors.New("connection reset")

// logger is a model that shows its messages, the newest at the bottom.
type logger struct {
	// mu is for the tests, which look at the model while its session runs.
	mu      sync.Mutex
	w, h    int
	log     []string
	updates int
	frames  int

	init   tea.Cmd
	react  func(tea.Msg) tea.Cmd // may be nil
	adjust func(*Frame)          // may be nil
}

func (m *logger) Init() tea.Cmd { return m.init }

func (m *logger) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.updates++
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		m.w, m.h = size.Width, size.Height
		m.log = append(m.log, fmt.Sprintf("size %dx%d", m.w, m.h))
	} else if s, ok := msg.(string); ok {
		m.log = append(m.log, s)
	} else if keys, ok := msg.(Keys); ok {
		var cmds []tea.Cmd
		for _, k := range keys {
			m.log = append(m.log, tell(k))
			if m.react != nil {
				cmds = append(cmds, m.react(k))
			}
		}
		return m, tea.Batch(cmds...)
	} else {
		m.log = append(m.log, tell(msg))
	}
	if m.react == nil {
		return m, nil
	}
	return m, m.react(msg)
}

// counts returns the numbers of calls of Update and of Frame.
func (m *logger) counts() (updates, frames int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.updates, m.frames
}

func (m *logger) Frame() Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames++
	f := chat(m.w, m.h, nil, m.log, "")
	if m.adjust != nil {
		m.adjust(&f)
	}
	return f
}

func (m *logger) View() tea.View { return m.Frame().View() }

// client is the far end of a session: a terminal, and a window that may be
// full.
type client struct {
	mu      sync.Mutex
	term    *terminal
	writes  int
	sent    strings.Builder
	release chan struct{} // if not nil, a write takes one
	closed  chan struct{}
}

func (c *client) Write(b []byte) (int, error) {
	if c.release != nil {
		select {
		case <-c.release:
		case <-c.closed:
			return 0, errClosed
		}
	}
	select {
	case <-c.closed:
		return 0, errClosed
	default:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	c.sent.Write(b)
	// The emulator must not answer queries, because nobody reads its answers.
	c.term.write(bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(askWhere), nil), []byte(askGround), nil))
	return len(b), nil
}

// count returns the number of writes.
func (c *client) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

// host is one run of a model in a bubble.
type host struct {
	t           *testing.T
	model       *logger
	client      *client
	keys        *io.PipeWriter
	resize      chan Size
	wake        chan struct{}
	mu          sync.Mutex
	messages    []tea.Msg // for Take; nil is taken for none
	cancel      context.CancelCauseFunc
	exitMessage func() string
	budget      *Budget
	hold        func(bool)
	ask         bool // a terminal that takes UTF-8 is asked how wide it draws

	done chan struct{}
	last Model
	err  error
}

func newHost(t *testing.T, m *logger) *host {
	return &host{
		t:      t,
		model:  m,
		client: &client{term: newTerminal(80, 24), closed: make(chan struct{})},
		resize: make(chan Size),
		wake:   make(chan struct{}, 1),
		done:   make(chan struct{}),
	}
}

// start begins the run and waits until it is idle.
func (h *host) start() {
	r, w := io.Pipe()
	h.keys = w
	ctx, cancel := context.WithCancelCause(context.Background())
	h.cancel = cancel
	opts := &Options{
		In: r, Out: h.client, Size: Size{80, 24},
		Resize: h.resize, Wake: h.wake, Take: h.take, ExitMessage: h.exitMessage, Ask: h.ask,
		Budget: h.budget, Hold: h.hold,
	}
	go Start(ctx, h.model, opts, func(last Model, err error) {
		h.last, h.err = last, err
		close(h.done)
	})
	synctest.Wait()
}

func (h *host) take() tea.Msg {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.messages) == 0 {
		return nil
	}
	msg := h.messages[0]
	h.messages = h.messages[1:]
	return msg
}

// tell wakes the session for a message, and waits until it is idle.
func (h *host) tell(msg tea.Msg) {
	h.mu.Lock()
	h.messages = append(h.messages, msg)
	h.mu.Unlock()
	h.wake <- struct{}{}
	synctest.Wait()
}

// press sends bytes as keys, and waits until the session is idle.
func (h *host) press(s string) {
	h.t.Helper()
	if _, err := io.WriteString(h.keys, s); err != nil {
		h.t.Fatal(err)
	}
	synctest.Wait()
}

// end waits for the run and closes the connection, as the caller of Run does.
func (h *host) end() {
	<-h.done
	h.cancel(nil)
	h.keys.Close()
	close(h.client.closed)
	synctest.Wait()
}

// shows fails if the screen is not that of the model's frame.
func (h *host) shows() {
	h.t.Helper()
	h.client.mu.Lock()
	defer h.client.mu.Unlock()
	if d := diff(h.client.term.text(), plainText(h.model.Frame())); d != "" {
		h.t.Error(d)
	}
}

// restored fails if the terminal is not as it was before.
func (h *host) restored() {
	h.t.Helper()
	term := h.client.term
	if term.IsAltScreen() || term.CursorHidden() {
		h.t.Errorf("alternate screen: %v, cursor hidden: %v", term.IsAltScreen(), term.CursorHidden())
	}
	if !strings.Contains(h.client.sent.String(), leave) {
		h.t.Error("the terminal has not been left")
	}
}

// logged fails if the model's log is not as told.
func (h *host) logged(want ...string) {
	h.t.Helper()
	h.model.mu.Lock()
	defer h.model.mu.Unlock()
	if d := diff(h.model.log, want); d != "" {
		h.t.Errorf("log: %s\nall: %q", d, h.model.log)
	}
}
