package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pires/go-proxyproto"

	"confab/cmd/confab/machine"
)

// proxyFlag names the networks whose connections have a PROXY header
// (https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt).
type proxyFlag struct {
	ProxyProtocol []network `help:"Networks of load balancers. Each of their connections must have a PROXY header with the client's address." env:"CONFAB_PROXY_PROTOCOL" placeholder:"CIDR"`
}

// headerTime is how long the server waits for the header of a connection. It comes
// from a machine near by, before anything else.
const headerTime = 5 * time.Second

// lateHeader is how long the server waits for headers when it stops.
const lateHeader = 500 * time.Millisecond

// network is an address with the length of its prefix, such as 192.0.2.0/24.
type network struct{ netip.Prefix }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *network) UnmarshalText(text []byte) (err error) {
	if addr, e := netip.ParseAddr(string(text)); e == nil {
		n.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	if n.Prefix, err = netip.ParsePrefix(string(text)); err != nil {
		return fmt.Errorf("%q is not a network: write one such as 192.0.2.0/24, or an address", text)
	}
	return nil
}

// prefixes returns the networks as other packages take them.
func (f proxyFlag) prefixes() []netip.Prefix {
	all := make([]netip.Prefix, len(f.ProxyProtocol))
	for i, n := range f.ProxyProtocol {
		all[i] = n.Prefix
	}
	return all
}

var errHeader = errors.New("a PROXY header, or something else that is not ssh, from an address that is not a load balancer's")

// proxied returns a listener that gives connections from load balancers the address
// in their header. Other connections keep their own.
func (f proxyFlag) proxied(l net.Listener, log *slog.Logger) net.Listener {
	if len(f.ProxyProtocol) == 0 {
		return l
	}
	p := &proxyListener{Listener: l, from: f.prefixes(), log: log, conns: make(chan net.Conn), closed: make(chan struct{})}
	go p.run()
	return p
}

// proxyListener reads headers in parallel, so that a missing header delays no other
// connection.
type proxyListener struct {
	net.Listener
	from []netip.Prefix
	log  *slog.Logger

	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
	headers sync.WaitGroup // headers that are being read
	failed  error          // why it ended; read it only after closed
}

func (p *proxyListener) run() {
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() {
				p.log.Warn("accepting a connection", "err", err)
				time.Sleep(50 * time.Millisecond) // as in net/http: the process is out of file descriptors
				continue
			}
			p.finish(err)
			return
		}
		if !machine.Within(conn.RemoteAddr(), p.from) {
			p.hand(&directConn{Conn: conn})
			continue
		}
		p.headers.Go(func() { p.header(conn) })
	}
}

// header reads the header of a connection and passes the connection on, or closes
// it.
func (p *proxyListener) header(conn net.Conn) {
	c := proxyproto.NewConn(conn, proxyproto.WithPolicy(proxyproto.REQUIRE), proxyproto.SetReadHeaderTimeout(headerTime))
	h := c.ProxyHeader()
	if h == nil {
		p.log.Warn("a load balancer sent no PROXY header", "remote", conn.RemoteAddr().String())
		_ = conn.Close()
		return
	}
	p.hand(&balancedConn{c, clientOf(h, conn.RemoteAddr())})
}

// clientOf returns the address of the client that a header names. Headers of a load
// balancer's own checks name no TCP client; the connection then keeps its own
// addresses.
func clientOf(h *proxyproto.Header, from net.Addr) net.Addr {
	if client, ok := h.SourceAddr.(*net.TCPAddr); ok && !h.Command.IsLocal() {
		return client
	}
	return from
}

// balancedConn is a connection with the address in its header.
type balancedConn struct {
	*proxyproto.Conn
	client net.Addr
}

// RemoteAddr implements net.Conn.
func (c *balancedConn) RemoteAddr() net.Addr { return c.client }

// CloseWrite lets a client read the exit message to its end.
func (c *balancedConn) CloseWrite() error { return closeWrite(c.Raw()) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (p *proxyListener) hand(c net.Conn) {
	select {
	case p.conns <- c:
	case <-p.closed:
		_ = c.Close()
	}
}

// finish ends the listener after it has passed on the connections that have already
// arrived.
func (p *proxyListener) finish(err error) {
	handed := make(chan struct{})
	go func() {
		p.headers.Wait()
		close(handed)
	}()
	select {
	case <-handed:
	case <-p.closed:
	}
	p.end(err)
}

func (p *proxyListener) end(err error) {
	p.once.Do(func() {
		p.failed = err
		close(p.closed)
	})
}

// Accept implements net.Listener.
func (p *proxyListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, p.failed
	}
}

// Close implements net.Listener. For a moment, Accept still returns connections
// that were accepted by then, because nobody else could receive them.
func (p *proxyListener) Close() error {
	err := p.Listener.Close()
	time.AfterFunc(lateHeader, func() { p.end(net.ErrClosed) })
	return err
}

// directConn is a connection that must begin as ssh does (RFC 4253, 4.2), so that
// no header is taken for an ssh greeting.
type directConn struct {
	net.Conn
	begun bool // of reading, which only one goroutine does
}

// CloseWrite lets a client read the exit message to its end.
func (c *directConn) CloseWrite() error { return closeWrite(c.Conn) }

// Read implements net.Conn.
func (c *directConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.begun {
		c.begun = true
		if p[0] != 'S' {
			return 0, errHeader
		}
	}
	return n, err
}
