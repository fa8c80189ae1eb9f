package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/cmd/confab/console"
	"confab/cmd/confab/machine"
	"confab/db/blobs"
	"confab/db/sqlite"
	"confab/db/sqlite/upkeep"
	"confab/keys"
)

// DoctorCmd is "confab doctor".
type DoctorCmd struct {
	Flag

	Deep   bool   `help:"Also read all posted files, and compare them with their hashes."`
	Listen string `help:"Address of the server." default:"127.0.0.1:2222" env:"CONFAB_LISTEN" placeholder:"ADDR"`
}

// errUnwell is the doctor's error when it has found a problem.
var errUnwell = errors.New("problems found, see above")

// lowSpace is how many bytes should be free: SQLite copies the pages that it
// changes, and a backup beside the data needs as much space as the data.
const lowSpace = 256 << 20

// finding is the result of one check.
type finding struct {
	about string
	well  string // the state, if err is nil
	err   error  // the problem, and what to do
}

// Run checks a data folder and changes nothing. The server may be running.
func (c *DoctorCmd) Run(ctx context.Context, out console.Streams) error {
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	database := filepath.Join(dir, DatabaseFile)
	together := ArePartsWhole(ctx, dir)
	hostKey, keyFinding := lookAtHostKey(dir, together)
	unwell := false
	for _, f := range []finding{
		lookAtFolder(dir),
		lookAtServer(dir),
		{about: "parts", well: "the database, the files and the host key belong together", err: together},
		lookAtSchema(ctx, database),
		lookAtDatabase(ctx, database),
		keyFinding,
		lookAtFiles(ctx, dir, c.Deep),
		lookAtPort(ctx, c.Listen, hostKey),
		lookAtSpace(dir),
	} {
		state, text := "ok   ", f.well
		if f.err != nil {
			state, text, unwell = "WRONG", f.err.Error(), true
		}
		fmt.Fprintf(out.Out, "%s  %-9s  %s\n", state, f.about, text)
	}
	if unwell {
		return errUnwell
	}
	return nil
}

// lookAtFolder checks whether other users can read the data. Windows has no such
// permission bits.
func lookAtFolder(dir string) finding {
	f := finding{about: "data", well: dir}
	for _, name := range []string{"", DatabaseFile, FilesFolder} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			f.err = errors.Join(f.err, err)
		case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
			f.err = errors.Join(f.err, fmt.Errorf("other users can read %s: fix it with chmod go= %s", path, path))
		}
	}
	probe, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		f.err = errors.Join(f.err, fmt.Errorf("this user cannot write here: run this command as the user that runs the server, or make that user the owner of the folder (%w)", err))
		return f
	}
	f.err = errors.Join(f.err, probe.Close(), os.Remove(probe.Name()))
	return f
}

// lookAtServer checks whether a server uses the folder. Both answers are fine.
func lookAtServer(dir string) finding {
	f := finding{about: "server", well: "a server is using this folder"}
	l := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if got {
		f.well, err = "no server is using this folder", l.Unlock()
	}
	f.err = err
	return f
}

func lookAtSchema(ctx context.Context, database string) finding {
	s, err := upkeep.ReadSchema(ctx, database)
	f := finding{about: "schema", well: fmt.Sprintf("version %d", s.Version), err: err}
	if s.Missing > 0 {
		f.well += "; the next start upgrades it, and then older versions of confab refuse it: make a backup first"
	}
	return f
}

func lookAtDatabase(ctx context.Context, database string) finding {
	err := upkeep.Check(ctx, database)
	if errors.Is(err, sqlite.ErrNewer) {
		err = nil // the finding about the schema says it
	}
	return finding{about: "database", well: "undamaged", err: err}
}

// lookAtHostKey checks whether the host key can be used. Before the first start
// there need not be one. The other parts of the folder show whether there was one.
func lookAtHostKey(dir string, together error) (gossh.Signer, finding) {
	key, err := keys.LoadHostKey(filepath.Join(dir, HostKeyFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && together != nil:
		return nil, finding{about: "host key", err: fmt.Errorf("%s is missing: see the line about parts", filepath.Join(dir, HostKeyFile))}
	case errors.Is(err, fs.ErrNotExist):
		return nil, finding{about: "host key", well: "none yet: the first start creates it"}
	case err != nil:
		return nil, finding{about: "host key", err: err}
	}
	return key, finding{about: "host key", well: gossh.FingerprintSHA256(key.PublicKey())}
}

// maxNamed bounds how many damaged files are listed.
const maxNamed = 20

// lookAtFiles checks whether the contents of posted files are there and have their
// size. With deep it also compares their hashes.
func lookAtFiles(ctx context.Context, dir string, deep bool) finding {
	database := filepath.Join(dir, DatabaseFile)
	f := finding{about: "files"}
	n, missing, broken := 0, 0, 0
	var named strings.Builder
	name := func(c upkeep.Content) {
		if missing+broken <= maxNamed {
			fmt.Fprintf(&named, "\n       %s (%s)", contentPath(dir, c.Sum), postedAs(ctx, database, c.Sum))
		}
	}
	for c, err := range upkeep.Contents(ctx, database) {
		if err != nil {
			f.err = err
			return f
		}
		n++
		switch info, err := os.Stat(contentPath(dir, c.Sum)); {
		case err != nil:
			missing++
			name(c)
		case info.Size() != c.Size || deep && checkContent(contentPath(dir, c.Sum), c.Sum) != nil:
			broken++
			name(c)
		}
	}
	f.well = fmt.Sprintf("%d contents", n)
	if missing+broken > 0 {
		f.err = fmt.Errorf("of %d contents, %d are missing and %d are damaged: restore a backup to another folder, and copy these from its %s to %s%s",
			n, missing, broken, FilesFolder, filepath.Join(dir, FilesFolder), named.String())
	}
	return f
}

// contentPath returns the path of a content in a data folder.
func contentPath(dir string, sum chat.Sum) string {
	return filepath.Join(dir, FilesFolder, filepath.FromSlash(blobs.Path(sum)))
}

// answerTime is how long the doctor waits for an answer on the port.
const answerTime = 5 * time.Second

// lookAtPort checks whether the port is free, or the server of this folder answers
// there.
func lookAtPort(ctx context.Context, addr string, hostKey gossh.Signer) finding {
	f := finding{about: "port", well: addr + " is free"}
	l, err := net.Listen("tcp", addr)
	if err == nil {
		f.err = l.Close()
		return f
	}
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		f.err = fmt.Errorf("%s isn't an address of this machine: choose another with --listen (%w)", addr, err)
		return f
	case errors.Is(err, fs.ErrPermission):
		f.err = fmt.Errorf("this user may not listen on %s: choose a port of 1024 or higher with --listen, or give the program permission with setcap cap_net_bind_service=+ep (%w)", addr, err)
		return f
	}
	dial := addr
	if host, port, splitErr := net.SplitHostPort(addr); splitErr == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		dial = net.JoinHostPort("localhost", port)
	}
	conn, dialErr := (&net.Dialer{Timeout: answerTime}).DialContext(ctx, "tcp", dial)
	if dialErr != nil {
		f.err = fmt.Errorf("the server cannot listen on %s, and nothing answers there: choose another address with --listen (%w)", addr, err)
		return f
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(answerTime))
	var shown gossh.PublicKey
	_, _, _, err = gossh.NewClientConn(conn, dial, &gossh.ClientConfig{HostKeyCallback: func(_ string, _ net.Addr, key gossh.PublicKey) error {
		shown = key
		return errors.New("seen")
	}})
	switch {
	case shown == nil:
		f.err = fmt.Errorf("another program is listening on %s: stop it, or choose another port with --listen (%w)", addr, err)
	case hostKey == nil || string(shown.Marshal()) != string(hostKey.PublicKey().Marshal()):
		f.err = fmt.Errorf("another ssh server, with the host key %s, is listening on %s: choose another port with --listen", gossh.FingerprintSHA256(shown), addr)
	default:
		f.well = "this server answers on " + addr
	}
	return f
}

func lookAtSpace(dir string) finding {
	free, err := machine.FreeSpace(dir)
	f := finding{about: "disk", well: chat.SizeText(free) + " free"}
	switch {
	case err != nil:
		f.err = fmt.Errorf("checking the free space: %w", err)
	case free < lowSpace:
		f.err = fmt.Errorf("only %s are free: make room, because nobody can send messages while the disk is full", chat.SizeText(free))
	}
	return f
}
