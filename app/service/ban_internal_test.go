package service

import (
	"net/netip"
	"testing"

	"confab/app/chat"
)

// For any input, a banned network contains the address that was typed, has only one
// spelling, and is neither half of the world nor the server's own machine.
func FuzzParseNetwork(f *testing.F) {
	for _, s := range []string{"", "192.0.2.1", "192.0.2.1/24", "0.0.0.0/0", "::/0", "::1", "::ffff:127.0.0.1", "fe80::1%eth0", "2001:db8::/32", "127.1", "1.2.3.4/33"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseNetwork(s)
		if err != nil {
			if !chat.IsRefusal(err) {
				t.Errorf("%q gets the answer %v", s, err)
			}
			return
		}
		if p != p.Masked() || p.Contains(netip.MustParseAddr("127.0.0.1")) || p.Contains(netip.IPv6Loopback()) || p.Bits() < banLeast4 {
			t.Errorf("%q is %s", s, p)
		}
		again, err := parseNetwork(p.String())
		if err != nil || again != p {
			t.Errorf("%q is %s, which is %s, %v", s, p, again, err)
		}
		if a, err := netip.ParseAddr(s); err == nil && !p.Contains(a.Unmap().WithZone("")) {
			t.Errorf("%q is not in %s", s, p)
		}
	})
}
