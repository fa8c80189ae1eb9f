package sshd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"

	"confab/tui/screen"
	"confab/tui/theme"
)

// Bounds on what a client may ask of a session.
const (
	maxEnv      = 32  // variables that are kept
	maxEnvValue = 128 // bytes of one
	maxTerm     = 64  // bytes of TERM
)

// lastTime is how long a client has to end a connection on which it gets nothing.
const lastTime = 5 * time.Second

// barredTime is the same for one whose account or key may not be used any more,
// which could ask for sessions for ever. It is told why in that time.
const barredTime = 300 * time.Millisecond

// session is one session channel: what the client asked for, and what runs.
type session struct {
	gossh.Channel
	conn *gossh.ServerConn
	link *conn // that it is on
	log  *slog.Logger

	typed  atomic.Int64                 // when something came last, Unix nanoseconds
	ending atomic.Pointer[func(string)] // ends the chat for a reason; nil while there is none
	over   chan struct{}                // closed when it has ended

	term    string // "" without a terminal
	size    screen.Size
	resized chan screen.Size // holds the latest size that nobody took yet
	environ []string
	sftp    bool // it asked for that subsystem
	last    bool // nothing more is to come on the connection
	barred  bool // the account or the key may not be used any more
}

// channel handles a session channel from its opening to its end.
func (s *Server) channel(_ *ssh.Server, conn *gossh.ServerConn, opened gossh.NewChannel, ctx ssh.Context) {
	from := connOf(ctx)
	taken, within := from.openChannel()
	if !taken {
		_ = opened.Reject(gossh.ResourceShortage, "This connection has as many sessions as this server allows: close one first.")
		return
	}
	defer from.closeChannel()
	ch, requests, err := opened.Accept()
	if err != nil {
		return // the connection has gone
	}
	c := &session{
		Channel: ch,
		conn:    conn,
		link:    from,
		log:     s.logOf(conn),
		resized: make(chan screen.Size, 1),
		over:    make(chan struct{}),
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel() // the requests end when the channel is closed
	started := false
	for r := range requests {
		ok := false
		var command *string
		switch r.Type {
		case "pty-req":
			ok = !started && !c.noTerminal() && c.requestPty(r.Payload)
		case "window-change":
			ok = c.windowChange(r.Payload)
		case "env":
			ok = !started && c.setEnv(r.Payload)
		case "shell":
			ok = !started
		case "exec":
			var p struct{ Command string }
			ok = !started && gossh.Unmarshal(r.Payload, &p) == nil
			command = &p.Command
		case "subsystem":
			var p struct{ Name string }
			ok = !started && gossh.Unmarshal(r.Payload, &p) == nil && p.Name == "sftp"
			c.sftp = c.sftp || ok
		case "signal":
			ok = started && ends(r.Payload)
			if ok && !c.finish("A signal from your ssh has ended the session.") {
				cancel()
			}
		}
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		if ok && (r.Type == "shell" || r.Type == "exec" || r.Type == "subsystem") {
			started = true
			if !within { // on standard error, since few clients show why a channel is refused
				c.say(c.Stderr(), fmt.Sprintf("This connection has %d sessions, which is the most that this server allows: "+
					"close one of them, or have a connection of its own with ssh -S none.\n", s.gate.limits.Channels))
				c.exit(1)
				continue
			}
			c.typed.Store(s.gate.now().UnixNano())
			from.start(c)
			s.sessions.Go(func() {
				defer from.end(c)
				s.run(running, c, command)
			})
		}
	}
}

// Read reads what is typed, or what a script or a program that copies files
// sends.
func (c *session) Read(p []byte) (int, error) {
	n, err := c.Channel.Read(p)
	c.typed.Store(time.Now().UnixNano())
	return n, err
}

// finish ends the chat for a reason that its user is shown, and reports whether there
// is one. A command or a transfer of files goes on: nobody types there.
func (c *session) finish(reason string) bool {
	end := c.ending.Load()
	if end != nil {
		(*end)(reason)
	}
	return end != nil
}

// logOf is the log of what one connection does: each line has its id and where it
// is from.
func (s *Server) logOf(conn gossh.ConnMetadata) *slog.Logger {
	return s.log.With("session", fmt.Sprintf("%x", conn.SessionID()[:4]), "remote", conn.RemoteAddr().String())
}

// run is the session proper: a command, or the screen if there is none. It ends with an exit status and a closed channel,
// also when it panics.
func (s *Server) run(ctx context.Context, c *session, command *string) {
	status := 1
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a session", "panic", p, "stack", string(debug.Stack()))
		}
		c.exit(status)
		if c.barred {
			time.AfterFunc(barredTime, func() { _ = c.link.Close() })
		} else if c.last {
			time.AfterFunc(lastTime, func() {
				if c.link.idle() {
					_ = c.link.Close()
				}
			})
		}
	}()
	status = s.serve(ctx, c, command)
}

// mustEnd makes sure that a session that has to end does so, whatever it is doing
// and whether or not its client takes what it is told. A stop of the server has a
// deadline of its own.
func (s *Server) mustEnd(c *session) {
	var late <-chan time.Time
	if limit := s.gate.limits.Ending; limit > 0 {
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

// exit tells the client the status and closes the channel (RFC 4254, 6.10).
func (c *session) exit(status int) {
	_, _ = c.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(status)}))
	_ = c.Close()
	close(c.over)
}

// noTerminal reports whether the certificate that let the connection in permits
// none.
func (c *session) noTerminal() bool {
	if c.conn.Permissions == nil {
		return false
	}
	_, forbidden := c.conn.Permissions.Extensions[extNoTerminal]
	return forbidden
}

// ends reports whether a "signal" (RFC 4254, 6.9) is one that ends programs. It then
// ends the session, as a broken connection would.
func ends(payload []byte) bool {
	var p struct{ Name string }
	if gossh.Unmarshal(payload, &p) != nil {
		return false
	}
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
	c.size = screen.Size{W: int(min(p.Columns, 1<<16)), H: int(min(p.Rows, 1<<16))}
	return true
}

// windowChange takes a "window-change" (RFC 4254, 6.7). However many come,
// only the latest waits.
func (c *session) windowChange(payload []byte) bool {
	var p struct{ Columns, Rows, PxW, PxH uint32 }
	if c.term == "" || gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	select {
	case <-c.resized:
	default:
	}
	c.resized <- screen.Size{W: int(min(p.Columns, 1<<16)), H: int(min(p.Rows, 1<<16))}
	return true
}

// setEnv takes an "env" (RFC 4254, 6.4) of those that a screen needs.
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

// terminal is what is known of the client's terminal.
func (c *session) terminal() theme.Terminal {
	return theme.TerminalOf(append(slices.Clip(c.environ), "TERM="+c.term))
}

// ascii reports whether the client is to get text in ASCII only: where its locale
// is not UTF-8, and where it names none and there is a terminal, since nothing
// says then what that makes of other bytes. Without a terminal it is a program
// that reads.
func (c *session) ascii() bool {
	switch c.terminal().Charset() {
	case screen.UTF8:
		return false
	case screen.ASCII:
		return true
	default:
		return c.term != ""
	}
}

// plain is a stream to the client, in ASCII only if it is shown to somebody and
// has to be.
func (c *session) plain(w io.Writer, shown bool) io.Writer {
	if shown && c.ascii() {
		return screen.ASCIIWriter{W: w}
	}
	return w
}

// say writes lines of text. The terminal of a client that asked for one is in
// raw mode, where a newline goes down and not back.
func (c *session) say(w io.Writer, text string) {
	if c.term != "" {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	_, _ = io.WriteString(c.plain(w, true), text)
}
