package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// These are the bytes that keys send in xterm.
const (
	keyEnter    = "\r"
	keyNext     = "\x0e" // Ctrl+N, the next conversation
	keyPrevious = "\x10" // Ctrl+P
	keyClear    = "\x15" // Ctrl+U, clears the text being typed
	keyRedraw   = "\x0c" // Ctrl+L
	keyPageUp   = "\x1b[5~"
	keyEnd      = "\x1b[F"
	keyLast     = "\x1b/" // Alt+/, the conversation before
	keySwitcher = "\x0b"  // Ctrl+K, goes to a conversation by its name
	keyUnread   = "\x1bu" // Alt+U, the first unread message
)

const (
	// readSize is how many bytes of a screen are read at once.
	readSize = 4 << 10
	// firstFrame is a text that is on the screen once the conversations are.
	firstFrame = "#general"
	// screenWidth and screenHeight are the size of a terminal that is not small.
	screenWidth, screenHeight = 120, 40
)

// client is one person at a terminal.
type client struct {
	view     *view
	conn     *ssh.Client
	keyboard io.Writer
	wire     *meter
	screen   atomic.Int64  // bytes received for the terminal
	cameAt   atomic.Int64  // when the last of them arrived, Unix nanoseconds
	shown    chan struct{} // closed when the first frame is there
	ended    chan struct{} // closed when the connection has ended; err is why
	err      error
}

// connect opens a session and returns when its screen shows the chat.
func connect(ctx context.Context, addr string, hostKey ssh.PublicKey, who account, v *view) (*client, error) {
	return connectWith(ctx, way{dial: dialTCP}, addr, hostKey, who, v)
}

// way says how a client connects, and who else receives its screen.
type way struct {
	dial dialer
	tap  func(p []byte) // receives all bytes for the terminal; may be nil
}

// dialer opens a connection to an address.
type dialer func(ctx context.Context, addr string) (net.Conn, error)

func dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// connectWith is connect in another way.
func connectWith(ctx context.Context, w way, addr string, hostKey ssh.PublicKey, who account, v *view) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := &client{view: v, shown: make(chan struct{}), ended: make(chan struct{})}
	if err := c.dial(ctx, w.dial, addr, hostKey, who); err != nil {
		return nil, fmt.Errorf("connecting %s: %w", who.name, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() }) // ends the waits below
	defer stop()
	screen, err := c.open()
	if err != nil {
		c.hangUp()
		return nil, fmt.Errorf("opening the chat of %s: %w", who.name, errors.Join(err, ctx.Err()))
	}
	go c.watch(screen, w.tap)
	select {
	case <-c.shown:
		return c, nil
	case <-c.ended:
	}
	c.hangUp()
	return nil, fmt.Errorf("%s got no chat screen: %w", who.name, errors.Join(c.err, ctx.Err()))
}

func (c *client) dial(ctx context.Context, dial dialer, addr string, hostKey ssh.PublicKey, who account) error {
	conn, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	c.wire = &meter{Conn: conn}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the handshake
	defer stop()
	secure, channels, requests, err := ssh.NewClientConn(c.wire, addr, &ssh.ClientConfig{
		User:              who.name,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(who.signer)},
		HostKeyCallback:   ssh.FixedHostKey(hostKey),
		HostKeyAlgorithms: []string{hostKey.Type()},
	})
	if err != nil {
		return errors.Join(err, ctx.Err(), conn.Close())
	}
	c.conn = ssh.NewClient(secure, channels, requests)
	return nil
}

// open asks for a terminal and the chat on it.
func (c *client) open() (screen io.Reader, err error) {
	session, err := c.conn.NewSession()
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
	if err := session.RequestPty("xterm-256color", screenHeight, screenWidth, ssh.TerminalModes{}); err != nil {
		return nil, err
	}
	return screen, session.Shell()
}

// watch reads the screen until it ends.
func (c *client) watch(screen io.Reader, tap func([]byte)) {
	defer close(c.ended)
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

// press types keys.
func (c *client) press(keys string) error {
	_, err := io.WriteString(c.keyboard, keys)
	return err
}

// frameEnd is the silence after which the effects of a key count as complete.
const frameEnd = 40 * time.Millisecond

// respond presses a key and returns the time until the last byte that it causes
// arrived.
func (c *client) respond(ctx context.Context, key string) (time.Duration, error) {
	began := time.Now()
	before := c.screen.Load()
	if err := c.press(key); err != nil {
		return 0, err
	}
	for {
		if err := sleep(ctx, frameEnd/8); err != nil {
			return 0, err
		}
		came := time.Unix(0, c.cameAt.Load())
		switch {
		case c.screen.Load() > before && time.Since(came) > frameEnd:
			return came.Sub(began), nil
		case time.Since(began) > patience:
			return 0, fmt.Errorf("%q caused no output in %s", key, patience)
		}
	}
}

// hangUp closes the connection like a terminal that is closed, and waits until
// everything of it has ended.
func (c *client) hangUp() {
	_ = c.conn.Close()
	_ = c.conn.Wait()
}

// meter counts the bytes that a connection receives.
type meter struct {
	net.Conn
	in atomic.Int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	m.in.Add(int64(n))
	return n, err
}
