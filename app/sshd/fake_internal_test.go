package sshd

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// fakeChannel is a session channel without a client.
type fakeChannel struct {
	gossh.Channel
	in       io.Reader
	out, err bytes.Buffer
	requests []string // the requests that the server sent, with their payloads
	closed   bool
}

func (f *fakeChannel) Read(p []byte) (int, error)  { return f.in.Read(p) }
func (f *fakeChannel) Write(p []byte) (int, error) { return f.out.Write(p) }
func (f *fakeChannel) Stderr() io.ReadWriter       { return &f.err }
func (f *fakeChannel) Close() error                { f.closed = true; return nil }
func (f *fakeChannel) SendRequest(name string, _ bool, payload []byte) (bool, error) {
	f.requests = append(f.requests, name+" "+string(payload))
	return false, nil
}

// fakeConn is a connection without a client.
type fakeConn struct{ gossh.Conn }

func (fakeConn) User() string          { return "K7QW-CODE" }
func (fakeConn) SessionID() []byte     { return []byte("session-id") }
func (fakeConn) ClientVersion() []byte { return []byte("SSH-2.0-fake") }
func (fakeConn) RemoteAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1000} }
func (fakeConn) LocalAddr() net.Addr   { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 22} }

// fakeSession is a session without a client, and the server that it is on.
type fakeSession struct {
	*session
	server  *Server
	channel *fakeChannel
	logged  *bytes.Buffer
}

// newFake makes a session with permissions from the handshake.
func newFake(t *testing.T, granted *gossh.Permissions) *fakeSession {
	t.Helper()
	f := &fakeSession{channel: &fakeChannel{in: bytes.NewReader(nil)}, logged: &bytes.Buffer{}}
	f.server = &Server{
		log:     slog.New(slog.NewTextHandler(f.logged, nil)),
		limiter: newConnLimiter(Limits{}, time.Now, func(netip.Addr) string { return "" }),
	}
	f.session = newSession(sessionContext{nil, t.Context()}, f.channel, &gossh.ServerConn{Conn: fakeConn{}, Permissions: granted}, f.server.log)
	return f
}

// pass runs one step on the session, and reports whether the step passed it on.
func (f *fakeSession) pass(step func(ssh.Handler) ssh.Handler) (passed bool) {
	step(func(ssh.Session) { passed = true })(f.session)
	return passed
}
