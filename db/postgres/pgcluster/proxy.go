package pgcluster

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Proxy passes connections on to a server. It has a port of its own. It can stop one direction, as a network does that
// loses all packets of it: what was sent meanwhile arrives when the direction works again.
type Proxy struct {
	Up, Down Valve // to the server, and back

	listener net.Listener
	mu       sync.Mutex
	network  string // of the server: unix or tcp
	address  string
	delay    time.Duration           // of each piece
	watch    func(piece []byte) bool // of each piece to the server; nil lets all pass
	open     map[net.Conn]bool
	ended    bool
	all      sync.WaitGroup
}

// NewProxy listens on a free port for connections to a server, which is at an address of a network
// as net.Dial takes it. The caller must call Close.
func NewProxy(network, address string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, network: network, address: address, open: map[net.Conn]bool{}}
	p.all.Go(p.accept)
	return p, nil
}

// Addr returns the address at which the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// accept takes connections until the proxy is closed.
func (p *Proxy) accept() {
	for {
		from, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.serve(from) })
	}
}

func (p *Proxy) serve(from net.Conn) {
	p.mu.Lock()
	address := p.address
	p.mu.Unlock()
	to, err := net.Dial(p.network, address)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mu.Lock()
	ended := p.ended
	p.open[from], p.open[to] = true, true
	p.mu.Unlock()
	if !ended {
		var both sync.WaitGroup
		both.Go(func() { p.pass(to, from, &p.Up) })
		both.Go(func() { p.pass(from, to, &p.Down) })
		both.Wait()
	}
	_, _ = from.Close(), to.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, from)
	delete(p.open, to)
}

// pass copies one direction until one of the connections ends, and then ends both.
func (p *Proxy) pass(to, from net.Conn, v *Valve) {
	defer func() { _, _ = to.Close(), from.Close() }()
	for buf := make([]byte, 32<<10); ; {
		n, err := from.Read(buf)
		v.wait()
		p.mu.Lock()
		delay, watch := p.delay, p.watch
		p.mu.Unlock()
		time.Sleep(delay)
		if n > 0 && v == &p.Up && watch != nil && !watch(buf[:n]) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// Watch calls a function before each piece that a client has sent is passed on. It ends the
// connection, and drops the piece, if the function reports false.
func (p *Proxy) Watch(pass func(piece []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watch = pass
}

// Slow delays each piece from now on.
func (p *Proxy) Slow(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// Lead sends new connections to another address of the same network, and breaks the present ones.
func (p *Proxy) Lead(address string) {
	p.mu.Lock()
	p.address = address
	p.mu.Unlock()
	p.Sever()
}

// Sever breaks all connections.
func (p *Proxy) Sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.Up.Set(true)
	p.Down.Set(true)
	p.Sever()
	p.all.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Valve is one direction, which is open unless it was closed.
type Valve struct {
	mu     sync.Mutex
	closed chan struct{} // closed when the direction is open again; nil while it is
}

// Set opens or closes the direction.
func (v *Valve) Set(open bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case open && v.closed != nil:
		close(v.closed)
		v.closed = nil
	case !open && v.closed == nil:
		v.closed = make(chan struct{})
	}
}

// wait returns when the direction is open.
func (v *Valve) wait() {
	v.mu.Lock()
	closed := v.closed
	v.mu.Unlock()
	if closed != nil {
		<-closed
	}
}
