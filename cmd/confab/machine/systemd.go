// Package machine has what the server gets from the machine that it runs on, and how it
// adapts to the machine: memory, open files, free disk space, systemd, and a bound for the log.
package machine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// firstPassed is the number of the first file that systemd passes
// (sd_listen_fds(3)).
const firstPassed = 3

// Listen listens on an address, or uses the socket that systemd has opened. With
// such a socket, people who connect during a restart wait and are not refused.
func Listen(addr string) (net.Listener, error) {
	pid, n := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	if pid != strconv.Itoa(os.Getpid()) || n == "" || n == "0" {
		if err := isAddress(addr); err != nil {
			return nil, err
		}
		l, err := net.Listen("tcp", addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("listening on %s: another program is already using this port, maybe a server of yours: choose another port with --listen", addr)
		}
		if err != nil {
			return nil, fmt.Errorf("listening on %s: %w", addr, err)
		}
		return l, nil
	}
	if n != "1" {
		return nil, fmt.Errorf("systemd passes %s sockets, but the server can use only one: leave one ListenStream= in confab.socket", n)
	}
	f := os.NewFile(firstPassed, "socket")
	l, err := net.FileListener(f) // FileListener has made a copy
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("taking the socket that systemd passes: %w", err)
	}
	return l, nil
}

// CheckAddress reports why the server could not listen on an address. It does not object to
// a port that is in use, because the running server can be using it.
func CheckAddress(addr string) error {
	if err := isAddress(addr); err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listening on %s: %w", addr, err)
	}
	return l.Close()
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
