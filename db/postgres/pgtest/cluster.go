// Package pgtest gives tests a PostgreSQL of their own. The first test that asks for a database
// creates a cluster in a temporary folder and starts it without a network. It runs as another
// user if the tests run as root, because PostgreSQL refuses to run as root. It ends with the
// test program.
package pgtest

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
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Required is the environment variable that makes tests fail, and not skip, where PostgreSQL
// is not installed.
const Required = "REQUIRE_POSTGRESQL"

// Cluster is one cluster for all tests of a package.
type Cluster struct {
	// Prepare fills the database that all others are copies of, unless it is nil.
	Prepare func(ctx context.Context, address string) error

	once   sync.Once
	failed error
	folder string
	hold   io.Closer // the cluster ends when this is closed
	ended  chan struct{}

	mu   sync.Mutex
	last int
}

// Run runs the tests of a package and ends the cluster. It returns the exit code.
func (c *Cluster) Run(m *testing.M) int {
	code := m.Run()
	if err := c.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "ending PostgreSQL:", err)
		code = max(code, 1)
	}
	return code
}

// Database creates a database for a test, and returns its address. It skips the test if
// PostgreSQL is not installed.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	return c.database(t, template)
}

// Empty is Database without what Prepare does.
func (c *Cluster) Empty(t testing.TB) string {
	t.Helper()
	return c.database(t, "template0")
}

func (c *Cluster) database(t testing.TB, from string) string {
	t.Helper()
	programs, err := programs()
	if err != nil {
		if os.Getenv(Required) != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	c.once.Do(func() { c.failed = c.start(programs) })
	if c.failed != nil {
		t.Fatal(c.failed)
	}
	// Copying needs a template that nobody else is copying.
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	name := fmt.Sprintf("test_%d", c.last)
	if err := c.create(t.Context(), name, from); err != nil {
		t.Fatal(err)
	}
	return c.address(name)
}

const template = "prepared"

// programs returns the folder of PostgreSQL's programs.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	// Debian has the programs of each version in a folder of its own.
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed, so nothing was tested with it: install it, or put initdb into the path")
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// address returns the address of a database of the cluster.
func (c *Cluster) address(name string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("confab"), Path: "/" + name, RawQuery: url.Values{"host": {c.folder}}.Encode()}).String()
}

// create creates a database as a copy of another.
func (c *Cluster) create(ctx context.Context, name, from string) error {
	conn, err := pgx.Connect(ctx, c.address("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from+"")
	return errors.Join(err, conn.Close(ctx))
}

func (c *Cluster) start(programs string) (err error) {
	// A socket has a short path at most, so this is not the folder of a test.
	if c.folder, err = os.MkdirTemp("", "pg"); err != nil {
		return err
	}
	data := filepath.Join(c.folder, "data")
	user, err := unprivileged(c.folder)
	if err != nil {
		return err
	}
	init := exec.Command(filepath.Join(programs, "initdb"), "--pgdata", data, "--username", "confab", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	init.Dir, init.SysProcAttr = c.folder, user
	if out, err := init.CombinedOutput(); err != nil {
		return fmt.Errorf("creating a cluster: %w\n%s", err, out)
	}
	// The shell ends PostgreSQL when this process closes the pipe or ends, in whatever way.
	server := exec.Command("sh", "-c", `"$@" </dev/null & read -r _; kill -QUIT $!; wait $!`, "sh",
		filepath.Join(programs, "postgres"), "-D", data, "-k", c.folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	server.Dir, server.SysProcAttr = c.folder, user
	log, err := os.Create(filepath.Join(c.folder, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	server.Stdout, server.Stderr = log, log
	if c.hold, err = server.StdinPipe(); err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	c.ended = make(chan struct{})
	go func() {
		_ = server.Wait()
		close(c.ended)
	}()
	if err := c.await(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("starting PostgreSQL: %w\n%s", err, said)
	}
	ctx := context.Background()
	if err := c.create(ctx, template, "template0"); err != nil {
		return err
	}
	if c.Prepare == nil {
		return nil
	}
	return c.Prepare(ctx, c.address(template))
}

// await returns when the cluster answers.
func (c *Cluster) await() error {
	ctx := context.Background()
	for {
		conn, err := pgx.Connect(ctx, c.address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.ended:
			return err
		case <-time.After(20 * time.Millisecond): // it says nowhere that it is ready
		}
	}
}

// Stop ends the cluster and removes it. It does nothing if no test has asked for a database.
func (c *Cluster) Stop() error {
	if c.hold != nil {
		_ = c.hold.Close()
		<-c.ended
	}
	if c.folder == "" {
		return nil
	}
	return os.RemoveAll(c.folder)
}
