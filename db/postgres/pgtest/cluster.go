// Package pgtest gives tests a PostgreSQL of their own. The first test that asks for a database
// creates a cluster and starts it. It ends with the test program.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"confab/db/postgres/pgcluster"
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
	server pgcluster.Server

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
	Needed(t)
	c.once.Do(func() { c.failed = c.start() })
	if c.failed != nil {
		t.Fatal(c.failed)
	}
	// Copying needs a template that nobody else is copying.
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	name := fmt.Sprintf("test_%d", c.last)
	if err := c.server.Create(t.Context(), name, from); err != nil {
		t.Fatal(err)
	}
	return c.server.Address(name)
}

// Needed skips a test where PostgreSQL is not installed, unless [Required] is set.
func Needed(t testing.TB) {
	t.Helper()
	if _, err := pgcluster.Programs(); err != nil {
		if os.Getenv(Required) != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

const template = "prepared"

func (c *Cluster) start() error {
	ctx := context.Background() // the cluster outlives the first test
	if err := c.server.Start(ctx, "fsync=off", "max_connections=200"); err != nil {
		return err
	}
	if err := c.server.Create(ctx, template, "template0"); err != nil {
		return err
	}
	if c.Prepare == nil {
		return nil
	}
	return c.Prepare(ctx, c.server.Address(template))
}

// Stop ends the cluster and removes it. It does nothing if no test has asked for a database.
func (c *Cluster) Stop() error { return c.server.Stop() }
