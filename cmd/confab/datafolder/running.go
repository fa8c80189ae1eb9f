package datafolder

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// runningFile is where a server writes which process it is and on which addresses it
// listens, for the doctor. It counts only while the server has locked the folder.
const runningFile = "confab.running"

// Announce writes the addresses on which the server of a folder listens. The caller calls
// the returned function when the server ends.
func Announce(dir string, addrs ...net.Addr) (withdraw func(), err error) {
	path := filepath.Join(dir, runningFile)
	text := "pid " + strconv.Itoa(os.Getpid()) + "\n"
	for _, a := range addrs {
		text += "listen " + a.String() + "\n"
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
		}
	}
	return r, nil
}
