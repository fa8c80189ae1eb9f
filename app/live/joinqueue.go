package live

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"confab/app/chat"
)

// maxArrivals is how many people can join an open server in an hour from one
// address or its IPv6 network. People in the same course share an address, and
// accounts are permanent.
const maxArrivals = 50

// joinQueue holds the strangers who are at the join screen.
type joinQueue struct {
	now  func() time.Time
	told atomic.Int64 // the number of requests that owners and admins know of

	mu      sync.Mutex
	waiting map[*visitor]struct{}
	stopped string // the reason why nobody is let in, after the hub has stopped
	arrived map[netip.Prefix]*rate.Limiter
	wrong   map[netip.Prefix]*rate.Limiter // codes
}

// visitor is one of the strangers.
type visitor struct {
	fingerprint string
	look        func()
}

var _ chat.JoinQueue = (*joinQueue)(nil)

func newJoinQueue() *joinQueue {
	return &joinQueue{
		waiting: make(map[*visitor]struct{}),
		arrived: make(map[netip.Prefix]*rate.Limiter), wrong: make(map[netip.Prefix]*rate.Limiter),
	}
}

// MayJoin counts a person who joins an open server from an address. It reports false if
// there were too many. It does not limit the server's own machine.
func (q *joinQueue) MayJoin(a netip.Addr) bool {
	if !a.IsValid() || a.IsLoopback() {
		return true
	}
	from := chat.Vicinity(a)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.arrived[from] == nil {
		q.arrived[from] = rate.NewLimiter(rate.Every(time.Hour/maxArrivals), maxArrivals)
	}
	return q.arrived[from].AllowN(q.now(), 1)
}

// MayTryCode reports whether an address may try a code. After too many wrong codes
// it may not. The server's own machine is limited too, because proxies run there.
func (q *joinQueue) MayTryCode(a netip.Addr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.wrong[chat.Vicinity(a)]
	return r == nil || r.TokensAt(q.now()) >= 1
}

// WrongCode counts a wrong code from an address.
func (q *joinQueue) WrongCode(a netip.Addr) {
	from := chat.Vicinity(a)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.wrong[from] == nil {
		q.wrong[from] = rate.NewLimiter(rate.Every(time.Hour/chat.MaxCodeTries), chat.MaxCodeTries)
	}
	q.wrong[from].AllowN(q.now(), 1)
}

// Forget drops old counts of joins and wrong codes.
func (q *joinQueue) Forget() {
	now := q.now()
	q.mu.Lock()
	defer q.mu.Unlock()
	for from, r := range q.arrived {
		if r.TokensAt(now) >= maxArrivals {
			delete(q.arrived, from)
		}
	}
	for from, r := range q.wrong {
		if r.TokensAt(now) >= chat.MaxCodeTries {
			delete(q.wrong, from)
		}
	}
}

// Enter adds a stranger with a key.
func (q *joinQueue) Enter(fingerprint string, look func()) (leave func()) {
	v := &visitor{fingerprint, look}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting[v] = struct{}{}
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.waiting, v)
	}
}

// wake has the strangers with a key check again whether they are let in. "" stands
// for all strangers.
func (q *joinQueue) wake(fingerprint string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for v := range q.waiting {
		if fingerprint == "" || v.fingerprint == fingerprint {
			v.look()
		}
	}
}

// stop ends the visits of all strangers for a reason, which they see.
func (q *joinQueue) stop(reason string) {
	q.mu.Lock()
	q.stopped = reason
	q.mu.Unlock()
	q.wake("")
}

// Closed returns why nobody is let in, or "" while people are.
func (q *joinQueue) Closed() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stopped
}
