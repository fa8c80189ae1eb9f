package sshd

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"confab/app/chat"
)

// conn is a connection that was admitted.
type conn struct {
	net.Conn
	gate    *gate
	address netip.Addr
	network netip.Prefix
	trusted bool
	since   time.Time
	input   *rate.Limiter  // nil if it is not limited
	rekeys  *rate.Limiter  // key exchanges, the first one included
	codes   chat.CodeTries // that strangers gave on it

	holds atomic.Int32  // for how many sessions nothing more is to be read
	freed chan struct{} // has an element when that has become fewer

	closing sync.Once
	closed  chan struct{}
	heard   atomic.Int64 // when something came last, Unix nanoseconds
	quiet   atomic.Int64 // since when no session runs
	asked   atomic.Int64 // when it was asked last whether it is there

	// The gate's, and guarded by it.
	account chat.UserID // 0 if it is no member's
	entered bool        // was let in, as a member or a stranger
	pushed  bool        // out, by others

	mu       sync.Mutex  // guards what follows
	login    chat.Login  // what the client has proved so far
	user     chat.UserID // whose account that opens, 0 if nobody's
	told     string      // why it may not stay, "" if it may
	ctx      ssh.Context // charm.land/ssh's; nil before the handshake
	channels int         // session channels that are open
	running  map[*session]struct{}
	copying  int  // of these, those that copy files
	parting  bool // is told why it is closed
}

func newConn(g *gate, tcp net.Conn, address netip.Addr) *conn {
	now := g.now()
	c := &conn{
		Conn: tcp, gate: g, address: address, network: networkOf(address), trusted: g.limits.trusts(address),
		since: now, closed: make(chan struct{}), freed: make(chan struct{}, 1), running: make(map[*session]struct{}),
	}
	c.login.From = address
	c.heard.Store(now.UnixNano())
	c.rekeys = rate.NewLimiter(rate.Every(strangerRekeyEvery), strangerRekeys)
	if g.limits.Input > 0 {
		c.input = rate.NewLimiter(rate.Limit(g.limits.Input), strangerBurst)
	}
	return c
}

// isMember gives a connection what a member's may cost.
func (c *conn) isMember() {
	c.rekeys.SetBurst(memberRekeys)
	c.rekeys.SetLimit(rate.Every(memberRekeyEvery))
	if c.input != nil {
		c.input.SetBurst(inputBurst)
	}
}

// longestHold is how long a connection is not read at most, so that what is not a
// session's input comes through.
const longestHold = time.Second

// hold has the connection read nothing more, or go on. What sessions have not read
// waits in the server's memory, up to 2 MiB for each, which is the library's window.
func (c *conn) hold(on bool) {
	if on {
		c.holds.Add(1)
		return
	}
	c.holds.Add(-1)
	select {
	case c.freed <- struct{}{}:
	default:
	}
}

// held waits while the connection is held.
func (c *conn) held() {
	if c.holds.Load() <= 0 {
		return
	}
	late := time.NewTimer(longestHold)
	defer late.Stop()
	for c.holds.Load() > 0 {
		select {
		case <-c.freed:
		case <-late.C:
			return
		case <-c.closed:
			return
		}
	}
}

// Read takes what comes, and no more of it in a second than is allowed: a
// client that sends more is slowed by its own window.
func (c *conn) Read(p []byte) (int, error) {
	c.held()
	most := inputBurst
	if c.input != nil {
		most = c.input.Burst()
	}
	n, err := c.Conn.Read(p[:min(len(p), most)])
	if n == 0 {
		return n, err
	}
	now := time.Now()
	c.heard.Store(now.UnixNano())
	if c.input == nil {
		return n, err
	}
	c.pause(c.input.ReserveN(now, n).DelayFrom(now))
	return n, err
}

// pause waits, or until the connection is closed.
func (c *conn) pause(wait time.Duration) {
	if wait <= 0 {
		return
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.closed:
	}
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

// openChannel counts another session channel of the connection. One that is over the
// limit is taken as well, to be told so, unless there are as many of these.
func (c *conn) openChannel() (taken, within bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if over(2*c.gate.limits.Channels, c.channels) {
		return false, false
	}
	within = !over(c.gate.limits.Channels, c.channels)
	c.channels++
	return true, within
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

// end notes that it does not any more. A client that may not stay has told its user
// by then, and gets a moment to close the connection itself: ssh exits with another
// status if the server does.
func (c *conn) end(s *session) {
	c.mu.Lock()
	delete(c.running, s)
	told := c.told
	if len(c.running) > 0 {
		told = ""
	}
	c.mu.Unlock()
	c.quiet.Store(c.gate.now().UnixNano())
	if told != "" {
		time.AfterFunc(barredTime, func() { c.part(told) })
	}
}

// proved notes what the client has proved, and the account that this opens, 0 if
// nobody's.
func (c *conn) proved(l chat.Login, user chat.UserID) {
	l.From = c.address
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login, c.user = l, user
}

// Proved implements [chat.Connection].
func (c *conn) Proved() (chat.Login, chat.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.login, c.user
}

// End implements [chat.Connection]. Sessions that run tell their users themselves,
// and get the same time for it as all that must end.
func (c *conn) End(reason string) {
	c.mu.Lock()
	c.told = reason
	idle := len(c.running) == 0
	c.mu.Unlock()
	if idle {
		go c.part(reason)
	} else if limit := c.gate.limits.Ending; limit > 0 {
		time.AfterFunc(limit, func() { _ = c.Close() })
	}
}

// overSSH is the connection once its handshake is over, nil before. The caller has
// locked c.mu.
func (c *conn) overSSH() *gossh.ServerConn {
	if c.ctx == nil {
		return nil
	}
	done, _ := c.ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	return done
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
