package main

import (
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// These are the bytes that keys send in xterm.
const (
	keyEnter     = "\r"
	keyAltEnter  = "\x1b\r"
	keyCtrlC     = "\x03"
	keyCtrlD     = "\x04"
	keyCtrlF     = "\x06"
	keyCtrlJ     = "\n"
	keyCtrlU     = "\x15"
	keyBackspace = "\x7f"
	keyEscape    = "\x1b"
	keyF1        = "\x1bOP"
	keyPageUp    = "\x1b[5~"
	keyEnd       = "\x1b[F"
	keyAltM      = "\x1bm"
)

// This is the size of a client's terminal at the start. It is wide enough for a
// message on one row with its author and its tick.
const (
	columns = 120
	lines   = 40
)

// shellPrompt is on the terminal before ssh starts, and must be there again when it
// has ended.
const shellPrompt = "me@home$ ssh chat"

// client is a person at a terminal who has started ssh.
type client struct {
	t       testing.TB
	server  *server
	keys    []gossh.Signer
	conn    *gossh.Client
	session *gossh.Session
	in      io.WriteCloser
	stderr  testkit.Log
	hostKey string        // fingerprint of the key that the server showed
	ended   chan struct{} // closed when the session has ended
	err     error         // how it ended; after ended

	mu      sync.Mutex // guards what follows
	screen  *testkit.Terminal
	raw     []byte        // all received bytes
	changed chan struct{} // closed when something has arrived
	watch   func(screen string)
	away    bool     // nobody looks at the screen, so it need not be drawn
	sums    *summing // nil if each character is drawn as one
}

// options are the differences from a plain "ssh chat".
type options struct {
	user    string
	version string // of the client's software
	keys    []gossh.Signer
	env     map[string]string // LANG is C.UTF-8 if it names no locale; "" for no locale at all
	term    string
	noPTY   bool   // ssh -T
	columns int    // columns of the terminal, if it differs from most
	sums    bool   // characters of several code points are as wide as their parts together
	answers bool   // the terminal answers queries
	exec    string // a command after the host
	early   string // what is typed before the session begins
	dial    func(addr string) (net.Conn, error)
	// watch receives the screen each time that it has changed.
	watch func(screen string)
}

// connect opens the chat with a key and waits for its first conversation.
func (s *server) connect(keys ...gossh.Signer) *client {
	s.t.Helper()
	c := s.ssh(options{keys: keys})
	c.shows("#general")
	c.opened()
	return c
}

// opened waits until a conversation is open: its messages, a day, or that there are none.
// The list of conversations is there a little earlier, and what is typed until then is
// not sent.
func (c *client) opened() {
	c.t.Helper()
	c.until("a conversation to be open", func(screen string) bool { return openSigns.MatchString(screen) })
}

var openSigns = regexp.MustCompile(`No messages yet|\d ─|\b\d\d:\d\d\b`)

// ssh connects like ssh: it tries the keys one after the other, then
// keyboard-interactive.
func (s *server) ssh(o options) *client {
	s.t.Helper()
	if o.columns == 0 {
		o.columns = columns
	}
	if o.dial == nil {
		o.dial = func(addr string) (net.Conn, error) { return net.DialTimeout("tcp", addr, testkit.Patience) }
	}
	tcp, err := o.dial(s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	// This lasts until the session runs. Later waits have their own time.
	if err := tcp.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
		s.t.Fatal(err)
	}
	hostKey := ""
	conn, chans, requests, err := gossh.NewClientConn(tcp, s.addr, &gossh.ClientConfig{
		User:          o.user,
		ClientVersion: o.version,
		Auth: []gossh.AuthMethod{
			gossh.PublicKeys(o.keys...),
			gossh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
				if len(questions) > 0 {
					return nil, errors.New("the server asks something")
				}
				return nil, nil
			}),
		},
		HostKeyCallback: func(_ string, _ net.Addr, key gossh.PublicKey) error {
			hostKey = gossh.FingerprintSHA256(key)
			return nil
		},
	})
	if err != nil {
		_ = tcp.Close()
		s.t.Fatalf("connecting: %v", err)
	}
	c := &client{server: s, keys: o.keys,
		t: s.t, conn: gossh.NewClient(conn, chans, requests), hostKey: hostKey, ended: make(chan struct{}), watch: o.watch,
		screen: testkit.NewTerminal(o.columns, lines), changed: make(chan struct{}),
	}
	if o.sums {
		c.sums = &summing{}
	}
	s.t.Cleanup(c.hangUp)
	c.startTerminal(o.answers)
	c.startSession(o)
	_ = tcp.SetDeadline(time.Time{}) // it may have ended already
	return c
}

// startTerminal prepares a terminal as a shell leaves it. A fresh terminal wraps lines.
func (c *client) startTerminal(answers bool) {
	c.screen.Modes[ansi.ModeAutoWrap] = true
	_, _ = c.screen.WriteString(shellPrompt + "\r\n")
	c.screen.Answer(c.t, func(answer []byte) {
		if answers {
			_, _ = c.in.Write(answer)
		}
	})
}

func (c *client) startSession(o options) {
	c.t.Helper()
	must := func(err error) {
		if err != nil {
			c.t.Helper()
			close(c.ended) // there is none to wait for at the end
			c.t.Fatalf("opening a session: %v", err)
		}
	}
	var err error
	c.session, err = c.conn.NewSession()
	must(err)
	c.session.Stdout = c
	c.session.Stderr = &c.stderr
	c.in, err = c.session.StdinPipe()
	must(err)
	if _, ok := o.env["LANG"]; !ok {
		must(c.session.Setenv("LANG", "C.UTF-8"))
	}
	for name, value := range o.env {
		if value != "" {
			must(c.session.Setenv(name, value))
		}
	}
	if o.term == "" {
		o.term = "xterm-256color"
	}
	if !o.noPTY {
		must(c.session.RequestPty(o.term, lines, o.columns, nil))
	}
	if o.early != "" {
		c.press(o.early)
	}
	if o.exec != "" {
		must(c.session.Start(o.exec))
	} else {
		must(c.session.Shell())
	}
	go func() {
		c.err = c.session.Wait()
		_ = c.conn.Close() // as ssh does
		close(c.ended)
	}()
}

// Write draws the server's output.
func (c *client) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away {
		return len(p), nil
	}
	c.raw = append(c.raw, p...)
	if c.sums != nil {
		_, _ = c.screen.Write(c.sums.split(p))
	} else {
		_, _ = c.screen.Write(p)
	}
	if c.watch != nil {
		c.watch(c.screen.String())
	}
	close(c.changed)
	c.changed = make(chan struct{})
	return len(p), nil
}

// hangUp pulls the plug.
func (c *client) hangUp() {
	_ = c.conn.Close()
	select {
	case <-c.ended:
	case <-time.After(testkit.Patience):
		c.t.Error("the session does not end with its connection")
	}
}

// press sends keys, or text as it is typed.
func (c *client) press(keys ...string) {
	c.t.Helper()
	late := time.AfterFunc(testkit.Patience, func() { _ = c.conn.Close() }) // a server that reads nothing
	defer late.Stop()
	if _, err := io.WriteString(c.in, strings.Join(keys, "")); err != nil {
		c.t.Fatalf("typing: %v", err)
	}
}

// joins accepts an invitation to a group without opening it on the screen. It waits
// for the invitation.
func (c *client) joins(group string) {
	c.t.Helper()
	for until := time.Now().Add(testkit.Patience); ; {
		accept := c.server.ssh(options{keys: c.keys, noPTY: true, exec: "accept '" + group + "'"})
		status := accept.status()
		if status == 0 {
			return
		}
		if status != 4 || time.Now().After(until) {
			c.t.Fatalf("to accept an invitation to %s ends with %d: %s", group, status, accept.stderr.String())
		}
	}
}

// say types a message and sends it.
func (c *client) say(text string) {
	c.t.Helper()
	c.press(text, keyEnter)
}

// paste sends the bytes of a terminal when text is pasted.
func (c *client) paste(text string) {
	c.t.Helper()
	c.press("\x1b[200~", text, "\x1b[201~")
}

// resize tells the server a new size. The emulator grows to the largest size and
// does not shrink: a frame of the old size may be on its way, and a region with
// more lines than the screen makes it panic.
func (c *client) resize(width, height int) {
	c.t.Helper()
	c.mu.Lock()
	c.screen.Resize(max(c.screen.Width(), min(width, 500)), max(c.screen.Height(), min(height, 300)))
	c.mu.Unlock()
	if err := c.session.WindowChange(height, width); err != nil {
		c.t.Fatalf("resizing: %v", err)
	}
}

// text returns the visible text.
func (c *client) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.screen.String()
}

// received returns all bytes that the server sent.
func (c *client) received() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.raw)
}
