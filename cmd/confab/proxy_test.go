package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// answered returns the server's answer to a connection that begins with this text,
// up to some text or to its end.
func answered(t *testing.T, addr, head, until string) (net.Conn, string) {
	t.Helper()
	conn, err := headed(head)(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	one := make([]byte, 1)
	for !strings.Contains(said.String(), until) {
		if _, err := conn.Read(one); err != nil {
			break
		}
		said.Write(one)
	}
	return conn, said.String()
}

// Limits and bans, which come before authentication, apply to the address that the
// load balancer reports, not to its own.
func TestLimitsAreOfWhoIsBehindALoadBalancer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	if _, stderr, status := confab(t, "", "bans", "add", "--data", dir, "198.51.100.0/24", "too", "many"); status != 0 {
		t.Fatal(stderr)
	}
	s := startServer(t, dir, "--proxy-protocol", "127.0.0.1,::1", "--max-per-address", "1")
	from := func(address string) string { return "PROXY TCP4 " + address + " 192.0.2.1 4711 22\r\n" }
	const greeting, tooMany = "SSH-2.0-confab\r\n", "Your address has reached this server's limit of connections (1)."
	if _, said := answered(t, s.addr, from("192.0.2.7"), greeting); !strings.Contains(said, greeting) || strings.Contains(said, tooMany) {
		t.Errorf("the first is told %q", said)
	}
	if _, said := answered(t, s.addr, from("192.0.2.7"), tooMany); !strings.Contains(said, tooMany) {
		t.Errorf("the second of an address is told %q", said)
	}
	if _, said := answered(t, s.addr, from("192.0.2.8"), greeting); !strings.Contains(said, greeting) || strings.Contains(said, tooMany) {
		t.Errorf("the first of another one is told %q", said)
	}
	if _, said := answered(t, s.addr, from("198.51.100.3"), "too many"); !strings.Contains(said, "too many") {
		t.Errorf("one that is banned is told %q", said)
	}
}

// A header that names no TCP client, as a load balancer's own checks have, leaves
// the connection its address.
func TestHeadersThatNameNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--proxy-protocol", "127.0.0.0/8")
	v2 := func(h proxyproto.Header) string {
		h.Version = 2
		raw, err := h.Format()
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for what, head := range map[string]string{
		"unknown": "PROXY UNKNOWN\r\n",
		"local":   v2(proxyproto.Header{Command: proxyproto.LOCAL}),
		"UDP": v2(proxyproto.Header{
			Command: proxyproto.PROXY, TransportProtocol: proxyproto.UDPv4,
			SourceAddr:      &net.UDPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 1},
			DestinationAddr: &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 2},
		}),
	} {
		c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "whoami", dial: headed(head)})
		if status := c.status(); status != 0 {
			t.Errorf("%s: status %d", what, status)
		}
	}
	// The last log lines may come after the end.
	if !testkit.Soon(func() bool { return strings.Count(s.log.String(), `"remote":"127.0.0.1:`) == 3 }) {
		t.Errorf("the log:\n%s", s.log.String())
	}
	// This is a header of version 2 that names a client.
	head := v2(proxyproto.Header{
		Command: proxyproto.PROXY, TransportProtocol: proxyproto.TCPv6,
		SourceAddr:      &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 4711},
		DestinationAddr: &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 22},
	})
	c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "whoami", dial: headed(head)})
	c.status()
	s.logs(`"remote":"[2001:db8::7]:4711"`)
}

// silentListener returns connections that send nothing.
type silentListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *silentListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *silentListener) Close() error { close(l.closed); return nil }

func (l *silentListener) Addr() net.Addr { return &net.TCPAddr{} }

// expired is a connection whose read deadline passes at once.
type expired struct {
	net.Conn
	deadline chan time.Time
	ended    chan struct{}
}

func (c *expired) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (c *expired) SetReadDeadline(t time.Time) error {
	select {
	case c.deadline <- t:
	default:
	}
	return nil
}

func (c *expired) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func (c *expired) Close() error { close(c.ended); return nil }

// A missing header is waited for only for a limited time, and delays no other
// connection.
func TestAHeaderHasADeadline(t *testing.T) {
	t.Parallel()
	var n network
	if err := n.UnmarshalText([]byte("127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	inner := &silentListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	l := proxyFlag{ProxyProtocol: []network{n}}.proxied(inner, slog.New(slog.DiscardHandler))
	defer l.Close()
	c := &expired{deadline: make(chan time.Time, 1), ended: make(chan struct{})}
	inner.conns <- c
	if t0 := <-c.deadline; t0.IsZero() || time.Until(t0) > headerTime {
		t.Errorf("the deadline is %s", t0)
	}
	<-c.ended
	// The connection is closed, and the next one is accepted.
	mine, theirs := net.Pipe()
	defer mine.Close()
	inner.conns <- &addressed{theirs}
	go fmt.Fprint(mine, proxyHeader)
	got, err := l.Accept()
	if err != nil || got.RemoteAddr().String() != "192.0.2.7:4711" {
		t.Errorf("accepted is %v, %v", got, err)
	}
}

// addressed is a connection from the machine itself.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }

// acceptTwice reports when its second Accept begins: then the first connection has
// been taken.
type acceptTwice struct {
	net.Listener
	calls int // used by one goroutine
	again chan struct{}
}

func (a *acceptTwice) Accept() (net.Conn, error) {
	if a.calls++; a.calls == 2 {
		close(a.again)
	}
	return a.Listener.Accept()
}

// A connection that exists when the server stops is passed on if its header arrives
// then, because the next server cannot have it.
func TestAStopDropsNobodyBehindALoadBalancer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := &acceptTwice{Listener: l, again: make(chan struct{})}
	p := proxyFlag{ProxyProtocol: []network{{netip.MustParsePrefix("127.0.0.0/8")}}}.proxied(accepted, slog.New(slog.DiscardHandler))
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	testkit.Within(t, "the connection to be accepted", accepted.again)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("PROXY TCP4 192.0.2.7 192.0.2.1 4711 22\r\nSSH-2.0-x\r\n")); err != nil {
		t.Fatal(err)
	}
	got, err := p.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if from := got.RemoteAddr().String(); from != "192.0.2.7:4711" {
		t.Errorf("it is from %s", from)
	}
	begun := time.Now()
	if _, err := p.Accept(); !errors.Is(err, net.ErrClosed) || time.Since(begun) > testkit.Patience/2 {
		t.Errorf("then it ends with %v after %s", err, time.Since(begun))
	}
}

// A machine can be its own load balancer, such as with HAProxy beside the server. The doctor then
// reaches the server all the same.
func TestDoctorOnALoadBalancer(t *testing.T) {
	dir := t.TempDir()
	enrol(t, dir, "ann")
	s := startServer(t, dir, "--proxy-protocol", "127.0.0.0/8,::1/128")
	for _, args := range [][]string{{"doctor"}, {"doctor", "--quick"}} {
		stdout, stderr, status := confab(t, "", append(args, "--data", dir)...)
		if status != 0 || !strings.Contains(stdout, "server answers on "+s.addr+"\n") {
			t.Errorf("%s: status %d, %s%s", args, status, stdout, stderr)
		}
	}
}
