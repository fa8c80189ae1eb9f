package sshd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/command/shellwords"
	"confab/app/service"
	"confab/app/sshd/files"
	"confab/app/text"
	"confab/tui/screen"
	"confab/tui/theme"
)

// subsystemSFTP is the one subsystem that a client may ask for.
const subsystemSFTP = "sftp"

// session is one session channel, with the client's requests and the state of what runs. It
// implements [ssh.Session], so that it can pass through middleware.
type session struct {
	gossh.Channel
	conn *gossh.ServerConn
	link *conn       // the connection that the session is on
	ctx  ssh.Context // ends with the channel
	log  *slog.Logger

	typed  atomic.Int64                 // when input last came, in Unix nanoseconds
	ending atomic.Pointer[func(string)] // ends the screen for a reason; nil while no screen runs
	exited atomic.Bool
	held   *inputHold    // of a session without a screen; set before it starts
	over   chan struct{} // closed when the session has ended

	// The requests of the client.
	term      string // "" without a terminal
	size      screen.Size
	resized   chan screen.Size // has the latest size until the screen receives it
	windows   chan ssh.Window  // the same for users of Pty
	signals   atomic.Pointer[chan<- ssh.Signal]
	breaks    atomic.Pointer[chan<- bool]
	environ   []string
	subsystem string
	exec      bool // the client asked for a command, which may be empty
	command   string

	// The findings of the middleware.
	member *service.Session // nil before the client is known as a member
	status int              // the exit status; 1 until a step sets another
	last   bool             // the client can do nothing more with the connection
	barred bool             // the account or the key is banned, disabled or revoked
	chat   chatRun          // runs after the middleware; may be nil
	ends   []func()         // run at the end of the session, the last one first
}

// chatRun runs a chat, and calls then with the exit status at its end: perhaps in another
// goroutine, and after it has returned (see [screen.Start]).
type chatRun = func(then func(status int))

// await runs such a function in another goroutine, and waits for what it passes on at its end.
func await[T any](run func(then func(T))) T {
	passed := make(chan T, 1)
	go run(func(v T) { passed <- v })
	return <-passed
}

var (
	_ ssh.Session  = (*session)(nil)
	_ files.Client = (*session)(nil)
)

// newSession makes the session of a channel, in a context that ends with the channel.
func newSession(ctx ssh.Context, channel gossh.Channel, conn *gossh.ServerConn, log *slog.Logger) *session {
	return &session{
		Channel: channel,
		conn:    conn,
		link:    connOf(ctx),
		ctx:     ctx,
		log:     log,
		resized: make(chan screen.Size, 1),
		windows: make(chan ssh.Window, 1),
		over:    make(chan struct{}),
		status:  1,
	}
}

// sessionContext has the values of a connection and the lifetime of one session. The
// context of the stock session lives as long as the connection, so work that a session has
// begun would continue after its end.
type sessionContext struct {
	ssh.Context                 // the connection's
	session     context.Context // made from the connection's
}

// Deadline implements [context.Context].
func (c sessionContext) Deadline() (time.Time, bool) { return c.session.Deadline() }

// Done implements [context.Context].
func (c sessionContext) Done() <-chan struct{} { return c.session.Done() }

// Err implements [context.Context].
func (c sessionContext) Err() error { return c.session.Err() }

// Value implements [context.Context]. It asks the session's context, which asks the
// connection's. So contexts that are made from this one find their parent, and need no
// goroutine.
func (c sessionContext) Value(key any) any { return c.session.Value(key) }

// Context implements [ssh.Session]. The context ends with the session's channel.
func (c *session) Context() ssh.Context { return c.ctx }

// User implements [ssh.Session]. The name may be an invitation code, so it must not be
// logged, and it does not identify the user.
func (c *session) User() string { return c.conn.User() }

// RemoteAddr implements [ssh.Session].
func (c *session) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// LocalAddr implements [ssh.Session].
func (c *session) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// Environ implements [ssh.Session]. It returns the variables that setEnv has kept.
func (c *session) Environ() []string { return slices.Clone(c.environ) }

// RawCommand implements [ssh.Session].
func (c *session) RawCommand() string { return c.command }

// Command implements [ssh.Session]. It is empty for a command line with an open quote.
func (c *session) Command() []string { return shellwords.Words(c.command) }

// Subsystem implements [ssh.Session].
func (c *session) Subsystem() string { return c.subsystem }

// PublicKey implements [ssh.Session]. It always returns nil. The fingerprint of the key
// that signed is in the permissions of the connection, and nothing may decide by another
// key.
func (c *session) PublicKey() ssh.PublicKey { return nil }

// Permissions implements [ssh.Session].
func (c *session) Permissions() ssh.Permissions {
	if c.conn.Permissions == nil {
		return ssh.Permissions{Permissions: &gossh.Permissions{}}
	}
	return ssh.Permissions{Permissions: c.conn.Permissions}
}

// EmulatedPty implements [ssh.Session]. It returns false, because Write does not change line ends.
func (c *session) EmulatedPty() bool { return false }

// Pty implements [ssh.Session]. If several sizes come at once, the channel has only the last.
func (c *session) Pty() (ssh.Pty, <-chan ssh.Window, bool) {
	if c.term == "" {
		return ssh.Pty{}, c.windows, false
	}
	return ssh.Pty{Term: c.term, Window: windowOf(c.size)}, c.windows, true
}

// Signals implements [ssh.Session]. A signal for which the channel has no room is
// dropped, so that nobody can hold up the requests of a connection.
func (c *session) Signals(to chan<- ssh.Signal) { c.signals.Store(&to) }

// Break implements [ssh.Session]. Like a signal, a break that finds no room is dropped.
func (c *session) Break(to chan<- bool) { c.breaks.Store(&to) }

// Exit implements [ssh.Session]. It sends the status to the client and closes the channel
// (RFC 4254, 6.10). A second call returns an error.
func (c *session) Exit(status int) error {
	if c.exited.Swap(true) {
		return errors.New("the session has ended already")
	}
	defer close(c.over)
	_, err := c.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(status)}))
	return errors.Join(err, c.Close())
}

// Read reads the client's input, and notes when it came.
func (c *session) Read(p []byte) (int, error) {
	if c.held != nil {
		c.held.reading()
	}
	n, err := c.Channel.Read(p)
	if c.held != nil {
		c.held.read()
	}
	c.typed.Store(time.Now().UnixNano())
	return n, err
}

// script reports whether the client asked for something other than the screen.
func (c *session) script() bool { return c.exec || c.subsystem != "" }

// kind returns the kind of the session, for the log.
func (c *session) kind() string {
	switch {
	case c.subsystem != "":
		return c.subsystem
	case c.exec && files.IsSCP(c.command):
		return "scp"
	case c.exec:
		return "command"
	default:
		return "chat"
	}
}

// atEnd calls a function when the session has ended. The function that is added last is called
// first. Middleware uses it instead of defer, because the chat runs after the middleware.
func (c *session) atEnd(f func()) { c.ends = append(c.ends, f) }

// guard runs a part of a session, and logs a panic.
func guard(c *session, f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a session", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// guarded returns the exit status that f returns, or 1 if f panics.
func guarded(c *session, f func() int) (status int) {
	status = 1
	guard(c, func() { status = f() })
	return status
}

// finish ends the screen, whose user sees the reason. It reports false if the session has
// no screen, but runs a command or copies files. Then it does nothing.
func (c *session) finish(reason string) bool {
	end := c.ending.Load()
	if end != nil {
		(*end)(reason)
	}
	return end != nil
}

// noTerminal reports whether the certificate that let the connection in forbids a
// terminal.
func (c *session) noTerminal() bool {
	if c.conn.Permissions == nil {
		return false
	}
	_, forbidden := c.conn.Permissions.Extensions[extNoTerminal]
	return forbidden
}

// terminal returns what the environment says about the client's terminal.
func (c *session) terminal() theme.Terminal {
	return theme.TerminalOf(append(slices.Clip(c.environ), "TERM="+c.term))
}

// ascii reports whether the client gets only ASCII text. It does if its locale is not
// UTF-8. It also does if it has a terminal and names no locale, because its terminal may
// take other bytes for control sequences. A client without a terminal is a program, which
// can read any bytes.
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

// plain returns a stream to the client. If people will see its text, and their terminal
// needs that, it writes only ASCII.
func (c *session) plain(w io.Writer, shown bool) io.Writer {
	if shown && c.ascii() {
		return screen.ASCIIWriter{W: w}
	}
	return w
}

// say writes lines of text. A terminal is in raw mode and needs a carriage return at each line end.
func (c *session) say(w io.Writer, lines string) {
	if c.term != "" {
		lines = strings.ReplaceAll(lines, "\n", "\r\n")
	}
	_, _ = io.WriteString(c.plain(w, true), lines)
}

// Tell implements [files.Client]. It writes a sentence to standard error.
func (c *session) Tell(sentence string) { c.say(c.Stderr(), sentence+"\n") }

// connected logs that a member has connected, and with which program.
func (c *session) connected() {
	c.log.Info("connected", "kind", c.kind(), "client", text.CleanLine(string(c.conn.ClientVersion()), 80), "term", c.term)
}

// turnAway tells a client why the server does not serve it. If the client asked for sftp,
// its connection is closed a little later, because some clients would wait forever for an
// answer (libssh2, and so curl).
func (c *session) turnAway(why ...string) {
	for _, sentence := range why {
		c.Tell(sentence)
	}
	c.last = c.subsystem != ""
}
