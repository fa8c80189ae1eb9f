// Package testbed has the server of a measurement: its program, its process, and data
// folders with accounts and messages for it.
package testbed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/crypto/ssh"
)

// Ground is the place of a measurement: a server's program, and temporary data
// folders.
type Ground struct {
	Dir    string
	Confab string // the program's path
	Say    func(doing string)
}

// OnGround calls do with a ground, and removes everything afterwards.
func OnGround(ctx context.Context, confab string, say func(string), do func(*Ground) error) (err error) {
	dir, err := os.MkdirTemp("", "confab-load-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if confab == "" {
		say("building the server")
		if confab, err = Build(ctx, dir); err != nil {
			return err
		}
	}
	return do(&Ground{dir, confab, say})
}

// Site is a data folder with its accounts.
type Site struct {
	*Ground
	Data     string
	LogFile  string
	Accounts []Account
	HostKey  ssh.PublicKey
}

// Site creates a data folder with n accounts, and lets furnish add more.
func (g *Ground) Site(ctx context.Context, name string, n int, furnish Furnish) (*Site, error) {
	g.Say(fmt.Sprintf("enrolling %d accounts", n))
	s := &Site{Ground: g, Data: filepath.Join(g.Dir, name), LogFile: filepath.Join(g.Dir, name+".log")}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, err
	}
	var err error
	s.Accounts, s.HostKey, err = Enrol(ctx, s.Data, n, furnish)
	return s, err
}

// Serve starts a server on the folder, with more flags, calls do, and stops it. It
// returns the errors in the server's log.
func (s *Site) Serve(ctx context.Context, do func(*Server) error, more ...string) (faults []string, err error) {
	server, err := StartServer(ctx, s.Confab, s.Data, s.LogFile, more...)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(do(server), server.Stop()); err != nil {
		return nil, err
	}
	return server.Faults(), nil
}

// Host runs the server's program, as the host does on the machine.
func (s *Site) Host(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.Confab, append(args, "--data", s.Data)...)
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	said, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("confab %s: %w: %s", args[0], err, wrong.Bytes())
	}
	return said, nil
}
