package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"confab/cmd/confab/machine"

	"github.com/gofrs/flock"
)

// runningFile is where a server writes which process it is and on which addresses it
// listens, for the doctor. It counts only while the server has locked the folder.
const runningFile = "confab.running"

// Announce writes the addresses on which the server of a folder listens, and the networks of the
// load balancers before it. The caller calls the returned function when the server ends.
func Announce(dir string, balancers []netip.Prefix, addrs ...net.Addr) (withdraw func(), err error) {
	path := filepath.Join(dir, runningFile)
	text := "pid " + strconv.Itoa(os.Getpid()) + "\n"
	for _, a := range addrs {
		text += "listen " + a.String() + "\n"
	}
	for _, b := range balancers {
		text += "proxy " + b.String() + "\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing the address of the server: %w", err)
	}
	return func() { _ = os.Remove(path) }, nil
}

// running is the server that uses a folder.
type running struct {
	pid   int      // 0 if it is not known
	addrs []string // on which it listens

	balancers []netip.Prefix // the networks whose connections must have a PROXY header
}

// dial connects to an address of a server, which may be nil if it is not known which one listens
// there. The server may take this machine for a load balancer, for example if HAProxy runs on it too.
// Then the connection begins with a header without an address, as those of a load balancer's own
// checks do.
func (r *running) dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: answerTime}).DialContext(ctx, "tcp", dialable(addr))
	if err != nil {
		return nil, err
	}
	err = conn.SetDeadline(time.Now().Add(answerTime))
	if err == nil && r != nil && machine.Within(conn.LocalAddr(), r.balancers) {
		_, err = io.WriteString(conn, "PROXY UNKNOWN\r\n")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Serving reports whether a server uses a folder now.
func Serving(dir string) bool {
	r, err := lookForServer(dir)
	return err == nil && r != nil
}

// Listening returns the addresses on which the server of a folder listens now, none if it
// does not run.
func Listening(dir string) []string {
	if r, err := lookForServer(dir); err == nil && r != nil {
		return r.addrs
	}
	return nil
}

// HoldsPorts reports whether the server of a folder may have its ports already: because it
// runs, or because systemd holds them for the server of an installed package.
func (f Flag) HoldsPorts(dir string) bool { return dir == f.places.System || Serving(dir) }

// lookForServer returns the server that uses a folder, or nil if there is none. It creates
// nothing.
func lookForServer(dir string) (*running, error) {
	l := flock.New(filepath.Join(dir, lockFile), flock.SetFlag(os.O_RDONLY))
	free, err := l.TryRLock()
	switch {
	case errors.Is(err, fs.ErrNotExist): // no server has ever used it
		return nil, nil
	case err != nil:
		return nil, err
	case free:
		return nil, l.Unlock()
	}
	text, err := os.ReadFile(filepath.Join(dir, runningFile))
	if errors.Is(err, fs.ErrNotExist) { // it is just starting, or is an earlier version
		return &running{}, nil
	}
	if err != nil {
		return nil, err
	}
	r := &running{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "pid":
			r.pid, _ = strconv.Atoi(value)
		case "listen":
			r.addrs = append(r.addrs, value)
		case "proxy":
			if b, err := netip.ParsePrefix(value); err == nil {
				r.balancers = append(r.balancers, b)
			}
		}
	}
	return r, nil
}
