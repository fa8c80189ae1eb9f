package cluster

import (
	"errors"
	"net"
	"sync"
	"time"
)

// proxy passes connections on to a socket. It can stop one direction, as a network does that
// loses all packets of it: what was sent meanwhile arrives when the direction works again.
type proxy struct {
	listener net.Listener
	up, down valve // to the socket, and back

	mu     sync.Mutex
	socket string
	delay  time.Duration // of each piece
	open   map[net.Conn]bool
	ended  bool
	all    sync.WaitGroup
}

// newProxy listens on a free port.
func newProxy(socket string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, socket: socket, open: map[net.Conn]bool{}}
	p.all.Go(p.accept)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// accept takes connections until the proxy is closed.
func (p *proxy) accept() {
	for {
		from, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.serve(from) })
	}
}

func (p *proxy) serve(from net.Conn) {
	p.mu.Lock()
	socket := p.socket
	p.mu.Unlock()
	to, err := net.Dial("unix", socket)
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
		both.Go(func() { p.pass(to, from, &p.up) })
		both.Go(func() { p.pass(from, to, &p.down) })
		both.Wait()
	}
	_, _ = from.Close(), to.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, from)
	delete(p.open, to)
}

// pass copies one direction until one of the connections ends, and then ends both.
func (p *proxy) pass(to, from net.Conn, v *valve) {
	defer func() { _, _ = to.Close(), from.Close() }()
	for buf := make([]byte, 32<<10); ; {
		n, err := from.Read(buf)
		v.wait()
		p.mu.Lock()
		delay := p.delay
		p.mu.Unlock()
		time.Sleep(delay)
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

// slow delays each piece from now on.
func (p *proxy) slow(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// lead sends new connections to another socket, and breaks the present ones.
func (p *proxy) lead(socket string) {
	p.mu.Lock()
	p.socket = socket
	p.mu.Unlock()
	p.sever()
}

// sever breaks all connections.
func (p *proxy) sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// close ends the proxy and its connections.
func (p *proxy) close() error {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.up.set(true)
	p.down.set(true)
	p.sever()
	p.all.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// valve is one direction, which is open unless it was closed.
type valve struct {
	mu     sync.Mutex
	closed chan struct{} // closed when the direction is open again; nil while it is
}

func (v *valve) set(open bool) {
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
func (v *valve) wait() {
	v.mu.Lock()
	closed := v.closed
	v.mu.Unlock()
	if closed != nil {
		<-closed
	}
}
