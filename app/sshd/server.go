// Package sshd is the SSH side of confab: who may connect, the life of one
// connection and its sessions, and bringing a chat screen to a terminal.
//
// It is a wish server: [Server.middleware] lists what happens to a session. Three parts
// of the stock server are not used.
//
// The loop that takes the requests of a session channel is our own, [Server.channel]. The
// stock one ([ssh.DefaultSessionHandler]) waits until somebody takes each resize, and
// meanwhile blocks the whole connection. It keeps any amount of environment, and always
// grants agent forwarding. It runs subsystems outside the middleware, so sftp would pass
// none of the checks there. Its contexts end with the connection, not with the session.
// Its terminal emulation copies each write.
//
// wish makes a host key in the working directory if it gets none, so [New] always gives it
// one.
//
// Three packages of wish are avoided. Its logging logs command lines, which have the text of
// messages. Its ratelimiter sees a client only after authentication, which is what has to
// be limited. Its scp posts files of which it has read only a part, and does not read the
// client's acknowledgements.
package sshd

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/command"
	"confab/tui"
)

const (
	// serverVersion is how the server names its software (RFC 4253, 4.2).
	serverVersion = "confab"
	// maxAuthTries lets a client offer all keys of a full agent: OpenSSH's default
	// of 6 turns people with many keys away before their right one is tried. What
	// tries cost is bounded by [maxUnknown] and [maxWasted].
	maxAuthTries = 60
	// settlingTime is what connections get that had just come when the server
	// stops, to be let in and have their command done.
	settlingTime = time.Second
	// partingTime is what open sessions get to restore their terminals when the
	// server stops.
	partingTime = 2500 * time.Millisecond
	// cuttingTime is what they get to end after their connections were closed, and
	// committingTime what it may take to commit what was accepted. All of these
	// together are less than the 5 s that a stop may take.
	cuttingTime    = 500 * time.Millisecond
	committingTime = 700 * time.Millisecond
)

// Server lets people in and runs their sessions.
type Server struct {
	service *chat.Service
	log     *slog.Logger
	ssh     *ssh.Server
	gate    *gate
	done    chan struct{} // closed when it stops

	rendered *tui.Rendered   // messages, for all screens
	runners  *runners        // write what they show
	parser   *command.Parser // of the command line
	budgets  budgets         // of keys

	authorities []string // fingerprints of the keys whose certificates are taken

	mu        sync.Mutex     // guards the next, and the closing of done
	listener  net.Listener   // nil before Serve
	listening sync.WaitGroup // the call of Serve
	sessions  sync.WaitGroup // the session handlers that run
}

// New makes a server for a service. The host key is what clients know it by.
func New(service *chat.Service, hostKey gossh.Signer, log *slog.Logger, limits Limits) (*Server, error) {
	hostKey, err := newPacedKey(hostKey)
	if err != nil {
		return nil, err
	}
	parser, err := command.NewParser()
	if err != nil {
		return nil, err
	}
	s := &Server{service: service, log: log, done: make(chan struct{}), rendered: tui.NewRendered(), parser: parser}
	s.runners = newRunners(s.done)
	s.gate = newGate(limits, time.Now, service.BarredAddress)
	service.EndsConnections(s.gate.connections)
	s.ssh, err = wish.NewServer(
		withHostKey(hostKey),
		wish.WithVersion(serverVersion),
		ssh.WrapConn(s.connected),
		s.withHandlers(limits.AuthTime),
		outermostFirst(s.middleware()),
	)
	if err != nil {
		return nil, fmt.Errorf("making the SSH server: %w", err)
	}
	return s, nil
}

// withHostKey sets the host key.
func withHostKey(key gossh.Signer) ssh.Option {
	return func(server *ssh.Server) error {
		server.AddHostKey(key)
		return nil
	}
}

// withHandlers sets how clients are authenticated, in how much time, and that they may
// open sessions and nothing else.
func (s *Server) withHandlers(authTime time.Duration) ssh.Option {
	return func(server *ssh.Server) error {
		server.HandshakeTimeout = authTime
		server.ServerConfigCallback = s.config
		server.ConnectionFailedCallback = s.handshakeFailed
		server.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.channel}
		// Empty maps, since the library takes nil for its defaults: no forwarding, and no
		// subsystem outside the middleware.
		server.RequestHandlers = map[string]ssh.RequestHandler{}
		server.SubsystemHandlers = map[string]ssh.SubsystemHandler{}
		return nil
	}
}

// Serve takes connections from the listener until [Server.Stop], then returns
// nil. Any other end is an error. It is called once, and closes the listener.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.begin(l) {
		return nil
	}
	defer s.listening.Done()
	s.sessions.Go(func() { s.sweep(s.done) })
	err := s.ssh.Serve(gated{l, s.gate})
	select {
	case <-s.done:
		return nil
	default:
		return fmt.Errorf("accepting connections: %w", err)
	}
}

// begin notes the listener that is served, unless the server has stopped.
func (s *Server) begin(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return false
	default:
	}
	s.listening.Add(1)
	s.listener = l
	return true
}

// refuse closes the listener. When it returns nobody comes any more, and who came
// is known to the gate.
func (s *Server) refuse() {
	s.mu.Lock()
	close(s.done)
	l := s.listener
	s.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
	s.listening.Wait()
}

// connKey finds the [conn] in a connection's context.
type connKey struct{}

// connected takes a connection that comes from the gate, before its handshake.
func (s *Server) connected(ctx ssh.Context, tcp net.Conn) net.Conn {
	ctx.SetValue(connKey{}, tcp)
	if c := connOf(ctx); c != nil {
		c.mu.Lock()
		c.ctx = ctx
		c.mu.Unlock()
	}
	return tcp
}

// connOf is the connection that a context is of.
func connOf(ctx ssh.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// Stop takes no more connections, lets those that had just come do what they
// came for, ends the open sessions with a reason that
// their users are shown once their screens are restored, and commits what was
// accepted. It returns when no session runs any more, and in any case within five
// seconds: a client that does not read is cut off, and what still runs then is left
// to the end of the process.
func (s *Server) Stop(reason string) {
	s.refuse()
	s.gate.settle(settlingTime)
	ctx, cancel := context.WithTimeout(context.Background(), partingTime)
	defer cancel()
	closed := make(chan struct{})
	go func() {
		_ = s.ssh.Shutdown(ctx) // waits for the connections
		close(closed)
	}()
	s.service.EndSessions(reason)
	for _, c := range s.gate.all() {
		if c.idle() {
			go c.part(reason)
		}
	}
	<-closed // meanwhile the sessions keep their drafts
	_ = s.ssh.Close()
	for _, c := range s.gate.all() {
		_ = c.Close()
	}
	s.within(cuttingTime, "sessions that do not end", func() {
		s.gate.stop()
		s.sessions.Wait()
	})
	s.within(committingTime, "what was accepted is not committed yet", func() { s.service.Close(reason) })
}

// within waits for something, and goes on without it after so long.
func (s *Server) within(limit time.Duration, otherwise string, do func()) {
	done := make(chan struct{})
	go func() {
		do()
		close(done)
	}()
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
		s.log.Error("stopping: " + otherwise)
	}
}
