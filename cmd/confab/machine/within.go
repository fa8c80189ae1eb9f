package machine

import (
	"net"
	"net/netip"
	"slices"
)

// Within reports whether a network address, with a port, is in one of the networks.
func Within(addr net.Addr, networks []netip.Prefix) bool {
	at, err := netip.ParseAddrPort(addr.String())
	return err == nil && slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(at.Addr().Unmap()) })
}
