// Package newcomer has the commands with which the host tells people who are not here yet
// where the server is, how to recognize it and how to join: "page", "keys sshfp" and "invite".
package newcomer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"

	"confab/cmd/confab/machine"
	"confab/keys"
)

// Address is where people reach the server with ssh, as a setting. "" means that it follows
// from other settings.
type Address string

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		if _, err := keys.ParseAddress(string(text)); err != nil {
			return err
		}
	}
	*a = Address(text)
	return nil
}

// AddressFlag is the setting for the address, of the server and of the commands that tell
// people about it.
type AddressFlag struct {
	SSHAddress Address `name:"ssh-address" help:"The address at which people reach the server with ssh, such as chat.example.org or chat.example.org:22. By default the host of --http-url, or else the one in --listen, and the port in --listen." env:"CONFAB_SSH_ADDRESS" placeholder:"ADDR"`
}

// Reached returns the address at which people reach the server. web is where they reach its
// page, and listens are the addresses on which it listens.
func (f AddressFlag) Reached(web machine.WebURL, listens []string) (keys.Address, error) {
	var host, port string
	if len(listens) > 0 {
		var err error
		if host, port, err = net.SplitHostPort(listens[0]); err != nil {
			return keys.Address{}, fmt.Errorf("reading the address %s: %w", listens[0], err)
		}
	}
	if n, err := net.LookupPort("tcp", port); err == nil { // it may be a name, such as ssh
		port = strconv.Itoa(n)
	}
	at := keys.Address{Host: host, Port: port}
	if f.SSHAddress != "" {
		named, err := keys.ParseAddress(string(f.SSHAddress))
		if err != nil {
			return at, err
		}
		if named.Port == "" {
			named.Port = port
		}
		at = named
	} else if u, err := url.Parse(string(web)); err == nil && u.Hostname() != "" {
		at.Host = u.Hostname()
	} else if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		if at.Host, err = os.Hostname(); err != nil {
			return at, fmt.Errorf("asking for the name of this machine: %w", err)
		}
	} else if err == nil && ip.IsLoopback() {
		at.Host = "localhost"
	}
	if _, err := keys.ParseAddress(at.String()); err != nil {
		return at, errors.New("it is not known where people reach the server: say it with --ssh-address, such as --ssh-address chat.example.org:22")
	}
	return at, nil
}
