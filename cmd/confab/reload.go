package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/principal"
	"confab/app/service"
	"confab/app/sshd"
	"confab/app/word"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/cmd/confab/machine"
	"confab/cmd/confab/moderate"
	"confab/cmd/confab/settings"
	"confab/keys"
)

// CheckSettings implements [settings.Server].
func (c *cli) CheckSettings(ctx context.Context, out io.Writer) []error {
	return c.Serve.problems(ctx, c.Serve.LogFlags.New(out).Logger)
}

// problems makes the checks of a start that need no running server, and returns all
// problems. The log gets what a start would only warn of.
func (c *serveCmd) problems(ctx context.Context, log *slog.Logger) []error {
	var found []error
	check := func(err error) {
		if err != nil {
			found = append(found, err)
		}
	}
	dir, err := c.Path()
	check(err)
	held := c.HoldsPorts(dir)
	found = append(found, machine.CheckAddresses(c.Listen, held)...)
	if c.Metrics != "" {
		check(machine.CheckAddress(string(c.Metrics), "metrics", held))
	}
	if c.HTTP != "" {
		check(machine.CheckAddress(string(c.HTTP), "http", held))
		_, err := c.certificate()
		check(err)
	}
	if c.Pprof != "" {
		if err := checkPprof(c.Pprof); err != nil {
			check(err)
		} else {
			check(machine.CheckAddress(c.Pprof, "pprof", held))
		}
	}
	in, wrong := c.inputs(log)
	found = append(found, wrong...)
	_, err = c.ownerKeys()
	check(err)
	check(datafolder.MayStart(ctx, dir))
	check(c.look(ctx, dir, log))
	check(c.CheckBucket(ctx, dir))
	key, err := keys.LoadHostKey(filepath.Join(dir, datafolder.HostKeyFile))
	if err == nil {
		err = in.begin(dir, key, log)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		check(err)
	}
	return found
}

// look checks whether the parts of the data folder belong together, and warns of what the
// machine has too little of.
func (c *serveCmd) look(ctx context.Context, dir string, log *slog.Logger) error {
	if err := c.Whole(ctx, dir); err != nil {
		return err
	}
	for _, sentence := range datafolder.Shortages(ctx, dir, datafolder.Needs{Listen: c.Listen, Connections: c.MaxConnections, Files: int64(c.MaxFilesTotal)}) {
		log.Warn(sentence)
	}
	return nil
}

// inputs is what the files that settings name contain.
type inputs struct {
	authorities []keys.Key
	revoked     *keys.Revoked
	hostKeys    []sshd.HostKey // the one in the data folder first, after begin
	words       map[chat.WordKind]string
	contents    map[string]string // by the name of the setting, to notice changes
}

// inputs reads the files that the settings name, and returns all problems.
func (c *serveCmd) inputs(log *slog.Logger) (inputs, []error) {
	in := inputs{contents: map[string]string{}, words: map[chat.WordKind]string{}}
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	var err error
	if c.TrustedCA != "" {
		in.authorities, err = namedKeys("the trusted CA", c.TrustedCA)
		note(err)
		in.contents["trusted-ca"] = strings.Join(fingerprintsOf(in.authorities), " ")
	}
	if c.RevokedKeys != "" {
		text, err := os.ReadFile(string(c.RevokedKeys))
		if err == nil {
			in.revoked, err = keys.ParseRevoked(bytes.NewReader(text))
		}
		if err != nil {
			note(fmt.Errorf("reading the revoked keys from %s: %w", c.RevokedKeys, err))
		}
		in.contents["revoked-keys"] = fmt.Sprintf("%x", sha256.Sum256(text))
	}
	note(c.checkBus(c.Database))
	if c.NotifyCommand != "" {
		if _, err := exec.LookPath(string(c.NotifyCommand)); err != nil {
			note(fmt.Errorf("the program of --notify-command cannot be run: %w", err))
		}
	}
	for kind, file := range map[chat.WordKind]console.Path{chat.WordMotd: c.MotdFile, chat.WordRules: c.RulesFile} {
		if file == "" {
			continue
		}
		text, err := moderate.ReadWord(nil, file)
		if err == nil {
			text, err = word.Clean(text, chat.MaxWord)
		}
		if err != nil {
			note(fmt.Errorf("%s: %w", file, err))
		}
		in.words[kind], in.contents[string(kind)+"-file"] = text, text
	}
	for _, path := range c.HostKey {
		key, err := keys.LoadMoreHostKey(string(path))
		if err == nil {
			err = in.addHostKey(string(path), key, log)
		}
		note(err)
	}
	return in, problems
}

// begin puts the host key of the data folder before the others.
func (in *inputs) begin(dir string, key gossh.Signer, log *slog.Logger) error {
	others := in.hostKeys
	in.hostKeys = nil
	if err := in.addHostKey(filepath.Join(dir, datafolder.HostKeyFile), key, log); err != nil {
		return err
	}
	in.hostKeys = append(in.hostKeys, others...)
	return nil
}

// addHostKey adds a host key, with its certificate. A certificate that has expired does not
// keep the server from starting: clients that trust only the CA then ask their users.
func (in *inputs) addHostKey(path string, key gossh.Signer, log *slog.Logger) error {
	cert, err := keys.LoadHostCertificate(path, key.PublicKey(), time.Now())
	if errors.Is(err, keys.ErrHostCertificateTime) {
		log.Warn("a certificate of the host key is not used", "why", err)
		err = nil
	}
	if err != nil {
		return err
	}
	in.hostKeys = append(in.hostKeys, sshd.HostKey{Signer: key, Certificate: cert})
	in.contents["host-key"] += gossh.FingerprintSHA256(key.PublicKey()) + " "
	if cert != nil {
		in.contents["host-key"] += gossh.FingerprintSHA256(cert) + " "
	}
	return nil
}

// fingerprintsOf returns the fingerprints of keys.
func fingerprintsOf(list []keys.Key) []string {
	fingerprints := make([]string, len(list))
	for i, k := range list {
		fingerprints[i] = k.Fingerprint()
	}
	return fingerprints
}

// parseAgain parses the command line of the process again. The result has what the settings
// file says now.
type parseAgain func() (*cli, *kong.Application, error)

// running is a server that runs, with what it needs to read its settings again.
type running struct {
	command *serveCmd // with the settings that apply
	model   *kong.Application
	again   parseAgain
	dir     string
	in      inputs
	log     machine.Log
	service *service.Service
	server  *sshd.Server
}

// hangupSignals returns the SIGHUPs of the process, on which the server reads its settings
// again, and a function that ends this. It also keeps the process from ending when nobody
// reads its log any longer.
func hangupSignals() (hangups <-chan os.Signal, stop func()) {
	signal.Ignore(syscall.SIGPIPE)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// wait waits until ctx ends, or a part of the server fails. Meanwhile it reads the settings
// again whenever the host asks for that.
func (r *running) wait(ctx context.Context, failed <-chan error, hangups <-chan os.Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-hangups:
		}
		r.notify(machine.Reloading())
		if err := r.reload(ctx); err != nil {
			r.log.Error("the settings could not be read again, so the old ones still apply; confab config check"+r.command.Option()+" reports all problems", "err", err)
		}
		r.notify("READY=1")
	}
}

// notify reports the server's state to systemd.
func (r *running) notify(state string) {
	if err := machine.Notify(state); err != nil {
		r.log.Warn("reporting to systemd", "err", err)
	}
}

// restart reports whether a setting takes effect only when the server starts.
func restart(setting string) bool {
	switch setting {
	case "data", "database", "bucket", "listen", "metrics", "http", "http-url", "ssh-address", "tls-cert", "tls-key", "pprof", "proxy-protocol", "log-format":
		return true
	}
	return false
}

// reload reads the settings and their files again, and applies them. If there is a problem,
// it changes nothing.
func (r *running) reload(ctx context.Context) error {
	parsed, model, err := r.again()
	if err != nil {
		return err
	}
	c := &parsed.Serve
	in, problems := c.inputs(r.log.Logger)
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if err := r.command.Whole(ctx, r.dir); err != nil { // such as another host key
		return err
	}
	hostKey, err := keys.LoadHostKey(filepath.Join(r.dir, datafolder.HostKeyFile))
	if err == nil {
		err = in.begin(r.dir, hostKey, r.log.Logger)
	}
	if err != nil {
		return err
	}
	if err := r.apply(ctx, c, in); err != nil {
		return err
	}
	changed := differences(settings.Values(r.model), settings.Values(model))
	later := slices.DeleteFunc(slices.Clone(changed), func(name string) bool { return !restart(name) })
	changed = append(slices.DeleteFunc(changed, restart), differences(r.in.contents, in.contents)...)
	slices.Sort(changed)
	r.log.Info("the settings were read again", "changed", slices.Compact(changed))
	if len(later) > 0 {
		r.log.Warn("these settings have changed too, and take effect when you restart the server", "settings", later)
	}
	r.command, r.model, r.in = c, model, in
	return nil
}

// differences returns the names whose values differ, in alphabetical order.
func differences(before, after map[string]string) []string {
	changed := []string{}
	for name, value := range after {
		if before[name] != value {
			changed = append(changed, name)
		}
	}
	for name := range before {
		if _, still := after[name]; !still {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed
}

// apply applies the settings that can change while the server runs.
func (r *running) apply(ctx context.Context, c *serveCmd, in inputs) error {
	if err := r.noteHostKeys(ctx, in.hostKeys); err != nil { // it can refuse, so it comes first
		return err
	}
	if c.Join != "" {
		mode, err := r.service.Joining().ApplyMode(ctx, chat.JoinMode(c.Join))
		if err != nil {
			return err
		}
		if mode != chat.JoinMode(c.Join) {
			r.log.Warn("a command has set how people join, so the setting is ignored; confab join"+c.Option()+" MODE changes it", "join", mode, "setting", c.Join)
		}
	}
	r.service.Host().Away().Use(string(c.NotifyCommand))
	for kind, words := range in.words {
		if err := r.service.Host().ApplyWord(ctx, kind, words); err != nil {
			return err
		}
	}
	r.log.Level.Set(c.LogLevel)
	r.service.Accounts().SetLimits(c.accounts(), c.files(), time.Duration(c.Keep))
	host := r.server.Host()
	host.SetLimits(c.server())
	if err := host.SetKeys(in.hostKeys...); err != nil {
		return err
	}
	if err := r.service.Accounts().TrustAuthorities(ctx, fingerprintsOf(in.authorities)); err != nil {
		return err
	}
	host.FollowCertificates(r.certificateGroups(ctx, c.CertificateGroups))
	host.Trust(in.authorities)
	host.Revoke(in.revoked)
	return nil
}

// certificateGroups finds the groups that the setting names. A group that is missing must not
// keep the server from starting, because its owner can rename it.
func (r *running) certificateGroups(ctx context.Context, names []string) principal.Groups {
	groups := make(principal.Groups)
	for _, name := range names {
		g, err := service.ContentsOf(r.service).Group(ctx, name)
		if err == nil {
			err = groups.Add(g.Conversation)
		}
		if err != nil {
			r.log.Warn("certificates do not decide on this group of --certificate-groups; make the group or correct the setting, and reload", "group", name, "err", err)
		}
	}
	return groups
}

// noteHostKeys stores which host keys clients get to know, and writes the id of the server
// beside its key.
func (r *running) noteHostKeys(ctx context.Context, hostKeys []sshd.HostKey) error {
	fingerprints := make([]string, len(hostKeys))
	for i, k := range hostKeys {
		fingerprints[i] = gossh.FingerprintSHA256(k.PublicKey())
	}
	err := r.service.SetHostKeys(ctx, service.HostKeys{First: fingerprints[0], Others: fingerprints[1:]})
	if errors.Is(err, service.ErrHostKey) {
		return fmt.Errorf("%s: copy the key that they have seen from another machine of this server, or from a backup (%w)", filepath.Join(r.dir, datafolder.HostKeyFile), err)
	}
	if err != nil {
		return err
	}
	id, err := r.service.ServerID(ctx)
	if err != nil {
		return err
	}
	return datafolder.Mark(r.dir, id)
}
