package sshd

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Limits bound how much clients may cost. 0 means no limit.
type Limits struct {
	// Connections is how many connections may be open in all.
	Connections int
	// PerAddress and PerNetwork are how many connections one address and its network may
	// have open. The network is the /24 of an IPv4 address, and the /64 of an IPv6 address.
	PerAddress, PerNetwork int
	// PerAccount is how many connections an account may have open, to all servers of one chat
	// together.
	PerAccount int
	// Unauthenticated is how many connections may be open that have no member's session
	// yet: those in the handshake, and those of strangers. Over the limit, the oldest such
	// connection of the network with the most of them is closed, so that a flood pushes out
	// itself and not others. (OpenSSH's MaxStartups drops at random.) After a start, when all
	// clients may come back at once, new connections wait in the kernel instead.
	Unauthenticated int
	// AuthTime is how long a client may take to log in.
	AuthTime time.Duration
	// Failures is how many connections of one address may end without a login in ten
	// minutes. With more, the address is refused until some time has passed.
	Failures int
	// Channels is how many session channels a connection may have open.
	Channels int
	// SessionTime is how long a connection may be open without a running session.
	SessionTime time.Duration
	// SharedTime is the same for a member's connection that has had a session. OpenSSH keeps
	// such connections for the next session (ControlPersist).
	SharedTime time.Duration
	// Input is how many bytes a second a connection may send, after a first burst. A client
	// that sends more is slowed down.
	Input int
	// FileInput applies in place of Input while files are copied on the connection, because
	// files are many more bytes than anybody types.
	FileInput int
	// Keepalive is how long a client may be silent before it is asked whether it is there.
	// After three times that, it is cut off.
	Keepalive time.Duration
	// Idle is how long a screen may be open without a key press before it is ended. Scripts
	// and transfers of files go on.
	Idle time.Duration
	// Ending is how long a session has to restore its terminal and show the reason when
	// somebody else ends it, for example with a ban. Then its connection is closed. A stop of
	// the server waits as long, if that is more than 2.5 s.
	Ending time.Duration
	// Trusted are networks to which PerAddress, PerNetwork and Failures do not apply, such
	// as that of a proxy or a jump host that many people use. The machine itself is always
	// trusted.
	Trusted []netip.Prefix
}

const (
	// failuresIn is the time in which [Limits.Failures] may happen.
	failuresIn = 10 * time.Minute
	// inputBurst is how many bytes a member's connection may send at once: twice what the
	// composer holds. They are in the server's memory until the session reads them.
	inputBurst = 128 << 10
	// strangerBurst is the same for other connections, which send little more than keys.
	strangerBurst = 64 << 10
	// keepalives is for how many intervals of [Limits.Keepalive] a client may be silent,
	// like OpenSSH's ClientAliveCountMax.
	keepalives = 3
)

// networkOf returns the network that is likely to be one customer's: the /24 of an IPv4
// address, the /64 of an IPv6 address (RFC 6177).
func networkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil { // the zero address, of a connection that is not TCP
		return netip.Prefix{}
	}
	return p
}

// trusts reports whether the limits of single addresses do not apply to an address.
func (l Limits) trusts(a netip.Addr) bool {
	if !a.IsValid() || a.IsLoopback() {
		return true
	}
	for _, p := range l.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// over reports whether a limit is reached.
func over(limit, have int) bool { return limit > 0 && have >= limit }

// waitText formats a time to wait.
func waitText(d time.Duration) string {
	switch s := int(d.Round(time.Second).Seconds()); {
	case s <= 1:
		return "a second"
	case s < 120:
		return fmt.Sprintf("%d seconds", s)
	default:
		return fmt.Sprintf("%d minutes", (s+59)/60)
	}
}

// limitedListener is a listener whose connections are limited.
type limitedListener struct {
	net.Listener
	limiter *connLimiter
}

// Accept returns the next connection that the limits admit.
func (l limitedListener) Accept() (net.Conn, error) {
	for {
		l.limiter.awaitRoom()
		tcp, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, why := l.limiter.admit(tcp)
		if c != nil {
			return c, nil
		}
		l.limiter.refuse(tcp, why)
	}
}

// herd is how the clients of a server come back that has just started: all at once. They
// are not a flood, and none should be closed to make room for another. So the server
// accepts no more connections meanwhile than [Limits.Unauthenticated], and the others wait in
// the kernel's queue, in their order.
type herd struct {
	began   time.Time // when the server began to accept connections
	over    bool
	members []time.Time // when members got their first session, in the last herdStuck
}

// gotIn notes that a member has a session.
func (h *herd) gotIn(now time.Time) {
	if !h.over {
		h.members = append(h.members, now)
	}
}

// lately returns how many members got in, in the last herdStuck.
func (h *herd) lately(now time.Time) int {
	old := 0
	for old < len(h.members) && now.Sub(h.members[old]) > herdStuck {
		old++
	}
	h.members = append(h.members[:0], h.members[old:]...)
	return len(h.members)
}

// end ends the waiting for good.
func (h *herd) end() { h.over, h.members = true, nil }

const (
	// herdTime is how long a herd is expected after the start, and herdMost is how long it may
	// last while members get in.
	herdTime, herdMost = time.Minute, 5 * time.Minute
	// herdStuck is how long a client may be silent before its first session until it counts as
	// stuck. If half of them are, and fewer members got in meanwhile, they are a flood, and the
	// herd is over. On a slow machine, all clients wait for their turn: then members get in.
	herdStuck = 3 * time.Second
	// herdLook is how often the server looks whether there is room.
	herdLook = 5 * time.Millisecond
)

// awaitRoom returns when another connection may be accepted.
func (l *connLimiter) awaitRoom() {
	for l.crowded() {
		time.Sleep(herdLook)
	}
}

// crowded reports whether a herd has to wait: there is no room for another connection, and
// those that are arriving get on.
func (l *connLimiter) crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.herd.began.IsZero() {
		l.herd.began = now
	}
	if l.herd.over {
		return false
	}
	members, lasts := l.herd.lately(now), now.Sub(l.herd.began)
	if lasts > herdMost || lasts > herdTime && members == 0 {
		l.herd.end()
		return false
	}
	if l.stopped || !over(l.limits().Unauthenticated, l.waits) {
		return false
	}
	arriving, stuck := 0, 0
	for _, waiting := range l.waiting {
		for _, c := range waiting {
			if c.stranger {
				continue // they stay
			}
			arriving++
			if now.Sub(time.Unix(0, c.heard.Load())) > herdStuck {
				stuck++
			}
		}
	}
	if 2*stuck > l.limits().Unauthenticated && stuck > members {
		l.herd.end()
		return false
	}
	return arriving > stuck || arriving > 0 && members > 0
}
