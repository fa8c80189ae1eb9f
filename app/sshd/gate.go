package sshd

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"confab/app/chat"
)

// gate is the door of a server: it knows all connections, and turns those away
// that would be too many before anything is computed for them.
type gate struct {
	limits Limits
	now    func() time.Time
	// barred says why nobody may connect from an address, "" if one may.
	barred func(netip.Addr) string

	mu        sync.Mutex // guards what follows
	conns     map[*conn]struct{}
	addresses map[netip.Addr]int
	networks  map[netip.Prefix]int
	accounts  map[chat.UserID]int
	waiting   map[netip.Prefix][]*conn // not let in as members, the oldest first
	waits     int                      // how many these are
	failures  map[netip.Addr]*rate.Limiter
	stopped   bool

	parting chan struct{} // has an element for each connection that is told why it is refused
	parted  sync.WaitGroup
}

// maxFailures bounds for how many addresses failures are counted, so that the
// count itself is no way to use up memory: some 20 MB.
const maxFailures = 100_000

// maxParting is how many connections at a time are told why they are refused.
// The rest are closed without a word.
const maxParting = 64

func newGate(limits Limits, now func() time.Time, barred func(netip.Addr) string) *gate {
	return &gate{
		limits: limits, now: now, barred: barred,
		conns:     make(map[*conn]struct{}),
		addresses: make(map[netip.Addr]int),
		networks:  make(map[netip.Prefix]int),
		accounts:  make(map[chat.UserID]int),
		waiting:   make(map[netip.Prefix][]*conn),
		failures:  make(map[netip.Addr]*rate.Limiter),
		parting:   make(chan struct{}, maxParting),
	}
}

// gated is a listener behind a gate.
type gated struct {
	net.Listener
	gate *gate
}

// Accept returns the next connection that is not one too many.
func (l gated) Accept() (net.Conn, error) {
	for {
		tcp, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, why := l.gate.admit(tcp)
		if c != nil {
			return c, nil
		}
		l.gate.refuse(tcp, why)
	}
}

// admit takes a connection in, or returns why it does not.
func (g *gate) admit(tcp net.Conn) (*conn, string) {
	var address netip.Addr
	if a, ok := tcp.RemoteAddr().(*net.TCPAddr); ok {
		address = a.AddrPort().Addr().Unmap().WithZone("")
	}
	if why := g.barred(address); why != "" {
		return nil, why
	}
	c := newConn(g, tcp, address)
	g.mu.Lock()
	defer g.mu.Unlock()
	if why := g.full(c); why != "" {
		return nil, why
	}
	if over(g.limits.Unauthenticated, g.waits) {
		g.pushOut()
	}
	g.conns[c] = struct{}{}
	g.addresses[c.address]++
	g.networks[c.network]++
	g.waiting[c.network] = append(g.waiting[c.network], c)
	g.waits++
	return c, ""
}

// full says which limit another connection is over, "" if none. The gate is
// locked.
func (g *gate) full(c *conn) string {
	switch {
	case g.stopped:
		return "The server is stopping; connect again in a moment."
	case over(g.limits.Connections, len(g.conns)):
		return "This server is full: try again in a few minutes."
	case c.trusted:
		return ""
	case over(g.limits.PerAddress, g.addresses[c.address]):
		return fmt.Sprintf("There are %d connections from your address already, which is the most that this server takes: close one and try again.", g.limits.PerAddress)
	case over(g.limits.PerNetwork, g.networks[c.network]):
		return fmt.Sprintf("There are %d connections from your network already, which is the most that this server takes: try again later.", g.limits.PerNetwork)
	}
	now := g.now()
	if f := g.failures[c.address]; f != nil {
		if tokens := f.TokensAt(now); tokens < failureCost {
			wait := time.Duration((failureCost - tokens) / float64(f.Limit()) * float64(time.Second))
			return fmt.Sprintf("Too many attempts from your address have failed: try again in %s.", waitText(wait))
		}
	}
	return ""
}

// pushOut closes the oldest connection that is not let in yet, of the network
// that has the most of them. The gate is locked.
func (g *gate) pushOut() {
	var most []*conn
	for _, waiting := range g.waiting {
		if len(waiting) > len(most) || len(waiting) == len(most) && waiting[0].since.Before(most[0].since) {
			most = waiting
		}
	}
	if len(most) == 0 {
		return
	}
	c := most[0]
	c.pushed = true
	g.letGo(c)
	// To close may wait for the kernel, and calls back here.
	go func() { _ = c.Close() }()
}

// letGo stops counting a connection among those that wait. The gate is locked.
func (g *gate) letGo(c *conn) {
	waiting := g.waiting[c.network]
	for i, o := range waiting {
		if o == c {
			waiting = append(waiting[:i:i], waiting[i+1:]...)
			g.waits--
			break
		}
	}
	if len(waiting) == 0 {
		delete(g.waiting, c.network)
		return
	}
	g.waiting[c.network] = waiting
}

// member makes a connection an account's, or says why there are too many.
func (g *gate) member(c *conn, user chat.UserID) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, open := g.conns[c]; !open {
		return "The connection has ended."
	}
	if c.account == user {
		return "" // another of its sessions has joined
	}
	if over(g.limits.PerAccount, g.accounts[user]) {
		return fmt.Sprintf("You are connected %d times already, which is the most that this server allows: close one of them and connect again.", g.limits.PerAccount)
	}
	g.letGo(c)
	if c.account != 0 { // that one has been deleted, and its key has joined anew
		less(g.accounts, c.account)
	}
	g.accounts[user]++
	c.account, c.entered = user, true
	c.isMember()
	c.quiet.Store(g.now().UnixNano())
	return ""
}

// isMember reports whether a connection is an account's.
func (g *gate) isMember(c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return c.account != 0
}

// letIn notes that a client proved who it is, or was let in as a stranger, so that
// its connection is no failure. It goes on to count among the unauthenticated until
// it has a member's session.
func (g *gate) letIn(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.entered = true
	c.quiet.Store(g.now().UnixNano())
}

// left forgets a connection that is closed.
func (g *gate) left(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.conns[c]; !known {
		return
	}
	delete(g.conns, c)
	g.letGo(c)
	less(g.addresses, c.address)
	less(g.networks, c.network)
	if c.account != 0 {
		less(g.accounts, c.account)
	}
	if !c.entered && !c.pushed && !g.stopped {
		g.failed(c)
	}
}

// less counts one down, and drops what has come to 0.
func less[K comparable](counts map[K]int, k K) {
	if counts[k]--; counts[k] <= 0 {
		delete(counts, k)
	}
}

// failureCost is what an attempt that failed counts, in the milliseconds in which
// the work is counted that an address makes for the server: see [gate.spend].
const failureCost = 10

// failed counts an attempt to be let in that failed. The gate is locked.
func (g *gate) failed(c *conn) { g.charge(c, failureCost) }

// spend counts the milliseconds that it took to verify signatures of unknown keys
// as failures of the connection's address, whoever is let in afterwards.
func (g *gate) spend(c *conn, milliseconds int) {
	if milliseconds <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.charge(c, milliseconds)
}

// charge takes off what an address may cost, as far as there is anything left. The
// gate is locked.
func (g *gate) charge(c *conn, cost int) {
	if c.trusted || g.limits.Failures <= 0 {
		return
	}
	f, most := g.failures[c.address], failureCost*g.limits.Failures
	if f == nil {
		if len(g.failures) >= maxFailures {
			return // until the next sweep; the limits on connections still hold
		}
		f = rate.NewLimiter(rate.Limit(float64(most)/failuresIn.Seconds()), most)
		g.failures[c.address] = f
	}
	now := g.now()
	f.AllowN(now, min(cost, int(f.TokensAt(now))))
}

// forgive forgets failures that are long past.
func (g *gate) forgive() {
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for a, f := range g.failures {
		if f.TokensAt(now) >= float64(failureCost*g.limits.Failures) {
			delete(g.failures, a)
		}
	}
}

// all are the connections there are.
func (g *gate) all() []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		all = append(all, c)
	}
	return all
}

// connections are all, as the service looks at them.
func (g *gate) connections() []chat.Connection {
	var all []chat.Connection
	for _, c := range g.all() {
		all = append(all, c)
	}
	return all
}

// recent is how old a connection may be that is taken for one that has just
// come.
const recent = 5 * time.Second

// settle waits, at most so long, for the connections that have just come: until
// they have a screen, or have gone since their command is done. Whoever has been
// accepted cannot be handed to the next server, and is not to be turned away for
// its sake.
func (g *gate) settle(within time.Duration) {
	begun := g.now()
	late := time.NewTimer(within)
	defer late.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for slices.ContainsFunc(g.all(), func(c *conn) bool { return c.arriving(begun) }) {
		select {
		case <-look.C:
		case <-late.C:
			return
		}
	}
}

// stop lets nobody in any more, and returns when those who are refused have
// been told.
func (g *gate) stop() {
	g.mu.Lock()
	g.stopped = true
	g.mu.Unlock()
	g.parted.Wait()
}
