package sshd

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"
	"confab/tui/screen"
)

// Bounds on the requests of a client for one session.
const (
	maxEnv      = 32  // variables
	maxEnvValue = 128 // bytes of a variable
	maxTerm     = 64  // bytes of TERM
)

// lastTime is how long a client that was turned away has to close its connection itself.
const lastTime = 5 * time.Second

// barredTime is the same for a client whose account or key is banned, disabled or revoked.
// It is just long enough to tell the client why, because such a client could go on asking
// for sessions.
const barredTime = 300 * time.Millisecond

// channel handles a session channel from its opening to its end. It replaces
// [ssh.DefaultSessionHandler], for the reasons in the package documentation.
func (s *Server) channel(server *ssh.Server, conn *gossh.ServerConn, opened gossh.NewChannel, ctx ssh.Context) {
	from := connOf(ctx)
	taken, within := from.openChannel()
	if !taken {
		from.overChannels()
		_ = opened.Reject(gossh.ResourceShortage, "This connection has reached this server's limit of sessions. Close one first.")
		return
	}
	from.announceHostKeys(s.host.keys.Load(), conn)
	ch, requests, err := opened.Accept()
	if err != nil {
		from.closeChannel()
		return // the connection has gone
	}
	running, cancel := context.WithCancel(ctx)
	c := newSession(sessionContext{ctx, running}, ch, conn, s.logOf(conn))
	if c.take(requests, cancel, false) {
		c.start(s, server.Handler, within)
	}
	// A new goroutine waits for the requests of the running session, because its stack is
	// half of this one's, which answering the first requests has made larger.
	go func() {
		defer from.closeChannel()
		defer cancel() // the requests end when the channel is closed
		c.take(requests, cancel, true)
	}()
}

// take handles the requests of a client until one of them starts the session, and reports
// whether one did. If the session has been started, take handles the requests until the
// channel is closed.
func (c *session) take(requests <-chan *gossh.Request, cancel func(), started bool) (start bool) {
	for r := range requests {
		ok, ends := false, false
		switch r.Type {
		case "pty-req":
			ok = !started && !c.noTerminal() && c.requestPty(r.Payload)
		case "window-change":
			ok = c.windowChange(r.Payload)
		case "env":
			ok = !started && c.setEnv(r.Payload)
		case "shell", "exec", "subsystem":
			ok = !started && c.request(r.Type, r.Payload)
			start = ok
		case "signal":
			ends = c.signal(r.Payload, started)
			ok = ends
		case "break":
			ok = started && offer(&c.breaks, true)
		}
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		// Only now, because a session that ends closes the channel, and no answer comes after that.
		if ends && !c.finish("A signal from your ssh client ended the session.") {
			cancel()
		}
		if start {
			return true
		}
	}
	return false
}

// start runs a session, if it is within the limit of its connection.
func (c *session) start(s *Server, handler ssh.Handler, within bool) {
	if !within { // tell it on standard error, because few clients show why a channel is refused
		c.link.overChannels()
		c.Tell(fmt.Sprintf("This connection has reached this server's limit of sessions (%d). "+
			"Close one of them, or open a connection of its own with ssh -S none.", s.limiter.limits().Channels))
		_ = c.Exit(c.status)
		return
	}
	c.typed.Store(s.limiter.now().UnixNano())
	if c.script() {
		c.held = &inputHold{hold: c.link.hold}
	}
	c.link.start(c)
	s.sessions.Add(1)
	go run(handler, c, func() {
		c.link.end(c)
		s.sessions.Done()
	})
}

// logOf returns the log of one connection. Each line has the connection's id and address.
func (s *Server) logOf(conn gossh.ConnMetadata) *slog.Logger {
	return s.log.With("session", sessionID(conn), "remote", conn.RemoteAddr().String())
}

// sessionID returns the id of a connection in the log.
func sessionID(conn gossh.ConnMetadata) string { return fmt.Sprintf("%x", conn.SessionID()[:4]) }

// run passes a session through the middleware, and runs the chat if the middleware has
// prepared it. It calls over at the end, perhaps in another goroutine. The chat runs here and
// not in the innermost step, because the stacks of all steps would double the stack of every
// idle session: the collector halves a stack of 8 KB only if a goroutine that waits uses less
// than 1.2 KB of it.
func run(handler ssh.Handler, c *session, over func()) {
	handler(c)
	if c.chat == nil {
		finished(c, over)
		return
	}
	c.chat(func(status int) {
		c.status = status
		finished(c, over)
	})
}

// finished calls what the middleware has left for the end. Then it sends the exit status and
// closes the channel. If the client can do nothing more with the connection, finished closes
// the connection a little later.
//
//go:noinline
func finished(c *session, over func()) {
	defer over()
	for _, end := range slices.Backward(c.ends) {
		guard(c, end)
	}
	if c.held != nil {
		c.held.end()
	}
	_ = c.Exit(c.status)
	switch {
	case c.barred:
		time.AfterFunc(barredTime, func() { _ = c.link.Close() })
	case c.last:
		time.AfterFunc(lastTime, func() {
			if c.link.idle() {
				_ = c.link.Close()
			}
		})
	}
}

// mustEnd closes the connection of a session that has to end and has not done so in time,
// for example because its client reads nothing. [Server.Stop] has a deadline of its own.
func (s *Server) mustEnd(c *session) {
	var late <-chan time.Time
	if limit := s.limiter.limits().Ending; limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-s.done:
	case <-c.over:
	case <-late:
		_ = c.link.Close()
	}
}

// request handles a "shell", "exec" or "subsystem" request (RFC 4254, 6.5).
func (c *session) request(kind string, payload []byte) bool {
	var p struct{ Text string }
	if kind != "shell" && gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	switch kind {
	case "exec":
		c.exec, c.command = true, p.Text
	case "subsystem":
		if p.Text != subsystemSFTP {
			return false
		}
		c.subsystem = p.Text
	}
	return true
}

// signal handles a "signal" request (RFC 4254, 6.9), and reports whether the signal ends
// programs. Such a signal ends the session, as a broken connection would.
func (c *session) signal(payload []byte, started bool) (ends bool) {
	var p struct{ Name string }
	if !started || gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	offer(&c.signals, ssh.Signal(p.Name))
	switch p.Name {
	case "HUP", "INT", "KILL", "QUIT", "TERM":
		return true
	}
	return false
}

// requestPty handles a "pty-req" request (RFC 4254, 6.2).
func (c *session) requestPty(payload []byte) bool {
	var p struct {
		Term                    string
		Columns, Rows, PxW, PxH uint32
		Modes                   string
	}
	if gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	c.term = text.CleanLine(p.Term[:min(len(p.Term), maxTerm)], maxTerm)
	if c.term == "" {
		c.term = "unknown"
	}
	c.size = sizeOf(p.Columns, p.Rows)
	return true
}

// windowChange handles a "window-change" request (RFC 4254, 6.7). Only the latest size
// waits for the screen.
func (c *session) windowChange(payload []byte) bool {
	var p struct{ Columns, Rows, PxW, PxH uint32 }
	if c.term == "" || gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	size := sizeOf(p.Columns, p.Rows)
	replace(c.resized, size)
	replace(c.windows, windowOf(size))
	return true
}

// setEnv handles an "env" request (RFC 4254, 6.4). It keeps only variables that screens need.
func (c *session) setEnv(payload []byte) bool {
	var kv struct{ Name, Value string }
	if gossh.Unmarshal(payload, &kv) != nil || len(kv.Value) > maxEnvValue || len(c.environ) >= maxEnv {
		return false
	}
	switch kv.Name {
	case "LANG", "COLORTERM", "NO_COLOR", "TZ", accessible:
	default:
		if !strings.HasPrefix(kv.Name, "LC_") || len(kv.Name) > 20 {
			return false
		}
	}
	c.environ = append(c.environ, kv.Name+"="+text.CleanLine(kv.Value, maxEnvValue))
	return true
}

// sizeOf converts a size that a client sent. It makes no side longer than 65,536 cells.
func sizeOf(columns, rows uint32) screen.Size {
	return screen.Size{W: int(min(columns, 1<<16)), H: int(min(rows, 1<<16))}
}

// windowOf converts a size to the type of the ssh library.
func windowOf(s screen.Size) ssh.Window { return ssh.Window{Width: s.W, Height: s.H} }

// replace puts a value into a channel with room for one, and drops the value that waits
// there. It never blocks if only one goroutine sends.
func replace[T any](in chan T, value T) {
	select {
	case <-in:
	default:
	}
	in <- value
}

// offer sends a value to a registered channel if the channel has room. It reports whether
// it sent the value.
func offer[T any](registered *atomic.Pointer[chan<- T], value T) bool {
	to := registered.Load()
	if to == nil {
		return false
	}
	select {
	case *to <- value: // never, if the channel is nil
		return true
	default:
		return false
	}
}
