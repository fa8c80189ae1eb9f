package keys

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Address is where clients reach a server: a name or an IP address, and a port.
type Address struct{ Host, Port string }

// hostName is a name of a machine (RFC 1123, section 2.1), which shells and all clients take
// as it is. The underscore is not in the RFC but in use.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// ParseAddress reads HOST or HOST:PORT. Without a port, Port is "". For anything else it
// returns [ErrSyntax].
func ParseAddress(s string) (Address, error) {
	a := Address{Host: strings.Trim(s, "[]")}
	if _, err := netip.ParseAddr(a.Host); err != nil && strings.Contains(s, ":") {
		if a.Host, a.Port, err = net.SplitHostPort(s); err != nil {
			return Address{}, errAddress()
		}
		if n, err := strconv.ParseUint(a.Port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != a.Port {
			return Address{}, errAddress()
		}
	}
	a.Host = strings.TrimSuffix(a.Host, ".")
	ip, err := netip.ParseAddr(a.Host)
	if err == nil && ip.Zone() == "" || err != nil && len(a.Host) <= 253 && hostName.MatchString(a.Host) {
		return a, nil
	}
	return Address{}, errAddress()
}

func errAddress() error {
	return refuse(ErrSyntax, "this is not an address: write a host and perhaps a port, such as chat.example.org:2222")
}

// String returns HOST:PORT.
func (a Address) String() string { return net.JoinHostPort(a.Host, a.Port) }

// Command returns the command that connects to the address, with options, each followed by a
// space, and with a login name, followed by an @.
func (a Address) Command(options, login string) string {
	if a.Port != "22" && a.Port != "" {
		options += "-p " + a.Port + " "
	}
	return "ssh " + options + login + a.Host
}
