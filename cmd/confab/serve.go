package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/away"
	"confab/app/refusal"
	"confab/app/service"
	"confab/app/sshd"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/cmd/confab/machine"
	"confab/cmd/confab/settings"
	"confab/keys"
)

// stoppingReason is the message that people see when the server stops.
const stoppingReason = "The server is stopping; connect again in a moment."

// movingReason is the message if other machines serve the same chat.
const movingReason = "This machine is stopping; reconnect, another machine has you."

type serveCmd struct {
	datafolder.Flag

	Listen            []string       `help:"Address and port to listen on; :2222 is all of the machine's addresses. There can be several." default:"127.0.0.1:2222" env:"CONFAB_LISTEN" placeholder:"ADDR"`
	Pprof             string         `help:"Serve the Go runtime's profiles over HTTP on this loopback address." env:"CONFAB_PPROF" placeholder:"ADDR"`
	Join              joinMode       `help:"How people join: closed, request, invite or open. By default request. A mode that confab join or /admin join has set stays until this setting changes; a server that they have closed stays closed." env:"CONFAB_JOIN" placeholder:"MODE"`
	TrustedCA         console.Path   `name:"trusted-ca" help:"Accept user certificates signed by the keys in this file. A principal names the account." env:"CONFAB_TRUSTED_CA" placeholder:"FILE"`
	CertificateGroups []string       `help:"Groups whose members the certificates of the CA decide on: the principal ops:member puts its user into #ops. Names, or ids as confab groups list shows them." env:"CONFAB_CERTIFICATE_GROUPS" placeholder:"GROUP"`
	RevokedKeys       console.Path   `help:"Refuse the keys and certificates in this file, a list of public keys, certificates and fingerprints." env:"CONFAB_REVOKED_KEYS" placeholder:"FILE"`
	HostKey           []console.Path `help:"More host keys, each the file of a private key. Clients learn them after they have logged in. The first key of each type is used, beginning with the one in the data folder. FILE-cert.pub is its certificate." env:"CONFAB_HOST_KEY" placeholder:"FILE"`
	MotdFile          console.Path   `help:"Take the message of the day from this file, which is read again on a reload. A message that confab motd has set stays until the file changes." env:"CONFAB_MOTD_FILE" placeholder:"FILE"`
	RulesFile         console.Path   `help:"Take the rules of the server from this file, in the same way." env:"CONFAB_RULES_FILE" placeholder:"FILE"`
	NotifyCommand     console.Path   `help:"Run this program, with a line of JSON on its standard input, for each direct message and mention that a member wants to hear of while away." env:"CONFAB_NOTIFY_COMMAND" placeholder:"PROGRAM"`
	OwnerKey          console.Path   `help:"The owner's public keys for the first start, a .pub or an authorized_keys file. By default the .pub files in ~/.ssh." env:"CONFAB_OWNER_KEY" placeholder:"FILE"`

	DrainTime drainTime `help:"Time over which a stop ends the sessions, for a server with several machines: people are told to connect again, and reach another machine. 0 ends all of them at once." env:"CONFAB_DRAIN_TIME" default:"0s" placeholder:"TIME"`

	busFlags         `embed:""`
	machine.LogFlags `embed:"" group:"Log:"`
	keepFlag
	metricsFlag
	webFlags `embed:"" group:"Web:"`
	proxyFlag
	fileFlags  `embed:"" group:"Files:"`
	limitFlags `embed:"" group:"Limits (0 is no limit):"`
}

const (
	maxDrain = 10 * time.Minute // a longer one would only be a mistake
	stopTime = 15 * time.Second // how long a stop may take after that
)

// drainTime is the value of --drain-time.
type drainTime time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *drainTime) UnmarshalText(text []byte) error {
	over, err := time.ParseDuration(string(text))
	if err != nil || over < 0 || over > maxDrain {
		return fmt.Errorf("%q is no time up to %s, such as 30s; 0 ends all sessions at once", text, maxDrain)
	}
	*d = drainTime(over)
	return nil
}

// Run starts the server and serves until ctx ends, which is a graceful stop.
func (c *serveCmd) Run(ctx context.Context, kctx *kong.Context, again parseAgain, io console.Streams) (err error) {
	hangups, stopHangups := hangupSignals()
	defer stopHangups()
	logs := c.LogFlags.New(io.Err)
	log := logs.Logger
	for _, name := range settings.UnknownVariables(kctx.Model) {
		log.Warn("a variable of the environment is not a setting, so it is ignored; confab config init - shows all settings", "variable", name)
	}
	machine.LimitMemory(log)
	in, problems := c.inputs(log)
	if err := errors.Join(problems...); err != nil {
		return err
	}
	dir, err := c.Folder()
	if err != nil {
		return err
	}
	unlock, err := datafolder.Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	// The check comes before the folder of files is created.
	if err := c.look(ctx, dir, log); err != nil {
		return err
	}
	meters := c.newMetrics()
	service, closeService, err := c.OpenForServer(ctx, dir, service.Options{Log: log, Refusals: refusal.New(log, time.Now, c.Option()), Files: c.files(), Away: away.New(log), Limits: c.accounts()}, c.over(), meters.watch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeService()) }()
	if err := service.Accounts().TrustAuthorities(ctx, fingerprintsOf(in.authorities)); err != nil { // enrol asks for them
		return err
	}
	owner, err := c.enrol(ctx, service)
	if err != nil {
		return err
	}
	hostKey, err := keys.LoadOrCreateHostKey(filepath.Join(dir, datafolder.HostKeyFile), rand.Reader)
	if err != nil {
		return err
	}
	if err := in.begin(dir, hostKey, log); err != nil {
		return err
	}
	if err := service.SweepFiles(ctx); err != nil {
		return fmt.Errorf("looking for remains of interrupted uploads: %w", err)
	}
	server, err := sshd.New(service, hostKey, log, c.server())
	if err != nil {
		return err
	}
	server.Host().CommandsNeed(c.Option())
	if c.SSHAddress != "" {
		at, err := keys.ParseAddress(string(c.SSHAddress))
		if err != nil {
			return err
		}
		server.Host().ReachedAt(at)
	}
	r := &running{command: c, model: kctx.Model, again: again, dir: dir, in: in, log: logs, service: service, server: server}
	if err := r.apply(ctx, c, in); err != nil {
		return err
	}
	if c.Pprof != "" {
		stop, err := servePprof(c.Pprof)
		if err != nil {
			return err
		}
		defer stop()
	}
	listeners, err := machine.Listen(c.Listen)
	if err != nil {
		return err
	}
	serving := false // then the server closes the listeners
	addrs := make([]net.Addr, len(listeners))
	for i, l := range listeners {
		defer func() {
			if !serving {
				_ = l.Close()
			}
		}()
		addrs[i], listeners[i] = l.Addr(), c.proxied(l, log)
	}
	withdraw, err := datafolder.Announce(dir, c.prefixes(), addrs...)
	if err != nil {
		return err
	}
	defer withdraw()
	metrics, stopMetrics, err := c.serveMetrics(ctx, meters, service, dir, log)
	if err != nil {
		return err
	}
	defer stopMetrics()
	web, stopWeb, err := c.serveWeb(service, server, addrs, log)
	if err != nil {
		return err
	}
	defer stopWeb()
	for _, a := range addrs {
		fmt.Fprintf(io.Out, "confab listens on %s\n", a)
	}
	for _, k := range in.hostKeys {
		fmt.Fprintf(io.Out, "  host key  %s\n", gossh.FingerprintSHA256(k.PublicKey()))
	}
	fmt.Fprintf(io.Out, "  data      %s\n", dir)
	fmt.Fprintf(io.Out, "  owner     %s\n", owner)
	for _, line := range connectLines(addrs) {
		fmt.Fprintf(io.Out, "  connect   %s\n", line)
	}
	if metrics != nil {
		fmt.Fprintf(io.Out, "  metrics   http://%s/metrics\n", metrics)
	}
	if web != "" {
		fmt.Fprintf(io.Out, "  web       %s\n", web)
	}
	if logs.JSON { // programs read the log, and not what is above
		log.Info("started", "version", version(), "listen", strings.Join(texts(addrs), ","), "host_key", gossh.FingerprintSHA256(hostKey.PublicKey()), "data", dir)
	}
	forgetting, stopForgetting := context.WithCancel(ctx)
	defer stopForgetting()
	go datafolder.ForgetUpgrades(forgetting, dir, log)
	retaining, stopRetaining := context.WithCancel(context.Background())
	retained := make(chan error, 1)
	go func() { retained <- service.Retain(retaining) }()
	defer func() { stopRetaining(); err = errors.Join(err, <-retained) }()
	telling, stopTelling := context.WithCancel(context.Background())
	told := make(chan struct{})
	go func() { defer close(told); service.Accounts().TellAway(telling) }()
	defer func() { stopTelling(); <-told }()
	timing, stopTiming := context.WithCancel(context.Background())
	timed := make(chan error, 1)
	go func() { timed <- service.KeepTime(timing) }()
	defer func() { stopTiming(); err = errors.Join(err, <-timed) }()
	serving = true
	return serve(ctx, io, r, listeners, hangups)
}

// serve runs the server until ctx ends.
func serve(ctx context.Context, io console.Streams, r *running, listeners []net.Listener, hangups <-chan os.Signal) error {
	failed := make(chan error, 2)
	watching, stopWatching := context.WithCancel(context.Background())
	var tail sync.WaitGroup
	defer tail.Wait() // its last words to other servers need the database
	defer stopWatching()
	go machine.TrimMemory(watching)
	tail.Go(func() { failed <- r.service.TailChanges(watching) })
	go func() { failed <- r.server.Serve(listeners...) }()
	// The kernel has accepted connections since Listen, so this is already true.
	fmt.Fprintln(io.Out, "confab: ready")
	r.notify("READY=1")
	err := r.wait(ctx, failed, hangups)
	if err == nil {
		r.log.Info("stopping")
		_ = machine.Notify("STOPPING=1") // systemd notices the stop anyway
		if drain := time.Duration(r.command.DrainTime); drain > 0 {
			// systemd would kill the server at the end of TimeoutStopSec, from which this is apart.
			_ = machine.Notify(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (drain + stopTime).Microseconds()))
			r.server.Drain(drain, movingReason)
		}
	}
	r.server.Stop(stoppingReason)
	return err
}

// namedKeys returns the keys in a file that a setting names. All of them must be
// valid.
func namedKeys(what string, file console.Path) ([]keys.Key, error) {
	f, err := os.Open(string(file))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	defer f.Close()
	found, err := keys.ParseAuthorized(f)
	if err != nil {
		return nil, fmt.Errorf("reading %s from %s: %w", what, file, err)
	}
	return found, nil
}

// enrol makes the operator the owner of a server without accounts, and returns the
// names of the owners.
func (c *serveCmd) enrol(ctx context.Context, service *service.Service) (string, error) {
	owners, err := service.Accounts().Owners(ctx)
	if err != nil {
		return "", err
	}
	if len(owners) == 0 {
		if err := c.enrolOperator(ctx, service); err != nil {
			return "", err
		}
		if owners, err = service.Accounts().Owners(ctx); err != nil {
			return "", err
		}
	}
	if len(owners) == 0 {
		return "none yet: add the first account with  confab keys add" + c.Option() + " NAME FILE.pub", nil
	}
	names := make([]string, len(owners))
	for i, o := range owners {
		names[i] = o.Name
	}
	return strings.Join(names, ", "), nil
}

func (c *serveCmd) enrolOperator(ctx context.Context, service *service.Service) error {
	found, err := c.ownerKeys()
	if err != nil || len(found) == 0 {
		return err
	}
	login := ""
	if u, err := user.Current(); err == nil {
		login = u.Username
	}
	_, _, err = service.Accounts().EnrolOwner(ctx, text.SuggestHandle(login), found)
	return err
}

// ownerKeys returns the keys in the file of --owner-key, all of which must be
// valid, or else the usable keys in the operator's ~/.ssh.
func (c *serveCmd) ownerKeys() ([]keys.Key, error) {
	if c.OwnerKey != "" {
		return namedKeys("the owner's keys", c.OwnerKey)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(home, ".ssh", "*.pub"))
	if err != nil {
		return nil, fmt.Errorf("looking for keys in ~/.ssh: %w", err)
	}
	var found []keys.Key
	for _, name := range files {
		// The folder also holds certificates and old kinds of keys, which are
		// skipped.
		if more, err := parser(keys.ParseAuthorized).keysIn(name); err == nil {
			found = append(found, more...)
		}
	}
	return found, nil
}

// texts returns addresses as texts.
func texts(addrs []net.Addr) []string {
	texts := make([]string, len(addrs))
	for i, a := range addrs {
		texts[i] = a.String()
	}
	return texts
}

// connectLines returns the commands that connect to addresses, each once.
func connectLines(addrs []net.Addr) []string {
	var lines []string
	for _, a := range addrs {
		if line := connectLine(a); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// connectLine returns the command that connects to an address. For a local address,
// it works on this machine.
func connectLine(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "ssh " + addr.String()
	}
	ip := net.ParseIP(host)
	switch {
	case ip == nil || ip.IsLoopback() || ip.IsUnspecified():
		host = "localhost"
	}
	return keys.Address{Host: host, Port: port}.Command("", "")
}
