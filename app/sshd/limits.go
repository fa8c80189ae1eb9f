package sshd

import (
	"fmt"
	"net/netip"
	"time"
)

// Limits bound what clients may cost. What is 0 is not limited.
type Limits struct {
	// Connections are those in all.
	Connections int
	// PerAddress and PerNetwork are connections of one address and of its
	// network, which is the /24 of an IPv4 and the /64 of an IPv6 address.
	PerAddress, PerNetwork int
	// PerAccount are connections of one account.
	PerAccount int
	// Unauthenticated are connections that have not been let in as a member:
	// those that are still shaking hands, and strangers. When there are more, the
	// oldest one of the network with the most of them is closed, so that a
	// flood pushes out itself and not others (OpenSSH's MaxStartups drops at
	// random).
	Unauthenticated int
	// AuthTime is how long a client may take to be let in.
	AuthTime time.Duration
	// Failures are connections of one address that ended without anybody being
	// let in, in [failuresIn]; after that it is refused until some time has
	// passed.
	Failures int
	// Channels are sessions of one connection, whether they run or not.
	Channels int
	// SessionTime is how long a connection may be open without a session that
	// runs.
	SessionTime time.Duration
	// SharedTime is the same for a member's connection that has had a session: such
	// as OpenSSH keeps for the next one (ControlPersist).
	SharedTime time.Duration
	// Input is how many bytes a second are taken from one connection, of
	// whatever kind. It is slowed beyond, after [inputBurst].
	Input int
	// FileInput is Input while files are copied on the connection, which are
	// many more bytes than anybody types.
	FileInput int
	// Keepalive is after how long a client that says nothing is asked whether it
	// is there. It is cut off when it has said nothing for [keepalives] times that.
	Keepalive time.Duration
	// Idle is after how long without a key a screen is ended; scripts and those
	// who copy files go on.
	Idle time.Duration
	// Ending is how long a session gets to restore its terminal and to say why it
	// ends when somebody else ends it, such as by a ban. Then its connection is
	// closed.
	Ending time.Duration
	// Trusted are networks to which PerAddress, PerNetwork and Failures do not
	// apply, such as that of a proxy or a jump host behind which many people
	// are. The machine itself is always one of them.
	Trusted []netip.Prefix
}

const (
	// failuresIn is the time in which [Limits.Failures] may happen.
	failuresIn = 10 * time.Minute
	// inputBurst is what a member's connection may send at once: twice what the line
	// to write in holds. Until its session reads it, it is in the server's memory.
	inputBurst = 128 << 10
	// strangerBurst is the same for other connections, which send keys and little
	// else.
	strangerBurst = 64 << 10
	// keepalives is how many intervals of [Limits.Keepalive] a client may be
	// silent, as OpenSSH's ClientAliveCountMax.
	keepalives = 3
)

// networkOf is what addresses of one customer have in common: the /24 of an
// IPv4 address, the /64 of an IPv6 one (RFC 6177).
func networkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil { // the zero address, of what is no TCP connection
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

// over says that a limit was reached, n things being allowed.
func over(limit, have int) bool { return limit > 0 && have >= limit }

// waitText is a time to wait, in words.
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
