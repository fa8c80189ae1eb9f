package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"confab/cmd/confab-load/testbed"
	"confab/db/postgres/pgcluster"
)

// fault is something that happens to the servers. It returns when everything works again,
// and what it was in detail.
type fault struct {
	name string
	do   func(context.Context, *clusterRun) (string, error)
}

// faults are all faults that need no NATS. The first two are those of a short run.
var faults = []fault{
	{"kill -9", killNode},
	{"a one-way cut", cutOneWay},
	{"a lost answer", loseAnswers},
	{"a stopped node", stopNode},
	{"a rolling restart", restartAll},
	{"a ban", banSomeone},
	{"a slow network", slowDown},
	{"a promoted standby", promote},
	{"a rolling restart under load", restartUnderLoad},
	{"somebody", vanish},
	{"a wrong clock", wrongClock},
}

const (
	haltedFor = 15 * time.Second
	// A node that cannot reach the database for 10 s ends its sessions. So one of these is
	// shorter, and the other one longer.
	shortCut, longCut = 3 * time.Second, 13 * time.Second
	slowPiece         = 40 * time.Millisecond
	// workTime is how long people write before and after a fault.
	workTime = time.Second
	// banTime is shorter than a wrong clock is ahead, and longer than a round.
	banTime = "30m"
)

// FaultNames returns the names of all faults, with those that need NATS.
func FaultNames() []string {
	var names []string
	for _, f := range slices.Concat(faults, natsFaults) {
		names = append(names, f.name)
	}
	return names
}

// NeedsNATS reports whether a fault, by its name, needs NATS.
func NeedsNATS(name string) bool {
	return slices.ContainsFunc(natsFaults, func(f fault) bool { return f.name == name })
}

// faults returns all faults. The first two are those of a short run.
func (c *clusterRun) faults() []fault {
	if c.nats == nil {
		return faults
	}
	return slices.Concat(natsFaults, faults)
}

// some returns a random node.
func (c *clusterRun) some() *node { return c.nodes[c.chance.IntN(len(c.nodes))] }

func killNode(ctx context.Context, c *clusterRun) (string, error) {
	n, away := c.some(), time.Duration(c.chance.Int64N(int64(3*time.Second)))
	n.kill()
	err := testbed.Sleep(ctx, away)
	return fmt.Sprintf("%s, away for %s", n.name, away.Round(time.Millisecond)), errors.Join(err, n.start(ctx))
}

func cutOneWay(ctx context.Context, c *clusterRun) (string, error) {
	n := c.some()
	what, length, err := c.cut(n.proxy, shortCut, longCut, func(length time.Duration) error { return testbed.Sleep(ctx, length) })
	return fmt.Sprintf("%s %s the database for %s", n.name, what, length), err
}

// cut cuts one direction of a proxy or both for one of two times, which wait waits for.
func (c *clusterRun) cut(p *pgcluster.Proxy, short, long time.Duration, wait func(time.Duration) error) (what string, length time.Duration, err error) {
	length = short
	if c.chance.IntN(2) == 0 {
		length = long
	}
	way := c.chance.IntN(3)
	p.Up.Set(way == 0)
	p.Down.Set(way == 1)
	err = wait(length)
	p.Up.Set(true)
	p.Down.Set(true)
	return []string{"hears nothing from", "cannot reach", "is cut off from"}[way], length, err
}

// loseAnswers breaks the connections to the database after a time without answers, so that
// the outcome of a commit is not known.
func loseAnswers(ctx context.Context, c *clusterRun) (string, error) {
	n, length := c.some(), time.Duration(c.chance.Int64N(int64(time.Second)))
	n.proxy.Down.Set(false)
	err := testbed.Sleep(ctx, length)
	n.proxy.Sever()
	n.proxy.Down.Set(true)
	return fmt.Sprintf("of %s, for %s", n.name, length.Round(time.Millisecond)), err
}

func stopNode(ctx context.Context, c *clusterRun) (string, error) {
	n := c.some()
	pid := n.server.Cmd.Process.Pid
	if err := halt(pid); err != nil {
		return "", err
	}
	err := testbed.Sleep(ctx, haltedFor)
	return fmt.Sprintf("%s, for %s", n.name, haltedFor), errors.Join(err, resume(pid))
}

func restartAll(ctx context.Context, c *clusterRun) (string, error) {
	for _, n := range c.nodes {
		if err := errors.Join(n.stop(), n.start(ctx), testbed.Sleep(ctx, workTime)); err != nil {
			return "", err
		}
	}
	return "of all nodes, one after the other", nil
}

// banSomeone bans one of the writers, and lifts the ban.
func banSomeone(ctx context.Context, c *clusterRun) (string, error) {
	who := c.people[len(c.people)-1].Name
	if err := c.host(ctx, "bans", "add", "@"+who, "--for", banTime); err != nil {
		return "", err
	}
	b := ban{name: who}
	var err error
	if b.after, err = banPosition(ctx, c.address()); err != nil {
		return "", err
	}
	err = testbed.Sleep(ctx, shortCut)
	end, failed := newestPosition(ctx, c.address())
	b.end = end
	c.bans = append(c.bans, b)
	return "of " + who, errors.Join(err, failed, c.host(ctx, "bans", "remove", "@"+who))
}

func slowDown(ctx context.Context, c *clusterRun) (string, error) {
	n := c.some()
	n.proxy.Slow(slowPiece)
	err := testbed.Sleep(ctx, shortCut)
	n.proxy.Slow(0)
	return fmt.Sprintf("%s takes %s longer to and from the database", n.name, slowPiece), err
}

// promote makes a standby that confirms each commit, crashes the database, and makes the
// standby the database.
func promote(ctx context.Context, c *clusterRun) (string, error) {
	standby := new(pgcluster.Server)
	c.databases = append(c.databases, standby)
	if err := standby.StartStandby(ctx, c.database, databaseOptions...); err != nil {
		return "", err
	}
	if err := c.replicate(ctx); err != nil {
		return "", fmt.Errorf("making commits wait for the standby: %w", err)
	}
	if err := testbed.Sleep(ctx, workTime); err != nil {
		return "", err
	}
	c.dbLock.Lock()
	defer c.dbLock.Unlock()
	c.database.Crash()
	err := standby.Promote(ctx)
	c.database = standby
	for _, n := range c.nodes {
		n.proxy.Lead(standby.Socket())
	}
	return "after the database had crashed", err
}

// replicate makes each commit wait for the standby, and returns when they do.
func (c *clusterRun) replicate(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.database.Address("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, testbed.Patience)
	defer cancel()
	for sync := 0; sync == 0; {
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'").Scan(&sync); err != nil {
			return err
		}
		if err := testbed.Sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}
