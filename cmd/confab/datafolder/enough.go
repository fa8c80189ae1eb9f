package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/machine"
	"confab/db/sqlite/upkeep"
)

// Needs are the settings of a server that its machine must have enough for.
type Needs struct {
	Listen      []string // the addresses of the setting
	Connections int      // that may be open at the same time
	Files       int64    // bytes of all posted files; 0 for no limit
}

// MayStart returns why a server could not use a folder: this user cannot create it or write
// to it, or a newer version of confab has used it. It changes nothing.
func MayStart(ctx context.Context, dir string) error {
	there := nearest(dir)
	info, err := os.Stat(there)
	if err != nil {
		return fmt.Errorf("looking for the data folder: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder: name another one with --data", there)
	}
	if err := upkeep.MayWrite(there); err != nil {
		return fmt.Errorf("this user cannot write to %s: run the server as another user, or name another folder with --data (%w)", there, err)
	}
	path := filepath.Join(dir, DatabaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err = upkeep.ReadSchema(ctx, path)
	return err
}

// nearest returns a folder, or the nearest one above it that exists.
func nearest(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// measures tell what the machine has. Tests replace them.
type measures struct {
	now       func() time.Time
	lookUp    func(ctx context.Context, network, host string) ([]netip.Addr, error)
	freeSpace func(dir string) (int64, error)
	openFiles func(pid int) (most int64, limited bool)
}

// thisMachine measures the machine on which confab runs.
func thisMachine() measures {
	return measures{time.Now, net.DefaultResolver.LookupNetIP, machine.FreeSpace, machine.MaxOpenFiles}
}

// Shortages returns a sentence for each thing of which the machine has too little for the
// needs of the server on a folder: the clock, DNS, the disk and open files. Call it before
// the database is opened, which changes the time of its file.
func Shortages(ctx context.Context, dir string, n Needs) []string {
	return thisMachine().shortages(ctx, dir, n)
}

func (m measures) shortages(ctx context.Context, dir string, n Needs) []string {
	var found []string
	problems := []error{m.clockRight(dir)}
	for _, addr := range n.Listen {
		problems = append(problems, m.namesKnown(ctx, addr))
	}
	for _, err := range append(problems, m.enoughSpace(ctx, dir, n.Files), m.enoughOpenFiles(n.Connections, 0)) {
		if err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}

// clockSlack is how far a clock may be set back without a warning, as time servers do.
const clockSlack = time.Minute

// clockRight returns an error if the clock is behind the last change of the database.
func (m measures) clockRight(dir string) error {
	now := m.now()
	var last time.Time
	for _, name := range []string{DatabaseFile, DatabaseFile + "-wal"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	if last.Sub(now) <= clockSlack {
		return nil
	}
	return fmt.Errorf("the machine's clock says %s, but the database was last changed at %s: set the clock, because otherwise messages get wrong times, and bans, codes and certificates end at the wrong moment",
		now.UTC().Format(time.DateTime), last.UTC().Format(time.DateTime))
}

// lookupTime is how long a start waits for DNS.
const lookupTime = 5 * time.Second

// namesKnown returns an error if the address to listen on has a name for which DNS does not
// give exactly one address. An address without a name needs no DNS.
func (m measures) namesKnown(ctx context.Context, listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || host == "" {
		return nil // a wrong address has its own error
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	found, err := m.lookUp(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("DNS has no address for %s, the name in the setting listen: correct it, or write an address there, such as :2222 (%w)", host, err)
	}
	local := true
	for _, a := range found {
		local = local && a.IsLoopback()
	}
	if len(found) > 1 && !local {
		return fmt.Errorf("DNS has %d addresses for %s, the name in the setting listen, and the server listens on only one of them: write an address there, such as :2222 for all of the machine's", len(found), host)
	}
	return nil
}

// enoughSpace returns an error if little of the disk is free, or less than posted files may
// still need.
func (m measures) enoughSpace(ctx context.Context, dir string, files int64) error {
	free, err := m.freeSpace(nearest(dir))
	switch {
	case err != nil:
		return fmt.Errorf("checking the free space: %w", err)
	case free < lowSpace:
		return fmt.Errorf("only %s are free: make room, because nobody can send messages while the disk is full", chat.SizeText(free))
	case files == 0:
		return nil
	}
	var have int64
	for c, err := range upkeep.Contents(ctx, filepath.Join(dir, DatabaseFile)) {
		if err != nil {
			return nil // a new folder, or one that cannot be opened, which has its own error
		}
		have += c.Size
	}
	if more := files - have; more > free {
		return fmt.Errorf("people may post %s more of files, but only %s of the disk are free: lower --max-files-total, or add space", chat.SizeText(more), chat.SizeText(free))
	}
	return nil
}

// ownOpenFiles is how many files the server needs for itself: the database's connections,
// the log, the listeners.
const ownOpenFiles = 128

// enoughOpenFiles returns an error if the system allows a process fewer open files than the
// limits of the server need, because connections and files within the limits would then
// fail. The pid 0 is this process.
func (m measures) enoughOpenFiles(connections, pid int) error {
	needed := int64(connections) + service.MaxHandlesInAll + ownOpenFiles
	if may, limited := m.openFiles(pid); limited && may < needed {
		return fmt.Errorf("the system allows %d open files, but the limits on connections and files need %d: raise ulimit -n (LimitNOFILE= in a systemd unit), or lower --max-connections", may, needed)
	}
	return nil
}

// unreadable returns a sentence for an error of reading a file, which tells missing permission
// from damage. It returns nil for other errors.
func unreadable(path string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("this user may not read %s, so it was not checked: run the command as the user that runs the server (%s)", path, strings.TrimSpace(err.Error()))
	}
	return nil
}
