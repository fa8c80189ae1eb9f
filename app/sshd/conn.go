package sshd

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/service"
	"confab/keys"
)

// conn is a connection that the connection limiter has admitted.
type conn struct {
	net.Conn
	limiter *connLimiter
	address netip.Addr
	network netip.Prefix
	trusted bool
	since   time.Time
	input   *rate.Limiter     // nil if it is not limited
	rekeys  *rate.Limiter     // of key exchanges, including the first one
	codes   service.CodeTries // the wrong codes that strangers entered

	holds atomic.Int32  // how many sessions want the connection to stop reading
	freed chan struct{} // has an element after holds has decreased
	out   batch

	closing sync.Once
	closed  chan struct{}
	heard   atomic.Int64 // when the client last sent something, in Unix nanoseconds
	quiet   atomic.Int64 // when the last session ended, in Unix nanoseconds; 0 before the login
	asked   atomic.Int64 // when the client was last asked whether it is there, in Unix nanoseconds

	announced atomic.Pointer[hostKeys] // the host keys that the client was told about, or nil

	// Guarded by the connection limiter.
	account  chat.UserID // the account that it counts for, 0 before a member's first session
	entered  bool        // the client was let in, as a member or a stranger
	stranger bool        // as a stranger
	pushed   bool        // it was closed to make room for others

	mu            sync.Mutex         // guards the fields below
	login         chat.Login         // what the client has proved so far
	user          chat.UserID        // the account that the login opens, or 0
	certificate   *gossh.Certificate // the one that opened the account, or nil
	told          string             // why the client may not stay, or "" if it may
	ctx           ssh.Context        // of the ssh library; nil before the handshake
	channels      int                // the number of open session channels
	running       map[*session]struct{}
	copying       int  // how many of the running sessions copy files
	disconnecting bool // the client is being told why the connection is closed
}

func newConn(l *connLimiter, tcp net.Conn, address netip.Addr) *conn {
	now := l.now()
	c := &conn{
		Conn: tcp, limiter: l, address: address, network: networkOf(address), trusted: l.limits().trusts(address),
		since: now, closed: make(chan struct{}), freed: make(chan struct{}, 1), running: make(map[*session]struct{}),
	}
	c.login.From = address
	c.heard.Store(now.UnixNano())
	c.rekeys = rate.NewLimiter(rate.Every(strangerRekeyEvery), strangerRekeys)
	if l.limits().Input > 0 {
		c.input = rate.NewLimiter(rate.Limit(l.limits().Input), strangerBurst)
	}
	return c
}

// raiseLimits gives the connection the limits of a member's.
func (c *conn) raiseLimits() {
	c.rekeys.SetBurst(memberRekeys)
	c.rekeys.SetLimit(rate.Every(memberRekeyEvery))
	if c.input != nil {
		c.input.SetBurst(inputBurst)
	}
}

// longestHold is the longest time for which a held connection reads nothing. Then it reads
// heldPiece bytes, because messages other than a session's input have to get through.
const (
	longestHold = time.Second
	heldPiece   = 4 << 10
)

// hold makes the connection stop reading, or go on. Otherwise input that sessions have not
// read would wait in the server's memory: up to 2 MiB for each session, which is the
// library's window.
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

// held waits while the connection is held, and reports whether it still is.
func (c *conn) held() bool {
	if c.holds.Load() <= 0 {
		return false
	}
	late := time.NewTimer(longestHold)
	defer late.Stop()
	for c.holds.Load() > 0 {
		select {
		case <-c.freed:
		case <-late.C:
			return true
		case <-c.closed:
			return true
		}
	}
	return false
}

// Read reads no more bytes in a second than the client may send. A client that sends more
// is slowed down, because its window fills up.
func (c *conn) Read(p []byte) (int, error) {
	most := inputBurst
	if c.input != nil {
		most = c.input.Burst()
	}
	if c.held() {
		most = min(most, heldPiece)
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

// Write writes to the client, at once or with the rest of a batch.
func (c *conn) Write(p []byte) (int, error) { return c.out.write(c.Conn, p) }

// batch begins and ends a batch of writes, which leave together.
func (c *conn) batch(on bool) { c.out.set(c.Conn, on) }

// pause waits for some time, or until the connection is closed.
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

// Close closes the connection. A second call does nothing.
func (c *conn) Close() error {
	var err error
	c.closing.Do(func() {
		close(c.closed)
		c.out.end(c.Conn)
		err = c.Conn.Close()
		c.limiter.left(c)
	})
	return err
}

// openChannel counts another session channel of the connection. A channel over the limit is
// opened too, so that the client can be told about the limit, unless there are twice as
// many.
func (c *conn) openChannel() (taken, within bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if over(2*c.limiter.limits().Channels, c.channels) {
		return false, false
	}
	within = !over(c.limiter.limits().Channels, c.channels)
	c.channels++
	return true, within
}

// overChannels tells the host that the connection has reached its limit of sessions.
func (c *conn) overChannels() {
	proved, _ := c.Proved()
	c.tell(refusal.MaxChannels, proved.Key, "the connection has as many sessions as --max-channels allows", "raise the limit if its user needs more")
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

// end notes that a session has ended. If the client may not stay, the session has told its
// user why. The client then gets a moment to close the connection itself, because ssh exits
// with another status if the server closes it.
func (c *conn) end(s *session) {
	c.mu.Lock()
	delete(c.running, s)
	told := c.told
	if len(c.running) > 0 {
		told = ""
	}
	c.mu.Unlock()
	c.quiet.Store(c.limiter.now().UnixNano())
	if told != "" {
		time.AfterFunc(barredTime, func() { c.disconnect(told) })
	}
}

// proved notes the login that the client has proved, and the account that the login opens, or 0.
func (c *conn) proved(l chat.Login, user chat.UserID) {
	l.From = c.address
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login, c.user = l, user
}

// certify notes the certificate that is about to open an account.
func (c *conn) certify(cert *gossh.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.certificate = cert
}

// openedBy reports whether the client has proved one of the revoked keys, or whether a
// revoked certificate opened the connection.
func (c *conn) openedBy(revoked *keys.Revoked) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return revoked.Key(c.login.Key) || c.certificate != nil && revoked.Certificate(c.certificate)
}

// endSessions ends the sessions of the connection, and the connection. Their users see the
// reason.
func (c *conn) endSessions(reason string) {
	c.mu.Lock()
	running := slices.Collect(maps.Keys(c.running))
	c.mu.Unlock()
	for _, s := range running {
		s.finish(reason)
	}
	c.End(reason)
}

// Proved implements [chat.Connection].
func (c *conn) Proved() (chat.Login, chat.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.login, c.user
}

// End implements [chat.Connection]. Running sessions tell their users the reason
// themselves. They have [Limits.Ending] to do so.
func (c *conn) End(reason string) {
	c.mu.Lock()
	c.told = reason
	idle := len(c.running) == 0
	c.mu.Unlock()
	if idle {
		go c.disconnect(reason)
	} else if limit := c.limiter.limits().Ending; limit > 0 {
		time.AfterFunc(limit, func() { _ = c.Close() })
	}
}

// overSSHLocked returns the SSH connection, or nil before the handshake has ended. The
// caller holds c.mu.
func (c *conn) overSSHLocked() *gossh.ServerConn {
	if c.ctx == nil {
		return nil
	}
	done, _ := c.ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	return done
}

// arriving reports whether the connection was new at a given time, and still has no screen.
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

// transfer raises the limit on the connection's input for copying files, until the caller
// calls done. Files have a limit of their own, the space of an account. transfer reports
// false if [MaxTransfers] sessions of the account copy files already.
func (c *conn) transfer() (done func(), ok bool) {
	account, ok := c.limiter.transfer(c)
	if !ok {
		proved, _ := c.Proved()
		c.tell(refusal.MaxTransfers, proved.Key, fmt.Sprintf("the account copies files in %d sessions", MaxTransfers), "its user can copy fewer files at the same time")
		return nil, false
	}
	c.transfers(1)
	return func() {
		c.transfers(-1)
		c.limiter.transferred(account)
	}, true
}

func (c *conn) transfers(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copying += n
	if c.input == nil {
		return
	}
	limit := c.limiter.limits().Input
	if c.copying > 0 {
		limit = max(limit, c.limiter.limits().FileInput)
		if c.limiter.limits().FileInput <= 0 {
			limit = 0
		}
	}
	if limit <= 0 {
		c.input.SetLimit(rate.Inf)
		return
	}
	c.input.SetLimit(rate.Limit(limit))
}
