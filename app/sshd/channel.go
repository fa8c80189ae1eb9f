package sshd

import (
	"context"
	"fmt"
	"log/slog"
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
	maxEnv      = 32  // variables that are kept
	maxEnvValue = 128 // bytes of one
	maxTerm     = 64  // bytes of TERM
)

// lastTime is how long a client that the server has turned away has to end its connection.
const lastTime = 5 * time.Second

// barredTime is the same for a client whose account or key may not be used any longer. It is
// short, because such a client could go on asking for sessions. It is told why in that time.
const barredTime = 300 * time.Millisecond

// channel handles a session channel from its opening to its end. It takes the place of
// [ssh.DefaultSessionHandler], for reasons that the package documentation has.
func (s *Server) channel(server *ssh.Server, conn *gossh.ServerConn, opened gossh.NewChannel, ctx ssh.Context) {
	from := connOf(ctx)
	taken, within := from.openChannel()
	if !taken {
		_ = opened.Reject(gossh.ResourceShortage, "This connection has reached this server's limit of sessions. Close one first.")
		return
	}
	defer from.closeChannel()
	ch, requests, err := opened.Accept()
	if err != nil {
		return // the connection has gone
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel() // the requests end when the channel is closed
	c := newSession(sessionContext{ctx, running}, ch, conn, s.logOf(conn))
	started := false
	for r := range requests {
		ok, start := false, false
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
			ok = c.signal(r.Payload, started)
			if ok && !c.finish("A signal from your ssh client ended the session.") {
				cancel()
			}
		case "break":
			ok = started && offer(&c.breaks, true)
		}
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		if !start {
			continue
		}
		started = true
		if !within { // on standard error, since few clients show why a channel is refused
			c.Tell(fmt.Sprintf("This connection has reached this server's limit of sessions (%d). "+
				"Close one of them, or open a connection of its own with ssh -S none.", s.limiter.limits.Channels))
			_ = c.Exit(c.status)
			continue
		}
		c.typed.Store(s.limiter.now().UnixNano())
		if c.script() {
			c.held = &inputHold{hold: c.link.hold}
		}
		from.start(c)
		s.sessions.Go(func() {
			defer from.end(c)
			run(server.Handler, c)
		})
	}
}

// logOf returns the log of one connection. Each line has the connection's id and address.
func (s *Server) logOf(conn gossh.ConnMetadata) *slog.Logger {
	return s.log.With("session", fmt.Sprintf("%x", conn.SessionID()[:4]), "remote", conn.RemoteAddr().String())
}

// run passes a session through the middleware, and ends it with an exit status and a
// closed channel. If the client can do nothing more with the connection, run closes the
// connection too, a little later.
func run(handler ssh.Handler, c *session) {
	handler(c)
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

// mustEnd makes sure that a session that has to end does so, whatever it is doing, even if its
// client reads nothing. A stop of the server has a deadline of its own.
func (s *Server) mustEnd(c *session) {
	var late <-chan time.Time
	if limit := s.limiter.limits.Ending; limit > 0 {
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

// request takes a "shell", "exec" or "subsystem" (RFC 4254, 6.5).
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

// signal takes a "signal" (RFC 4254, 6.9), and reports whether it is one that ends
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

// requestPty takes a "pty-req" (RFC 4254, 6.2).
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

// windowChange takes a "window-change" (RFC 4254, 6.7). However many come,
// only the latest waits.
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

// setEnv takes an "env" (RFC 4254, 6.4), if a screen needs that variable.
func (c *session) setEnv(payload []byte) bool {
	var kv struct{ Name, Value string }
	if gossh.Unmarshal(payload, &kv) != nil || len(kv.Value) > maxEnvValue || len(c.environ) >= maxEnv {
		return false
	}
	switch kv.Name {
	case "LANG", "COLORTERM", "NO_COLOR", "TZ":
	default:
		if !strings.HasPrefix(kv.Name, "LC_") || len(kv.Name) > 20 {
			return false
		}
	}
	c.environ = append(c.environ, kv.Name+"="+text.CleanLine(kv.Value, maxEnvValue))
	return true
}

// sizeOf is a size that a client sent. No terminal is larger than 65,536 cells a side.
func sizeOf(columns, rows uint32) screen.Size {
	return screen.Size{W: int(min(columns, 1<<16)), H: int(min(rows, 1<<16))}
}

// windowOf is a size as the ssh library has it.
func windowOf(s screen.Size) ssh.Window { return ssh.Window{Width: s.W, Height: s.H} }

// replace puts a value into a channel with room for one, in place of the value that
// waits there. It never blocks if only one goroutine sends.
func replace[T any](in chan T, value T) {
	select {
	case <-in:
	default:
	}
	in <- value
}

// offer sends a value to a registered channel if that has room, and reports whether it
// did.
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
