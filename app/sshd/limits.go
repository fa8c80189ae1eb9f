package sshd

import (
	"fmt"
	"net/netip"
	"time"
)

// Limits bound how much clients may cost. 0 means no limit.
type Limits struct {
	// Connections is how many may be open in all.
	Connections int
	// PerAddress and PerNetwork are connections of one address and of its
	// network, which is the /24 of an IPv4 and the /64 of an IPv6 address.
	PerAddress, PerNetwork int
	// PerAccount are connections of one account.
	PerAccount int
	// Unauthenticated are connections that have not been let in as a member's: those in the
	// handshake, and strangers'. One more has the oldest of the network with the most of them
	// closed, so that a flood pushes out itself and not others (OpenSSH's MaxStartups drops
	// at random).
	Unauthenticated int
	// AuthTime is how long a client may take to log in.
	AuthTime time.Duration
	// Failures are connections of one address that ended without a login, in [failuresIn].
	// With more, the address is refused until some time has passed.
	Failures int
	// Channels are sessions of one connection, whether they run or not.
	Channels int
	// SessionTime is how long a connection may be open without a running session.
	SessionTime time.Duration
	// SharedTime is the same for a member's connection that has had a session. OpenSSH keeps
	// such connections for the next session (ControlPersist).
	SharedTime time.Duration
	// Input is how many bytes a second one connection may send, after [inputBurst]. A client
	// that sends more is slowed down.
	Input int
	// FileInput takes the place of Input while files are copied on the connection, which are
	// many more bytes than anybody types.
	FileInput int
	// Keepalive is after how long a silent client is asked whether it is there. After
	// [keepalives] times that, it is cut off.
	Keepalive time.Duration
	// Idle is after how long without a key a screen is ended. Scripts and transfers of files
	// go on.
	Idle time.Duration
	// Ending is how long a session has to restore its terminal and say why it ends, when
	// somebody else ends it, such as by a ban. Then its connection is closed.
	Ending time.Duration
	// Trusted are networks to which PerAddress, PerNetwork and Failures do not apply, such as
	// that of a proxy or a jump host which many people use. The machine itself is always
	// trusted.
	Trusted []netip.Prefix
}

const (
	// failuresIn is the time in which [Limits.Failures] may happen.
	failuresIn = 10 * time.Minute
	// inputBurst is how much a member's connection may send at once: twice what the composer
	// holds. It is in the server's memory until the session reads it.
	inputBurst = 128 << 10
	// strangerBurst is the same for other connections, which send keys and little
	// else.
	strangerBurst = 64 << 10
	// keepalives is how many intervals of [Limits.Keepalive] a client may be
	// silent, as OpenSSH's ClientAliveCountMax.
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

// trusts reports whether the limits of single addresses do not apply to one.
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

// waitText puts a time to wait into words.
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
