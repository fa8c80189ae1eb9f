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

	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/text"
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

	Quick  bool     `help:"Only ask the server whether people can log in, as health checks do."`
	Deep   bool     `help:"Also read all posted files, and compare them with their hashes."`
	Listen []string `help:"Addresses of the server. While it runs, confab finds them in its data folder." default:"127.0.0.1:2222" env:"CONFAB_LISTEN" placeholder:"ADDR"`

	MaxConnections int `help:"Connections that the server allows." default:"5000" env:"CONFAB_MAX_CONNECTIONS"`
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
	warn  error  // a lesser problem, which does not make the command fail
}

// Run checks a data folder and changes nothing. The server may be running.
func (c *DoctorCmd) Run(ctx context.Context, out console.Streams) error {
	dir, err := c.folder(ctx)
	if err != nil {
		return err
	}
	if c.Quick {
		return c.quick(ctx, dir, out)
	}
	if c.Database != "" {
		return tellFindings(out, c.lookElsewhere(ctx, dir))
	}
	database := filepath.Join(dir, DatabaseFile)
	together := ArePartsWhole(ctx, dir)
	server, serverErr := lookForServer(dir)
	hostKey, keyFinding := lookAtHostKey(ctx, dir, together)
	return tellFindings(out, append([]finding{
		lookAtFolder(dir),
		lookAtServer(server, serverErr),
		{about: "parts", well: "the database, the files and the host key belong together", err: together},
		lookAtSchema(ctx, database),
		lookAtDatabase(ctx, database),
		keyFinding,
		lookAtFiles(ctx, dir, c.Deep),
	}, c.lookAround(ctx, dir, server, hostKey)...))
}

// lookAround checks what the machine has for a server, whatever database it uses.
func (c *DoctorCmd) lookAround(ctx context.Context, dir string, server *running, hostKey gossh.Signer) []finding {
	return []finding{
		lookAtPort(ctx, server, c.Listen, hostKey),
		lookAtSpace(dir),
		lookAtOpenFiles(server, c.MaxConnections),
		{about: "clock", well: time.Now().Format(time.DateTime), warn: thisMachine().clockRight(dir)},
	}
}

// tellFindings prints findings, and returns an error if one is a problem.
func tellFindings(out console.Streams, findings []finding) error {
	unwell := false
	for _, f := range findings {
		state, text := "ok   ", f.well
		switch {
		case f.err != nil:
			state, text, unwell = "WRONG", f.err.Error(), true
		case f.warn != nil:
			state, text = "warn ", f.warn.Error()
		}
		fmt.Fprintf(out.Out, "%s  %-9s  %s\n", state, f.about, text)
	}
	if unwell {
		return errUnwell
	}
	return nil
}

// lookAtFolder checks whether this user can write in the folder, and warns if other users can
// read the data. Windows has no such permission bits.
func lookAtFolder(dir string) finding {
	f := finding{about: "data", well: dir}
	for _, name := range []string{"", DatabaseFile, DatabaseFile + "-wal", DatabaseFile + "-shm", FilesFolder} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			f.err = errors.Join(f.err, err)
		case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
			f.warn = errors.Join(f.warn, fmt.Errorf("other users can read %s: fix it with chmod go= %s", path, ShellWord(path)))
		}
	}
	if err := upkeep.MayWrite(dir); err != nil {
		f.err = errors.Join(f.err, fmt.Errorf("this user cannot write here: run this command as the user that runs the server, or make that user the owner of the folder (%w)", err))
	}
	return f
}

// lookAtServer says whether a server uses the folder. Both answers are fine.
func lookAtServer(server *running, err error) finding {
	f := finding{about: "server", well: "a server is using this folder", err: err}
	if server == nil {
		f.well = "no server is using this folder"
	}
	return f
}

// lookAtOpenFiles warns if the server may have fewer open files than its limits need.
func lookAtOpenFiles(server *running, connections int) finding {
	pid, of := 0, "this user"
	if server != nil && server.pid != 0 {
		pid, of = server.pid, "the server"
	}
	f := finding{about: "ulimit", well: "no limit on open files is known", warn: thisMachine().enoughOpenFiles(connections, pid)}
	if may, limited := machine.MaxOpenFiles(pid); limited {
		f.well = fmt.Sprintf("%s may have %d files open", of, may)
	}
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

// lookAtHostKey checks whether the host key can be used. Beside a database that a server has
// used, there must be one.
func lookAtHostKey(ctx context.Context, dir string, together error) (gossh.Signer, finding) {
	path := filepath.Join(dir, HostKeyFile)
	key, err := keys.LoadHostKey(path)
	if err == nil {
		return key, finding{about: "host key", well: gossh.FingerprintSHA256(key.PublicKey())}
	}
	facts, factsErr := upkeep.ReadFacts(ctx, filepath.Join(dir, DatabaseFile))
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case missing && together == nil && factsErr == nil && facts.HostKey == "" && !facts.Used:
		return nil, finding{about: "host key", well: "none yet: the first start creates it"}
	case missing:
		return nil, finding{about: "host key", err: fmt.Errorf("%s is missing: put it back from a backup, or see the line about parts; with a new one, every client warns its user", path)}
	}
	if no := unreadable(path, err); no != nil {
		err = no
	}
	return nil, finding{about: "host key", err: err}
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
		path := contentPath(dir, c.Sum)
		info, err := os.Stat(path)
		if err == nil && deep && info.Size() == c.Size {
			err = checkContent(path, c.Sum)
		}
		if no := unreadable(path, err); no != nil {
			f.err = no // more of them would say the same
			return f
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing++
			name(c)
		case err != nil || info.Size() != c.Size:
			broken++
			name(c)
		}
	}
	f.well = text.Plural(n, "content")
	if deep {
		f.well += ", all with the right hash"
	}
	if missing+broken > 0 {
		f.err = fmt.Errorf("%d missing and %d damaged, of %s: restore a backup to another folder, and copy these from its %s to %s%s",
			missing, broken, text.Plural(n, "content"), FilesFolder, filepath.Join(dir, FilesFolder), named.String())
	}
	return f
}

// contentPath returns the path of a content in a data folder.
func contentPath(dir string, sum chat.Sum) string {
	return filepath.Join(dir, FilesFolder, filepath.FromSlash(blobs.Path(sum)))
}

// answerTime is how long the doctor waits for an answer on the port.
const answerTime = 5 * time.Second

// lookAtPort checks whether the server of this folder answers on its addresses, or, while it
// does not run, whether its port is free.
func lookAtPort(ctx context.Context, server *running, addrs []string, hostKey gossh.Signer) finding {
	if server != nil && len(server.addrs) > 0 {
		f := finding{about: "port", well: "this server answers on " + strings.Join(server.addrs, " and ")}
		for _, a := range server.addrs {
			f.err = errors.Join(f.err, server.answers(ctx, a, hostKey, errors.New("the server says that it listens there")))
		}
		return f
	}
	f := finding{about: "port"}
	var states []string
	for _, addr := range addrs {
		state, err := lookAtAddress(ctx, addr, hostKey)
		states, f.err = append(states, state), errors.Join(f.err, err)
	}
	f.well = strings.Join(states, ", ")
	return f
}

// lookAtAddress says that an address is free, or that the server answers there.
func lookAtAddress(ctx context.Context, addr string, hostKey gossh.Signer) (string, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return addr + " is free", l.Close()
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "", fmt.Errorf("%s isn't an address of this machine: choose another with --listen (%w)", addr, err)
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("this user may not listen on %s: choose a port of 1024 or higher with --listen, or give the program permission with setcap cap_net_bind_service=+ep (%w)", addr, err)
	}
	return "this server answers on " + addr, (*running)(nil).answers(ctx, addr, hostKey, err)
}

// answers returns an error unless the server with a host key answers on an address. The
// reason says why nobody else can listen there.
func (r *running) answers(ctx context.Context, addr string, hostKey gossh.Signer, reason error) error {
	conn, dialErr := r.dial(ctx, addr)
	if dialErr != nil {
		return fmt.Errorf("the server cannot be reached on %s: look for a firewall, or choose another address with --listen (%w; %w)", addr, reason, dialErr)
	}
	defer conn.Close()
	var shown gossh.PublicKey
	_, _, _, err := gossh.NewClientConn(conn, dialable(addr), &gossh.ClientConfig{HostKeyAlgorithms: preferring(hostKey), HostKeyCallback: func(_ string, _ net.Addr, key gossh.PublicKey) error {
		shown = key
		return errors.New("seen")
	}})
	switch {
	case shown == nil:
		return fmt.Errorf("another program is listening on %s: stop it, or choose another port with --listen (%w)", addr, err)
	case hostKey == nil || string(shown.Marshal()) != string(hostKey.PublicKey().Marshal()):
		return fmt.Errorf("another ssh server, with the host key %s, is listening on %s: choose another port with --listen", gossh.FingerprintSHA256(shown), addr)
	}
	return nil
}

// dialable returns an address of this machine for one to listen on.
func dialable(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

// preferring returns the algorithms of host keys, those of one key first. A server can have
// keys of several types.
func preferring(hostKey gossh.Signer) []string {
	all := []string{gossh.KeyAlgoED25519, gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256, gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521}
	if hostKey == nil {
		return all
	}
	first := []string{hostKey.PublicKey().Type()}
	if first[0] == gossh.KeyAlgoRSA {
		first = []string{gossh.KeyAlgoRSASHA512}
	}
	return append(first, all...)
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
