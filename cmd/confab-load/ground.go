package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"
)

// ground is the place of a measurement: a server's program, and temporary data
// folders.
type ground struct {
	dir    string
	confab string // the program's path
	say    func(doing string)
}

// onGround calls do with a ground, and removes everything afterwards.
func onGround(ctx context.Context, confab string, say func(string), do func(*ground) error) (err error) {
	dir, err := os.MkdirTemp("", "confab-load-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if confab == "" {
		say("building the server")
		if confab, err = build(ctx, dir); err != nil {
			return err
		}
	}
	return do(&ground{dir, confab, say})
}

// site is a data folder with its accounts.
type site struct {
	*ground
	data     string
	logFile  string
	accounts []account
	hostKey  ssh.PublicKey
}

// site creates a data folder with n accounts, and lets furnish add more.
func (g *ground) site(ctx context.Context, name string, n int, furnish furnish) (*site, error) {
	g.say(fmt.Sprintf("enrolling %d accounts", n))
	s := &site{ground: g, data: filepath.Join(g.dir, name), logFile: filepath.Join(g.dir, name+".log")}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return nil, err
	}
	var err error
	s.accounts, s.hostKey, err = enrol(ctx, s.data, n, furnish)
	return s, err
}

// serve starts a server on the folder, calls do, and stops it. It returns the
// errors in the server's log.
func (s *site) serve(ctx context.Context, do func(*server) error) (faults []string, err error) {
	server, err := startServer(ctx, s.confab, s.data, s.logFile)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(do(server), server.stop()); err != nil {
		return nil, err
	}
	return server.faults(), nil
}
