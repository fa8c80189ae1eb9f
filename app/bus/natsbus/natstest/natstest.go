// Package natstest has a NATS server for tests and measurements, in their own process.
package natstest

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a NATS server on this machine.
type Server struct {
	options *server.Options
	running *server.Server // nil while it does not run
}

// startTime bounds how long a server takes to start.
const startTime = 30 * time.Second

// New makes a server on a free port. The options may have users and more; nil stands for none.
func New(o *server.Options) *Server {
	if o == nil {
		o = &server.Options{}
	}
	o.Host, o.Port, o.NoLog, o.NoSigs = "127.0.0.1", server.RANDOM_PORT, true, true
	return &Server{options: o}
}

// WithUser makes a server for a user with a password.
func WithUser(name, password string) *Server {
	return New(&server.Options{Username: name, Password: password})
}

// Start starts the server. After Stop, it has the same port as before.
func (s *Server) Start() error {
	running, err := server.NewServer(s.options)
	if err != nil {
		return fmt.Errorf("starting NATS: %w", err)
	}
	running.Start()
	if !running.ReadyForConnections(startTime) {
		running.Shutdown()
		return errors.New("starting NATS: it does not take connections")
	}
	at, ok := running.Addr().(*net.TCPAddr)
	if !ok {
		running.Shutdown()
		return errors.New("starting NATS: it has no port")
	}
	s.running, s.options.Port = running, at.Port
	return nil
}

// Addr returns the host and the port.
func (s *Server) Addr() string { return fmt.Sprintf("%s:%d", s.options.Host, s.options.Port) }

// Connections returns how many clients are connected.
func (s *Server) Connections() int {
	if s.running == nil {
		return 0
	}
	return s.running.NumClients()
}

// Stop ends the server and its connections.
func (s *Server) Stop() {
	if s.running != nil {
		s.running.Shutdown()
		s.running.WaitForShutdown()
		s.running = nil
	}
}
