// Package clients has the people of a measurement: SSH clients that type messages, and
// look for those of the others on their screens.
package clients

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/testbed"
)

// These are the bytes that keys send in xterm.
const (
	KeyEnter    = "\r"
	KeyNext     = "\x0e" // Ctrl+N, the next conversation
	keyPrevious = "\x10" // Ctrl+P
	KeyClear    = "\x15" // Ctrl+U, clears the text being typed
	KeyRedraw   = "\x0c" // Ctrl+L
	KeyPageUp   = "\x1b[5~"
	KeyEnd      = "\x1b[F"
	KeyLast     = "\x1b/" // Alt+/, the conversation before
	KeySwitcher = "\x0b"  // Ctrl+K, goes to a conversation by its name
	KeyUnread   = "\x1bu" // Alt+U, the first unread message
)

const (
	// readSize is how many bytes of a screen are read at once.
	readSize = 4 << 10
	// firstFrame is a text that is on the screen once the conversations are.
	firstFrame = "#general"
	// ScreenWidth and ScreenHeight are the size of a terminal that is not small.
	ScreenWidth, ScreenHeight = 120, 40
)

// Client is one person at a terminal.
type Client struct {
	view     *View
	Conn     *ssh.Client
	keyboard io.Writer
	wire     *meter
	screen   atomic.Int64  // bytes received for the terminal
	cameAt   atomic.Int64  // when the last of them arrived, Unix nanoseconds
	shown    chan struct{} // closed when the first frame is there
	Ended    chan struct{} // closed when the connection has ended
	err      error
}

// Connect opens a session and returns when its screen shows the chat.
func Connect(ctx context.Context, addr string, hostKey ssh.PublicKey, who testbed.Account, v *View) (*Client, error) {
	return ConnectWith(ctx, Way{Dial: DialTCP}, addr, hostKey, who, v)
}

// Way says how a client connects, and who else receives its screen.
type Way struct {
	Dial Dialer
	Tap  func(p []byte) // receives all bytes for the terminal; may be nil
}

// Dialer opens a connection to an address.
type Dialer func(ctx context.Context, addr string) (net.Conn, error)

// DialTCP opens a plain connection.
func DialTCP(ctx context.Context, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// ConnectWith is [Connect] in another way.
func ConnectWith(ctx context.Context, w Way, addr string, hostKey ssh.PublicKey, who testbed.Account, v *View) (*Client, error) {
	ctx, cancel := context.WithTimeout(ctx, testbed.Patience)
	defer cancel()
	c := &Client{view: v, shown: make(chan struct{}), Ended: make(chan struct{})}
	if err := c.dial(ctx, w.Dial, addr, hostKey, who); err != nil {
		return nil, fmt.Errorf("connecting %s: %w", who.Name, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Conn.Close() }) // ends the waits below
	defer stop()
	screen, err := c.open()
	if err != nil {
		c.HangUp()
		return nil, fmt.Errorf("opening the chat of %s: %w", who.Name, errors.Join(err, ctx.Err()))
	}
	go c.watch(screen, w.Tap)
	select {
	case <-c.shown:
		return c, nil
	case <-c.Ended:
	}
	c.HangUp()
	return nil, fmt.Errorf("%s got no chat screen: %w", who.Name, errors.Join(c.err, ctx.Err()))
}

// Login connects and proves the key of an account, and opens no screen.
func Login(ctx context.Context, addr string, hostKey ssh.PublicKey, who testbed.Account) (*Client, error) {
	c := &Client{}
	if err := c.dial(ctx, DialTCP, addr, hostKey, who); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Client) dial(ctx context.Context, dial Dialer, addr string, hostKey ssh.PublicKey, who testbed.Account) error {
	conn, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	c.wire = &meter{Conn: conn}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the handshake
	defer stop()
	secure, channels, requests, err := ssh.NewClientConn(c.wire, addr, &ssh.ClientConfig{
		User:              who.Name,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(who.Signer)},
		HostKeyCallback:   ssh.FixedHostKey(hostKey),
		HostKeyAlgorithms: []string{hostKey.Type()},
	})
	if err != nil {
		return errors.Join(err, ctx.Err(), conn.Close())
	}
	c.Conn = ssh.NewClient(secure, channels, requests)
	return nil
}

// open asks for a terminal and the chat on it.
func (c *Client) open() (screen io.Reader, err error) {
	session, err := c.Conn.NewSession()
	if err != nil {
		return nil, err
	}
	if c.keyboard, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	if screen, err = session.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := session.Setenv("LANG", "C.UTF-8"); err != nil {
		return nil, fmt.Errorf("sending the locale: %w", err)
	}
	if err := session.RequestPty("xterm-256color", ScreenHeight, ScreenWidth, ssh.TerminalModes{}); err != nil {
		return nil, err
	}
	return screen, session.Shell()
}

// watch reads the screen until it ends.
func (c *Client) watch(screen io.Reader, tap func([]byte)) {
	defer close(c.Ended)
	buf := make([]byte, readSize)
	first := &phrase{want: firstFrame}
	var t tokens
	for {
		n, err := screen.Read(buf)
		c.screen.Add(int64(n))
		c.cameAt.Store(time.Now().UnixNano())
		if first != nil && first.scan(buf[:n]) {
			first = nil
			close(c.shown)
		}
		t.scan(buf[:n], c.view.seen)
		if tap != nil && n > 0 {
			tap(buf[:n])
		}
		if err != nil {
			c.err = err
			return
		}
	}
}

// Press types keys.
func (c *Client) Press(keys string) error {
	_, err := io.WriteString(c.keyboard, keys)
	return err
}

// FrameEnd is the silence after which the effects of a key count as complete.
const FrameEnd = 40 * time.Millisecond

// Respond presses a key and returns the time until the last byte that it causes
// arrived.
func (c *Client) Respond(ctx context.Context, key string) (time.Duration, error) {
	began := time.Now()
	before := c.screen.Load()
	if err := c.Press(key); err != nil {
		return 0, err
	}
	for {
		if err := testbed.Sleep(ctx, FrameEnd/8); err != nil {
			return 0, err
		}
		came := time.Unix(0, c.cameAt.Load())
		switch {
		case c.screen.Load() > before && time.Since(came) > FrameEnd:
			return came.Sub(began), nil
		case time.Since(began) > testbed.Patience:
			return 0, fmt.Errorf("%q caused no output in %s", key, testbed.Patience)
		}
	}
}

// HangUp closes the connection like a terminal that is closed, and waits until
// everything of it has ended.
func (c *Client) HangUp() {
	_ = c.Conn.Close()
	_ = c.Conn.Wait()
}

// meter counts the bytes that a connection receives.
type meter struct {
	net.Conn
	in atomic.Int64
}

// Read implements [net.Conn].
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.in.Add(int64(n))
	return n, err
}
