// Package sshd is the SSH side of confab: who may connect, the life of one
// connection and its sessions, and bringing a chat screen to a terminal.
//
// It stands on charm.land/ssh for accepting connections, but handles session
// channels itself: the stock handler blocks a connection whose resizes nobody
// takes, keeps any amount of environment and grants agent forwarding, and its
// terminal emulation copies each write.
package sshd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"confab/app"
)

const (
	// handshakeTimeout bounds the time from connecting to being let in. A person
	// may have to type a passphrase or touch a key meanwhile, hence not less;
	// OpenSSH's LoginGraceTime is 120 s.
	handshakeTimeout = 60 * time.Second
	// maxAuthTries lets a client try all keys of a full agent: OpenSSH's default
	// of 6 turns people with many keys away before their right one is tried.
	maxAuthTries = 20
	// partingTime is what open sessions get to restore their terminals when the
	// server stops, within the 5 s that a stop may take.
	partingTime = 3 * time.Second
)

// Server lets people in and runs their sessions.
type Server struct {
	service *app.Service
	log     *slog.Logger
	ssh     *ssh.Server

	authorities []string // fingerprints of the keys whose certificates are taken

	sessions sync.WaitGroup // the session handlers that run
}

// New makes a server for a service. The host key is what clients know it by.
func New(service *app.Service, hostKey gossh.Signer, log *slog.Logger) *Server {
	s := &Server{service: service, log: log}
	s.ssh = &ssh.Server{
		HostSigners:          []ssh.Signer{hostKey},
		Version:              "confab",
		HandshakeTimeout:     handshakeTimeout,
		ServerConfigCallback: s.config,
		ChannelHandlers:      map[string]ssh.ChannelHandler{"session": s.channel},
		// Non-nil and empty: no forwarding, no subsystems.
		RequestHandlers:   map[string]ssh.RequestHandler{},
		SubsystemHandlers: map[string]ssh.SubsystemHandler{},
		ConnectionFailedCallback: func(conn net.Conn, err error) {
			log.Debug("not let in", "remote", conn.RemoteAddr().String(), "err", err)
		},
	}
	return s
}

// Serve takes connections from the listener until [Server.Stop], then returns
// nil. Any other end is an error.
func (s *Server) Serve(l net.Listener) error {
	if err := s.ssh.Serve(l); !errors.Is(err, ssh.ErrServerClosed) {
		return fmt.Errorf("accepting connections: %w", err)
	}
	return nil
}

// Stop takes no more connections, ends the open sessions with a reason that
// their users are shown once their screens are restored, commits what was
// accepted, and returns when no session runs any more; that takes a few
// seconds at most, as a client that does not read is cut off.
func (s *Server) Stop(reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), partingTime)
	defer cancel()
	closed := make(chan struct{})
	go func() {
		// Closes the listeners first, then waits for the connections.
		_ = s.ssh.Shutdown(ctx)
		close(closed)
	}()
	s.service.Close(reason)
	<-closed
	_ = s.ssh.Close()
	s.sessions.Wait()
}
