// Package pgcluster runs PostgreSQL for tests and measurements: clusters in temporary folders,
// without a network, and standbys of them. They run as another user if the program runs as
// root, because PostgreSQL refuses to run as root. They end with the program.
package pgcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL is not installed, so nothing was tested with it: install it, or put initdb into the path")

// Programs returns the folder of PostgreSQL's programs, or [ErrMissing].
func Programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		// It may be a link to a folder that has the other programs too.
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	// Debian has the programs of each version in a folder of its own.
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", ErrMissing
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// Server is one PostgreSQL server with a cluster of its own.
type Server struct {
	programs string
	folder   string // of its data, its log and its socket
	user     *syscall.SysProcAttr
	hold     io.Closer // the server ends when this is closed
	ended    chan struct{}
}

// superuser is the only user of a cluster.
const superuser = "confab"

// Start creates a cluster and starts its server. The options are settings, such as
// "fsync=off". The caller must call Stop, even after an error.
func (s *Server) Start(ctx context.Context, options ...string) error {
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.run(ctx, "initdb", "--pgdata", s.data(), "--username", superuser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"); err != nil {
		return fmt.Errorf("creating a cluster: %w", err)
	}
	return s.serve(ctx, options)
}

// StartStandby makes s a standby of another server.
// The caller must call Stop, even after an error.
func (s *Server) StartStandby(ctx context.Context, of *Server, options ...string) error {
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.run(ctx, "pg_basebackup", "--pgdata", s.data(), "--host", of.folder, "--username", superuser, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"); err != nil {
		return fmt.Errorf("copying a cluster: %w", err)
	}
	return s.serve(ctx, options)
}

// Promote makes a standby a server of its own, and returns when it accepts changes.
func (s *Server) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.Address("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "SELECT pg_promote()")
	return errors.Join(err, conn.Close(ctx))
}

// prepare makes the folder.
func (s *Server) prepare() (err error) {
	if s.programs, err = Programs(); err != nil {
		return err
	}
	// A socket has a short path at most, so this is not the folder of a test.
	if s.folder, err = os.MkdirTemp("", "pg"); err != nil {
		return err
	}
	s.user, err = unprivileged(s.folder)
	return err
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// Socket returns the path of the socket on which the server listens.
func (s *Server) Socket() string { return filepath.Join(s.folder, ".s.PGSQL.5432") }

// Address returns the address of a database of the cluster.
func (s *Server) Address(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: url.Values{"host": {s.folder}}.Encode()}).String()
}

// AddressAt is Address for a client that reaches the server by TCP, through something else
// that listens on a port of this machine.
func (s *Server) AddressAt(host, database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User(superuser), Host: host, Path: "/" + database, RawQuery: "sslmode=disable"}).String()
}

// run runs one of PostgreSQL's programs to its end.
func (s *Server) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.programs, program), args...)
	cmd.Dir, cmd.SysProcAttr = s.folder, s.user
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

// serve starts the server, and returns when it answers.
func (s *Server) serve(ctx context.Context, options []string) error {
	args := []string{"-D", s.data(), "-k", s.folder, "-c", "listen_addresses="}
	for _, o := range options {
		args = append(args, "-c", o)
	}
	// The shell ends PostgreSQL when this process closes the pipe or ends, in whatever way.
	server := exec.Command("sh", append([]string{"-c", `"$@" </dev/null & read -r _; kill -QUIT $!; wait $!`, "sh", filepath.Join(s.programs, "postgres")}, args...)...)
	server.Dir, server.SysProcAttr = s.folder, s.user
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	server.Stdout, server.Stderr = log, log
	if s.hold, err = server.StdinPipe(); err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func() {
		_ = server.Wait()
		close(s.ended)
	}()
	if err := s.await(ctx); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("starting PostgreSQL: %w\n%s", err, said)
	}
	return nil
}

// await returns when the server answers.
func (s *Server) await(ctx context.Context) error {
	for {
		conn, err := pgx.Connect(ctx, s.Address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.ended:
			return err
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(20 * time.Millisecond): // it says nowhere that it is ready
		}
	}
}

// Create creates a database as a copy of another.
func (s *Server) Create(ctx context.Context, name, from string) error {
	conn, err := pgx.Connect(ctx, s.Address("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from)
	return errors.Join(err, conn.Close(ctx))
}

// Stop ends the server at once, as a crash does, and removes its folder. It does nothing if
// the server was not started.
func (s *Server) Stop() error {
	s.Crash()
	if s.folder == "" {
		return nil
	}
	return os.RemoveAll(s.folder)
}

// Crash ends the server at once. It returns when it has ended.
func (s *Server) Crash() {
	if s.hold != nil {
		_ = s.hold.Close()
	}
	if s.ended != nil {
		<-s.ended
	}
}
