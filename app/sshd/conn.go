package sshd

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"confab/app"
)

// conn is a connection that was admitted.
type conn struct {
	net.Conn
	gate    *gate
	address netip.Addr
	network netip.Prefix
	trusted bool
	since   time.Time
	input   *rate.Limiter // nil if it is not limited
	codes   app.CodeTries // that strangers gave on it

	closing sync.Once
	closed  chan struct{}
	heard   atomic.Int64 // when something came last, Unix nanoseconds
	quiet   atomic.Int64 // since when no session runs
	asked   atomic.Int64 // when it was asked last whether it is there

	// The gate's, and guarded by it.
	account app.UserID // 0 if it is no member's
	entered bool       // was let in, as a member or a stranger
	pushed  bool       // out, by others

	mu       sync.Mutex // guards what follows
	ssh      *gossh.ServerConn
	channels int // session channels that are open
	running  map[*session]struct{}
	copying  int // of these, those that copy files
}

func newConn(g *gate, tcp net.Conn, address netip.Addr) *conn {
	now := g.now()
	c := &conn{
		Conn: tcp, gate: g, address: address, network: networkOf(address), trusted: g.limits.trusts(address),
		since: now, closed: make(chan struct{}), running: make(map[*session]struct{}),
	}
	c.heard.Store(now.UnixNano())
	if g.limits.Input > 0 {
		c.input = rate.NewLimiter(rate.Limit(g.limits.Input), inputBurst)
	}
	return c
}

// Read takes what comes, and no more of it in a second than is allowed: a
// client that sends more is slowed by its own window.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), inputBurst)])
	if n == 0 {
		return n, err
	}
	now := time.Now()
	c.heard.Store(now.UnixNano())
	if c.input == nil {
		return n, err
	}
	if wait := c.input.ReserveN(now, n).DelayFrom(now); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.closed:
		}
	}
	return n, err
}

// Close closes the connection. To close it twice is no error.
func (c *conn) Close() error {
	var err error
	c.closing.Do(func() {
		close(c.closed)
		err = c.Conn.Close()
		c.gate.left(c)
	})
	return err
}

// openChannel counts another session channel of the connection, unless there
// are too many.
func (c *conn) openChannel(conn *gossh.ServerConn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ssh = conn
	if over(c.gate.limits.Channels, c.channels) {
		return false
	}
	c.channels++
	return true
}

func (c *conn) closeChannel() {
	c.mu.Lock()
	c.channels--
	c.mu.Unlock()
}

// start notes that a session runs.
func (c *conn) start(s *session) {
	c.mu.Lock()
	c.running[s] = struct{}{}
	c.mu.Unlock()
}

// end notes that it does not any more.
func (c *conn) end(s *session) {
	c.mu.Lock()
	delete(c.running, s)
	c.mu.Unlock()
	c.quiet.Store(c.gate.now().UnixNano())
}

// arriving reports whether the connection had just come at a time, and has no
// screen yet.
func (c *conn) arriving(at time.Time) bool {
	if at.Sub(c.since) > recent {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.running {
		if s.ending.Load() != nil {
			return false
		}
	}
	return true
}

// transfer allows as much input as files may take, which are bounded by what an
// account may keep, until what it returns is called.
func (c *conn) transfer() (done func()) {
	c.transfers(1)
	return func() { c.transfers(-1) }
}

func (c *conn) transfers(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copying += n
	if c.input == nil {
		return
	}
	limit := c.gate.limits.Input
	if c.copying > 0 {
		limit = max(limit, c.gate.limits.FileInput)
		if c.gate.limits.FileInput <= 0 {
			c.input.SetLimit(rate.Inf)
			return
		}
	}
	c.input.SetLimit(rate.Limit(limit))
}
