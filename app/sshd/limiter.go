package sshd

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"confab/app/chat"
	"confab/app/refusal"
)

// connLimiter limits connections. It knows all open connections, and refuses those over a
// limit before the server computes anything for them. Several goroutines may call its
// methods.
type connLimiter struct {
	limited atomic.Pointer[Limits] // see limits
	now     func() time.Time
	// barred returns why nobody may connect from an address, or "" if people may.
	barred func(netip.Addr) string
	// elsewhere returns how many connections an account has to other servers of the same chat.
	elsewhere func(chat.UserID) int
	refused   *refusal.Log // may be nil

	mu        sync.Mutex // guards the fields below
	conns     map[*conn]struct{}
	addresses map[netip.Addr]int
	networks  map[netip.Prefix]int
	accounts  map[chat.UserID]int
	copying   map[chat.UserID]int      // sessions that copy files
	waiting   map[netip.Prefix][]*conn // connections that are no members' yet, the oldest first
	waits     int                      // how many wait in all networks
	failures  map[netip.Addr]*rate.Limiter
	stopped   bool
	herd      herd

	refusing chan struct{} // has an element for each refused client that is being told why
	refusals sync.WaitGroup
}

// maxFailures is for how many addresses failures are counted, because a flood from many
// addresses could fill the memory. The counts take at most 20 MB or so.
const maxFailures = 100_000

// maxRefusing is how many refused clients are told why at the same time. Further ones are
// disconnected without a word.
const maxRefusing = 64

func newConnLimiter(limits Limits, now func() time.Time, barred func(netip.Addr) string) *connLimiter {
	l := &connLimiter{
		now: now, barred: barred, elsewhere: func(chat.UserID) int { return 0 },
		conns:     make(map[*conn]struct{}),
		addresses: make(map[netip.Addr]int),
		networks:  make(map[netip.Prefix]int),
		accounts:  make(map[chat.UserID]int),
		copying:   make(map[chat.UserID]int),
		waiting:   make(map[netip.Prefix][]*conn),
		failures:  make(map[netip.Addr]*rate.Limiter),
		refusing:  make(chan struct{}, maxRefusing),
	}
	l.limited.Store(&limits)
	return l
}

// limits returns the limits that apply now.
func (l *connLimiter) limits() *Limits { return l.limited.Load() }

// setLimits replaces the limits. Counts of failures begin again if their limit changes,
// because they are kept as a part of it.
func (l *connLimiter) setLimits(limits Limits) {
	l.mu.Lock()
	before := l.limited.Swap(&limits)
	if before.Failures != limits.Failures {
		clear(l.failures)
	}
	l.mu.Unlock()
	for _, c := range l.all() {
		c.transfers(0)
	}
}

// admit admits a connection, or returns why it does not, and tells the host.
func (l *connLimiter) admit(tcp net.Conn) (*conn, string) {
	c, reason, why := l.consider(tcp)
	if reason != "" {
		l.tell(c, reason, why)
	}
	if why != "" {
		return nil, why
	}
	return c, ""
}

// consider admits a connection. If it does not, it returns why, for the user, and the
// reason for the host, which is "" if the server stops.
func (l *connLimiter) consider(tcp net.Conn) (*conn, refusal.Reason, string) {
	c := newConn(l, tcp, addressOf(tcp))
	if why := l.barred(c.address); why != "" {
		return c, refusal.Ban, why
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if reason, why := l.fullLocked(c); why != "" {
		return c, reason, why
	}
	if over(l.limits().Unauthenticated, l.waits) {
		l.pushOutLocked()
	}
	l.conns[c] = struct{}{}
	l.addresses[c.address]++
	l.networks[c.network]++
	l.waiting[c.network] = append(l.waiting[c.network], c)
	l.waits++
	return c, "", ""
}

// fullLocked returns which limit another connection would exceed, and a sentence for its
// user, which is "" if there is room. The caller holds the lock.
func (l *connLimiter) fullLocked(c *conn) (refusal.Reason, string) {
	switch {
	case l.stopped:
		return "", chat.UserText(chat.ErrClosed)
	case over(l.limits().Connections, len(l.conns)):
		return refusal.MaxConnections, "This server is full. Try again in a few minutes."
	case c.trusted:
		return "", ""
	case over(l.limits().PerAddress, l.addresses[c.address]):
		return refusal.MaxPerAddress, fmt.Sprintf("Your address has reached this server's limit of connections (%d). Close one and try again.", l.limits().PerAddress)
	case over(l.limits().PerNetwork, l.networks[c.network]):
		return refusal.MaxPerNetwork, fmt.Sprintf("Your network has reached this server's limit of connections (%d). Try again later.", l.limits().PerNetwork)
	}
	now := l.now()
	if f := l.failures[c.address]; f != nil {
		if tokens := f.TokensAt(now); tokens < failureCost {
			wait := time.Duration((failureCost - tokens) / float64(f.Limit()) * float64(time.Second))
			return refusal.MaxFailures, fmt.Sprintf("Too many attempts to log in from your address have failed. Try again in %s.", waitText(wait))
		}
	}
	return "", ""
}

// pushOutLocked closes the oldest waiting connection of the network that has the most of
// them. The caller holds the lock.
func (l *connLimiter) pushOutLocked() {
	var most []*conn
	for _, waiting := range l.waiting {
		if len(waiting) > len(most) || len(waiting) == len(most) && waiting[0].since.Before(most[0].since) {
			most = waiting
		}
	}
	if len(most) == 0 {
		return
	}
	c := most[0]
	c.pushed = true
	l.letGoLocked(c)
	// Close may wait for the kernel, and it takes the lock.
	go func() {
		l.tell(c, refusal.MaxUnauthenticated, "")
		_ = c.Close()
	}()
}

// letGoLocked stops counting a connection as waiting. The caller holds the lock.
func (l *connLimiter) letGoLocked(c *conn) {
	waiting := l.waiting[c.network]
	for i, o := range waiting {
		if o == c {
			waiting = append(waiting[:i:i], waiting[i+1:]...)
			l.waits--
			break
		}
	}
	if len(waiting) == 0 {
		delete(l.waiting, c.network)
		return
	}
	l.waiting[c.network] = waiting
}

// member counts a connection for an account, or returns why the account has too many.
func (l *connLimiter) member(c *conn, user chat.UserID) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.conns[c]; !open {
		return "The connection has ended."
	}
	if c.account == user {
		return "" // another session of this connection has joined
	}
	if over(l.limits().PerAccount, l.accounts[user]+l.elsewhere(user)) {
		return fmt.Sprintf("Your account has reached this server's limit of connections (%d). Close one and connect again.", l.limits().PerAccount)
	}
	l.letGoLocked(c)
	if c.account != 0 { // the former account was deleted, and its key has joined again
		less(l.accounts, c.account)
	}
	l.accounts[user]++
	c.account, c.entered = user, true
	l.herd.gotIn(l.now())
	c.raiseLimits()
	c.quiet.Store(l.now().UnixNano())
	return ""
}

// MaxTransfers is how many sessions of an account may copy files at the same time. A program
// that copies files in parallel uses about ten. Each costs the server about 130 KB.
const MaxTransfers = 32

// transfer counts a session that copies files, and returns the account for which
// [connLimiter.transferred] must be called later. It reports false if the account has too many.
func (l *connLimiter) transfer(c *conn) (account chat.UserID, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.copying[c.account] >= MaxTransfers {
		return 0, false
	}
	l.copying[c.account]++
	return c.account, true
}

// transferred ends what [connLimiter.transfer] began.
func (l *connLimiter) transferred(account chat.UserID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	less(l.copying, account)
}

// isMember reports whether a connection counts for an account.
func (l *connLimiter) isMember(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return c.account != 0
}

// letIn notes that a client has logged in, as a member or a stranger, so that its
// connection does not count as a failure. It still counts as unauthenticated until it has a
// member's session.
func (l *connLimiter) letIn(c *conn, stranger bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.entered, c.stranger = true, stranger
	c.quiet.Store(l.now().UnixNano())
}

// forget forgets a connection that was closed, and reports whether it counts as a failed login.
func (l *connLimiter) forget(c *conn) (failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.conns[c]; !known {
		return false
	}
	delete(l.conns, c)
	l.letGoLocked(c)
	less(l.addresses, c.address)
	less(l.networks, c.network)
	if c.account != 0 {
		less(l.accounts, c.account)
	}
	failed = !c.entered && !c.pushed && !l.stopped
	if failed {
		l.chargeLocked(c, failureCost)
	}
	return failed
}

// less subtracts 1 from a count, and deletes it at 0.
func less[K comparable](counts map[K]int, k K) {
	if counts[k]--; counts[k] <= 0 {
		delete(counts, k)
	}
}

// failureCost is what an address is charged for a failed attempt, in milliseconds of work
// for the server (see [connLimiter.spend]).
const failureCost = 10

// spend charges the connection's address for the milliseconds that the server spent on
// verifying signatures of unknown keys, even if the client is let in afterwards.
func (l *connLimiter) spend(c *conn, milliseconds int) {
	if milliseconds <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.chargeLocked(c, milliseconds)
}

// chargeLocked subtracts a cost from an address's allowance, down to 0. The caller holds the lock.
func (l *connLimiter) chargeLocked(c *conn, cost int) {
	if c.trusted || l.limits().Failures <= 0 {
		return
	}
	f, most := l.failures[c.address], failureCost*l.limits().Failures
	if f == nil {
		if len(l.failures) >= maxFailures {
			return // until the next check; the limits on connections still apply
		}
		f = rate.NewLimiter(rate.Limit(float64(most)/failuresIn.Seconds()), most)
		l.failures[c.address] = f
	}
	now := l.now()
	f.AllowN(now, min(cost, int(f.TokensAt(now))))
}

// forgive forgets addresses whose failures are long past.
func (l *connLimiter) forgive() {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for a, f := range l.failures {
		if f.TokensAt(now) >= float64(failureCost*l.limits().Failures) {
			delete(l.failures, a)
		}
	}
}

// all returns the open connections.
func (l *connLimiter) all() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		all = append(all, c)
	}
	return all
}

// connections returns the open connections, as the service needs them.
func (l *connLimiter) connections() []chat.Connection {
	var all []chat.Connection
	for _, c := range l.all() {
		all = append(all, c)
	}
	return all
}

// recent is the age up to which a connection counts as new.
const recent = 5 * time.Second

// awaitArrivals waits until each new connection has a screen, or has gone because its
// command has ended. It waits no longer than within. An accepted connection cannot be
// handed over to the next server, and a restart should turn nobody away. It returns the
// number of connections for which that time was too short.
func (l *connLimiter) awaitArrivals(within time.Duration) (cut int) {
	begun := l.now()
	late := time.NewTimer(within)
	defer late.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		arriving := 0
		for _, c := range l.all() {
			if c.arriving(begun) {
				arriving++
			}
		}
		if arriving == 0 {
			return 0
		}
		select {
		case <-look.C:
		case <-late.C:
			return arriving
		}
	}
}

// stop admits no further connections, and returns when the refused clients have been told.
func (l *connLimiter) stop() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.refusals.Wait()
}
