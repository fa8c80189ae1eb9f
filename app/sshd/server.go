// Package sshd is the SSH server of confab. It decides which clients may connect, limits what
// they cost, and runs their sessions: the chat screen, commands, sftp and scp.
//
// It is a wish server, and Server.middleware lists the steps through which each session goes.
// Some parts of the stock server are not used.
//
// The loop that takes the requests of a session channel is our own, Server.channel. The
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
// messages. Its ratelimiter sees a client only after authentication, which is the part that has
// to be limited. Its scp posts files of which it has read only a part, and does not read the
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

	"confab/app/command"
	"confab/app/service"
	"confab/tui/theme"
	"confab/tui/timeline"
)

const (
	// serverVersion is the name of the software in the protocol (RFC 4253, 4.2).
	serverVersion = "confab"
	// maxAuthTries lets a client offer all keys of a full agent: OpenSSH's default
	// of 6 turns people with many keys away before their right one is tried. [maxUnknown]
	// and [maxWasted] bound the cost of tries.
	maxAuthTries = 60
	// arrivalTime is how long a stop of the server waits for new connections, to be let in
	// and have their command done.
	arrivalTime = time.Second
	// shutdownTime is how long open sessions have to restore their terminals when the server
	// stops.
	shutdownTime = 2500 * time.Millisecond
	// cutTime is how long they have to end after their connections were closed. In the rest of
	// stopTime, which is less than the 5 s that a stop may take, the server commits the
	// changes that it has accepted.
	cutTime  = 500 * time.Millisecond
	stopTime = 4700 * time.Millisecond
)

// Server lets people in and runs their sessions. Serve and Stop may be called from
// different goroutines.
type Server struct {
	service *service.Service
	log     *slog.Logger
	ssh     *ssh.Server
	limiter *connLimiter
	done    chan struct{} // closed when it stops
	leaving chan struct{} // closed when it accepts no more connections, at done or before

	rendered *timeline.Rendered // rendered messages, for all screens
	themes   theme.Shelf
	parser   *command.Parser // of "ssh HOST COMMAND"
	budgets  budgets         // of key presses

	host decided // what the host has decided

	mu        sync.Mutex     // guards the listeners, and the closing of done and leaving
	listeners []net.Listener // none before Serve
	listening sync.WaitGroup // the call of Serve
	sessions  sync.WaitGroup // the session handlers that run
}

// New makes a server for a service. Clients recognize the server by its host key.
func New(service *service.Service, hostKey gossh.Signer, log *slog.Logger, limits Limits) (*Server, error) {
	parser, err := command.NewParser()
	if err != nil {
		return nil, err
	}
	s := &Server{service: service, log: log, done: make(chan struct{}), leaving: make(chan struct{}), rendered: timeline.NewRendered(), parser: parser}
	s.Host().Trust(nil)
	if err := s.Host().SetKeys(HostKey{Signer: hostKey}); err != nil {
		return nil, err
	}
	s.limiter = newConnLimiter(limits, time.Now, service.BarredAddress)
	s.limiter.refused = service.Refusals()
	s.limiter.elsewhere = service.EndsConnections(s.limiter.connections)
	s.ssh, err = wish.NewServer(
		withHostKeys(s.host.keys.Load().agreed),
		wish.WithVersion(serverVersion),
		ssh.WrapConn(connected),
		s.withHandlers(),
		outermostFirst(s.middleware()),
	)
	if err != nil {
		return nil, fmt.Errorf("making the SSH server: %w", err)
	}
	return s, nil
}

// withHostKeys sets the first host keys. [Server.config] sets later ones.
func withHostKeys(keys []ssh.Signer) ssh.Option {
	return func(server *ssh.Server) error {
		server.HostSigners = keys
		return nil
	}
}

// withHandlers sets how clients are authenticated, and that they may open sessions and
// nothing else.
func (s *Server) withHandlers() ssh.Option {
	return func(server *ssh.Server) error {
		server.ServerConfigCallback = s.config
		server.ConnectionFailedCallback = s.handshakeFailed
		server.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.channel}
		// Nil would stand for the defaults of the library. Empty maps mean no forwarding,
		// and no subsystem outside the middleware.
		server.RequestHandlers = map[string]ssh.RequestHandler{proveKeys: proveHostKeys}
		server.SubsystemHandlers = map[string]ssh.SubsystemHandler{}
		return nil
	}
}

// Serve accepts connections from the listeners until [Server.Stop], and then returns nil. If
// accepting fails on one of them, it returns an error. Call it once. It closes the listeners.
func (s *Server) Serve(listeners ...net.Listener) error {
	if !s.begin(listeners) {
		closeAll(listeners)
		return nil
	}
	defer s.listening.Done()
	s.sessions.Go(func() { s.checkConnections(s.done) })
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { ended <- s.ssh.Serve(limitedListener{l, s.limiter}) }()
	}
	err := <-ended
	closeAll(listeners)
	for range len(listeners) - 1 {
		<-ended
	}
	select {
	case <-s.leaving:
		return nil
	default:
		return fmt.Errorf("accepting connections: %w", err)
	}
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}

// begin notes the listeners, and reports false if the server has stopped.
func (s *Server) begin(listeners []net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.leaving:
		return false
	default:
	}
	s.listening.Add(1)
	s.listeners = listeners
	return true
}

// refuse closes the listeners. When it returns, no more clients come, and the connection
// limiter knows all that came. It may be called twice.
func (s *Server) refuse() {
	s.mu.Lock()
	select {
	case <-s.leaving:
	default:
		close(s.leaving)
	}
	listeners := s.listeners
	s.mu.Unlock()
	closeAll(listeners)
	s.listening.Wait()
}

// connKey finds the [conn] in a connection's context.
type connKey struct{}

// connected links an admitted connection to its context, before the handshake.
func connected(ctx ssh.Context, tcp net.Conn) net.Conn {
	ctx.SetValue(connKey{}, tcp)
	if c := connOf(ctx); c != nil {
		c.mu.Lock()
		c.ctx = ctx
		c.mu.Unlock()
	}
	return tcp
}

// connOf returns the connection that a context belongs to.
func connOf(ctx ssh.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// Stop stops the server. It accepts no more connections, and gives new ones a moment to do
// what they came for. It ends the open sessions, whose users see the reason after their
// screens were restored. Then it commits the changes that the server has accepted. It
// returns when no session runs, and after five seconds at most: it cuts off clients that do
// not read, and sessions that still run end with the process. If [Limits.Ending] is longer
// than shutdownTime, sessions have that time, and Stop takes longer accordingly.
func (s *Server) Stop(reason string) {
	begun := time.Now()
	s.refuse()
	s.mu.Lock()
	close(s.done)
	s.mu.Unlock()
	if cut := s.limiter.awaitArrivals(arrivalTime); cut > 0 {
		s.log.Warn("stopping: new connections are cut off that had no screen and were not done in time", "connections", cut)
	}
	extra := max(0, s.limiter.limits().Ending-shutdownTime)
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime+extra)
	defer cancel()
	closed := make(chan struct{})
	go func() {
		_ = s.ssh.Shutdown(ctx) // waits for the connections
		close(closed)
	}()
	s.service.EndSessions(reason)
	for _, c := range s.limiter.all() {
		if c.idle() {
			go c.disconnect(reason)
		}
	}
	<-closed // meanwhile the sessions save their drafts
	_ = s.ssh.Close()
	for _, c := range s.limiter.all() {
		_ = c.Close()
	}
	s.within(cutTime, "some sessions did not end in time", func() {
		s.limiter.stop()
		s.sessions.Wait()
	})
	s.within(stopTime+extra-time.Since(begun), "accepted changes could not be committed in time", func() { s.service.Close(reason) })
}

// Drain makes the clients go to another machine that serves the same chat, before
// [Server.Stop]. It ends the open connections in equal parts over a time, so that not all of them
// connect to the other machines at once. Their users see the reason. Connections that copy files
// come last. In the first tenth of the time new ones are still accepted and none is ended, because
// a load balancer may not know yet. Drain returns when no connection is left.
func (s *Server) Drain(over time.Duration, reason string) {
	grace := over / 10
	time.Sleep(grace)
	s.refuse()
	s.limiter.drain(over-grace, reason)
}

// within calls do, and stops waiting for it after the limit. Then it logs what went wrong.
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
