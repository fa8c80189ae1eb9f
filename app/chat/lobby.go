package chat

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// maxArrivals is how many join by themselves from one address, or its IPv6 network,
// in an hour where everyone may: a course's people share an address, and accounts
// stay.
const maxArrivals = 50

// lobby is the strangers who are at the join screen.
type lobby struct {
	told atomic.Int64 // how many requests the staff knows of

	mu      sync.Mutex
	waiting map[*Stranger]struct{}
	stopped string // why nobody is let in any more
	arrived map[netip.Prefix]*rate.Limiter
	wrong   map[netip.Prefix]*rate.Limiter // codes
}

func newLobby() *lobby {
	return &lobby{waiting: make(map[*Stranger]struct{}), arrived: make(map[netip.Prefix]*rate.Limiter), wrong: make(map[netip.Prefix]*rate.Limiter)}
}

// vicinity is an address, or the network that whoever has an IPv6 address has.
func vicinity(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil { // the zero address, of what is no TCP connection
		return netip.Prefix{}
	}
	return p
}

// admits reports whether one more may join by itself from an address. From the
// machine itself everybody may.
func (l *lobby) admits(a netip.Addr, now time.Time) bool {
	if !a.IsValid() || a.IsLoopback() {
		return true
	}
	from := vicinity(a)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.arrived[from] == nil {
		l.arrived[from] = rate.NewLimiter(rate.Every(time.Hour/maxArrivals), maxArrivals)
	}
	return l.arrived[from].AllowN(now, 1)
}

// mayTry reports whether a code may be tried from an address, of which not too many
// were wrong. The machine itself is no exception: proxies stand there.
func (l *lobby) mayTry(a netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.wrong[vicinity(a)]
	return r == nil || r.TokensAt(now) >= 1
}

// wrongCode counts a wrong code from an address.
func (l *lobby) wrongCode(a netip.Addr, now time.Time) {
	from := vicinity(a)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrong[from] == nil {
		l.wrong[from] = rate.NewLimiter(rate.Every(time.Hour/maxTries), maxTries)
	}
	l.wrong[from].AllowN(now, 1)
}

// forget forgets those who joined, and the wrong codes, of long ago.
func (l *lobby) forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for from, r := range l.arrived {
		if r.TokensAt(now) >= maxArrivals {
			delete(l.arrived, from)
		}
	}
	for from, r := range l.wrong {
		if r.TokensAt(now) >= maxTries {
			delete(l.wrong, from)
		}
	}
}

func (l *lobby) enter(v *Stranger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[v] = struct{}{}
}

func (l *lobby) leave(v *Stranger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, v)
}

// wake has those with a key look where they stand; all for "".
func (l *lobby) wake(fingerprint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for v := range l.waiting {
		if fingerprint != "" && v.key.Fingerprint() != fingerprint {
			continue
		}
		v.look()
	}
}

// stop sends all away, for a reason that they are shown.
func (l *lobby) stop(reason string) {
	l.mu.Lock()
	l.stopped = reason
	l.mu.Unlock()
	l.wake("")
}

func (l *lobby) closed() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}
