// Package machine has what the server gets from the machine that it runs on, and how it
// adapts to the machine: memory, open files, free disk space, systemd, and a bound for the log.
package machine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// firstPassed is the number of the first file that systemd passes
// (sd_listen_fds(3)).
const firstPassed = 3

// maxPassed is far more sockets than anybody needs.
const maxPassed = 100

// Listen listens on addresses, or uses the sockets that systemd has opened. With such
// sockets, people who connect during a restart wait and are not refused. If it fails for one
// address, it listens on none.
func Listen(addrs []string) (listeners []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			listeners = nil
		}
	}()
	names, passed, err := passedSockets()
	if err != nil {
		return nil, err
	}
	if passed {
		for i, name := range names {
			l, err := passedSocket(firstPassed+i, name)
			if err != nil {
				return listeners, err
			}
			listeners = append(listeners, l)
		}
		return listeners, nil
	}
	if err := areAddresses(addrs); err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		l, err := listen(addr, "listen")
		if err != nil {
			return listeners, err
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// passedSockets returns the names of the sockets that systemd passes to this process, in
// their order. It reports false if there are none.
func passedSockets() (names []string, passed bool, err error) {
	count := os.Getenv("LISTEN_FDS")
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) || count == "" || count == "0" {
		return nil, false, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxPassed {
		return nil, false, fmt.Errorf("LISTEN_FDS is %q, which is not a number of sockets up to %d: start the server as a systemd service, or without this variable", count, maxPassed)
	}
	names = make([]string, n)
	copy(names, strings.Split(os.Getenv("LISTEN_FDNAMES"), ":"))
	return names, true, nil
}

// passedSocket returns the listener for a file that systemd has passed. The name is that of
// FileDescriptorName= or of the unit.
func passedSocket(file int, name string) (net.Listener, error) {
	if name == "" {
		name = strconv.Itoa(file)
	}
	f := os.NewFile(uintptr(file), name)
	l, err := net.FileListener(f) // FileListener has made a copy
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("taking the socket %s that systemd passes: write ListenStream= with a port, or an address and a port, in confab.socket (%w)", name, err)
	}
	if _, tcp := l.(*net.TCPListener); !tcp {
		return nil, errors.Join(fmt.Errorf("systemd passes the socket %s, which has the address %s and is not a TCP socket: write ListenStream= with a port, or an address and a port, in confab.socket", name, l.Addr()), l.Close())
	}
	return l, nil
}

// CheckAddresses reports why the server could not listen on the addresses of the setting
// listen, as [CheckAddress] does.
func CheckAddresses(addrs []string, held bool) []error {
	if err := areAddresses(addrs); err != nil {
		return []error{err}
	}
	var problems []error
	for _, addr := range addrs {
		if err := CheckAddress(addr, "listen", held); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

// CheckAddress reports why the server could not listen on the address of a setting. A port
// that is in use is fine if the server may hold it already.
func CheckAddress(addr, setting string, held bool) error {
	l, err := listen(addr, setting)
	var busy portInUse
	switch {
	case err == nil:
		return l.Close()
	case held && errors.As(err, &busy):
		return nil
	default:
		return err
	}
}

// portInUse is the error of an address whose port another program uses.
type portInUse struct{ addr, setting string }

func (e portInUse) Error() string {
	return fmt.Sprintf("listening on %s: another program is already using this port, maybe a server of yours: choose another port with --%s", e.addr, e.setting)
}

func listen(addr, setting string) (net.Listener, error) {
	if err := isAddress(addr); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, portInUse{addr, setting}
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	return l, nil
}

// areAddresses returns an error unless a server can listen on all addresses at the same time.
func areAddresses(addrs []string) error {
	if len(addrs) == 0 {
		return errors.New("the setting listen has no address: write one, such as :2222, or remove the setting")
	}
	for i, addr := range addrs {
		if err := isAddress(addr); err != nil {
			return err
		}
		for _, other := range addrs[:i] {
			if covers(other, addr) || covers(addr, other) {
				return fmt.Errorf("the server cannot listen on both %s and %s, because one includes the other: remove one of them", other, addr)
			}
		}
	}
	return nil
}

// covers reports whether a listener on one address also gets the connections to another.
func covers(wide, narrow string) bool {
	host, port, _ := net.SplitHostPort(wide)
	other, otherPort, _ := net.SplitHostPort(narrow)
	if port != otherPort || port == "0" {
		return false
	}
	return host == other || host == "" || net.ParseIP(host).IsUnspecified() // package net listens for IPv4 and IPv6 then
}

func isAddress(addr string) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return fmt.Errorf("%q is not an address to listen on: write ADDR:PORT, such as 127.0.0.1:2222, or :2222 for all of the machine's addresses", addr)
	}
	return nil
}

// Notify reports the server's state to systemd (sd_notify(3)), if systemd asks for
// it.
func Notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	// A name that begins with @ is in the abstract namespace. Package net uses the
	// same notation.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("reporting %s to systemd: %w", state, err)
	}
	_, err = conn.Write([]byte(state))
	if err = errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("reporting %s to systemd: %w", state, err)
	}
	return nil
}
