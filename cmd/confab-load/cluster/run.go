// Package cluster runs several servers on one database, does them harm while people write, and
// compares what the people were told with the database.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"sync"
	"time"

	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/postgres/pgcluster"
	"confab/db/sqlite"
)

const (
	// writers is how many people write. Another account runs tails and sends messages twice.
	writers = 5
	// pace is the longest time between two messages of one author.
	pace = 200 * time.Millisecond
	// tails is how many programs receive all messages.
	tails = 2
	// gapTime is the time after which, when nobody writes any more, no screen and no tail may
	// miss a message.
	gapTime = 2 * time.Second
	// pollEvery is the pause between two looks at something that should happen.
	pollEvery = 50 * time.Millisecond
	// markersEvery is the pause between two looks at the markers.
	markersEvery = 300 * time.Millisecond
	// maxBroken is the number of failed rounds after which more rounds teach nothing.
	maxBroken = 3
	// always is how many rounds have the same faults in each run, so that a short run has the
	// most important ones.
	always = 2

	databaseName = "chat"
)

var (
	// databaseOptions are settings of PostgreSQL. The database's machine does not lose its
	// power here, so nothing waits for the disk.
	databaseOptions = []string{"fsync=off", "max_connections=200", "wal_level=replica", "max_wal_senders=4"}
	groupName       = fmt.Sprintf(testbed.GroupName, 0)
)

// Run does harm to a number of nodes, one fault a round, while people write. The same seed gives
// the same faults and messages, apart from the order in which the kernel runs things.
func Run(ctx context.Context, g *testbed.Ground, nodes, rounds int, seed uint64) (found report.Outcome, err error) {
	if seed == 0 {
		seed = rand.Uint64()
	}
	g.Say(fmt.Sprintf("cluster of %d nodes, seed %d", nodes, seed))
	c := &clusterRun{chance: rand.New(rand.NewPCG(seed, 0)), seed: seed, history: newHistory()}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.build(ctx, g, nodes); err != nil {
		return nil, err
	}
	f := &report.Findings{}
	f.Tell("seed", "seed", "%d", seed)
	f.Tell("nodes", "servers on one database", "%d", nodes)
	if err := c.run(ctx, f, rounds); err != nil {
		return nil, err
	}
	return f, nil
}

type clusterRun struct {
	*testbed.Site
	seed    uint64
	chance  *rand.Rand
	history *history
	nodes   []*node
	people  []*clients.Survivor
	hold    sync.RWMutex // held for writing while nothing is sent twice
	bans    []ban
	order   []int // of the faults
	early   int   // messages from before the members joined

	dbLock    sync.RWMutex
	database  *pgcluster.Server   // the present one
	databases []*pgcluster.Server // and those before

	slowest time.Duration // until everybody could write again after a fault
	latest  time.Duration // until no screen and no tail missed a message
	checked *stored
}

// build makes accounts, a database with them, and the nodes.
func (c *clusterRun) build(ctx context.Context, g *testbed.Ground, nodes int) (err error) {
	c.Site, err = g.Site(ctx, "data", writers+1, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		quiet, err := service.Open(ctx, accounts[private].Fingerprint)
		if err != nil {
			return err
		}
		defer quiet.Close()
		return errors.Join(testbed.OneGroup(ctx, store, service, accounts), quiet.Receipts().ShareReceipts(ctx, 0, false))
	})
	if err != nil {
		return err
	}
	c.database = new(pgcluster.Server)
	c.databases = append(c.databases, c.database)
	if err := c.database.Start(ctx, databaseOptions...); err != nil {
		return err
	}
	if err := c.database.Create(ctx, databaseName, "template0"); err != nil {
		return err
	}
	if err := c.tool(ctx, "migrate", "--from", c.Data, "--to", c.address()); err != nil {
		return err
	}
	before, err := read(ctx, c.address())
	if err != nil {
		return err
	}
	c.early = len(before.messages)
	addrs, err := testbed.QuietAddrs(nodes, c.chance)
	if err != nil {
		return err
	}
	for i := range nodes {
		n, err := newNode(c.Site, i, c.database)
		if err != nil {
			return err
		}
		n.addr = addrs[i]
		c.nodes = append(c.nodes, n)
		if err := n.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// private is the writer who shares no receipts.
const private = 1

// address returns the present address of the database, without a proxy.
func (c *clusterRun) address() string { return c.database.Address(databaseName) }

// tool runs the server's program.
func (c *clusterRun) tool(ctx context.Context, args ...string) error {
	if said, err := exec.CommandContext(ctx, c.Confab, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("confab %s: %w: %s", args[0], err, said)
	}
	return nil
}

// host runs a command of the host's beside the nodes.
func (c *clusterRun) host(ctx context.Context, args ...string) error {
	return c.tool(ctx, append(args, "--data", c.Data, "--database", c.address())...)
}

func (c *clusterRun) close() (err error) {
	for _, n := range c.nodes {
		err = errors.Join(err, n.close())
	}
	for _, d := range c.databases {
		err = errors.Join(err, d.Stop())
	}
	return err
}

// populate starts everybody. They end with ctx.
func (c *clusterRun) populate(ctx context.Context, all *sync.WaitGroup) {
	witness := clients.NewWitness()
	for i, a := range c.Accounts[:writers] {
		chance := rand.New(rand.NewPCG(c.seed, uint64(i)+1))
		p := clients.NewSurvivor(a, chance, witness, pace, "")
		p.Addr = func() string { return c.nodes[chance.IntN(len(c.nodes))].addr }
		p.Shown = func(life int, rows []clients.Shown) { c.history.shown(a.Name, i != private, life, rows) }
		c.people = append(c.people, p)
		all.Go(func() { p.Run(ctx, c.HostKey) })
	}
	s := &script{Account: c.Accounts[writers], hostKey: c.HostKey, history: c.history, nodes: c.nodes, chance: rand.IntN}
	for i := range tails {
		all.Go(func() { s.tail(ctx, fmt.Sprintf("tail %d", i+1)) })
	}
	all.Go(func() { s.twice(ctx, &c.hold) })
	all.Go(func() { c.watchMarkers(ctx) })
}

// watchMarkers looks at the markers again and again.
func (c *clusterRun) watchMarkers(ctx context.Context) {
	for testbed.Sleep(ctx, markersEvery) == nil {
		c.dbLock.RLock()
		s, err := read(ctx, c.address())
		if err == nil { // else the next look is soon
			c.history.moved(s.markers)
		}
		c.dbLock.RUnlock()
	}
}

func (c *clusterRun) run(ctx context.Context, f *report.Findings, rounds int) (err error) {
	living, end := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	c.populate(living, &all)
	broken := 0
	for round := range rounds {
		doing := c.choose(round)
		if err := c.works(ctx); err != nil {
			return err
		}
		what, err := doing.do(ctx, c)
		if err != nil {
			return fmt.Errorf("round %d, %s: %w", round+1, doing.name, err)
		}
		wrong, err := c.afterwards(ctx)
		if err != nil {
			return fmt.Errorf("after round %d, %s %s: %w", round+1, doing.name, what, err)
		}
		c.Say(fmt.Sprintf("round %d: %s %s; %d messages stored, %d wrong", round+1, doing.name, what, len(c.checked.messages), len(wrong)))
		for _, w := range wrong {
			c.Say(w)
			f.Fail(fmt.Sprintf("wrong after round %d", round+1), "%s", w)
		}
		if len(wrong) > 0 {
			if broken++; broken == maxBroken {
				break
			}
		}
	}
	end()
	all.Wait()
	return c.finish(f, rounds)
}

// choose chooses the fault of a round: each once, in a random order, before any comes again. The
// first rounds are always the same.
func (c *clusterRun) choose(round int) fault {
	if round < always {
		return faults[round]
	}
	n := (round - always) % len(faults)
	if n == 0 {
		c.order = c.chance.Perm(len(faults))
	}
	return faults[c.order[n]]
}

// finish stops the nodes and reports.
func (c *clusterRun) finish(f *report.Findings, rounds int) error {
	for _, n := range c.nodes {
		faulty := n.server
		if err := n.stop(); err != nil {
			return err
		}
		for _, line := range faulty.Faults() {
			if line[0] != '{' { // faults of the network are errors in the log too; a panic is not JSON
				f.Fail("in the log of "+n.name, "%s", line)
			}
		}
	}
	f.Tell("rounds", "faults while people wrote", "%d", rounds)
	f.Tell("stored", "messages stored", "%d", len(c.checked.messages))
	f.Tell("seen_as_sent", "of which a screen had shown as sent", "%d", len(c.history.sent))
	f.Tell("sent_twice", "of which were sent to two nodes at once", "%d", len(c.history.posted))
	f.Tell("again_ms", "longest time until all could write again", "%.0f ms", report.Milliseconds(c.slowest))
	f.Tell("complete_ms", "longest time until all screens were complete", "%.0f ms", report.Milliseconds(c.latest))
	if f.Good() {
		f.Note("lost, doubled, out of order, markers back, reads of who shares none, messages of the banned", "none")
	}
	return nil
}

// works waits until everybody has written something new in the last moments.
func (c *clusterRun) works(ctx context.Context) error {
	began := time.Now()
	before := make(map[*clients.Survivor]int, len(c.people))
	for _, p := range c.people {
		before[p] = p.Acked()
	}
	for {
		i := slices.IndexFunc(c.people, func(p *clients.Survivor) bool { return p.Acked() <= before[p] })
		if i < 0 {
			return testbed.Sleep(ctx, workTime)
		}
		if p := c.people[i]; time.Since(began) > testbed.Patience {
			return fmt.Errorf("%s could not write again. This is the screen of %s", p.Name, p.Screen())
		}
		if err := testbed.Sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// afterwards waits until everybody can write again, lets all be silent, and checks everything.
func (c *clusterRun) afterwards(ctx context.Context) (wrong []string, err error) {
	began := time.Now()
	if err := c.works(ctx); err != nil {
		return nil, err
	}
	c.slowest = max(c.slowest, time.Since(began)-workTime)
	goOn, err := c.hush(ctx)
	defer goOn()
	if err != nil {
		return nil, err
	}
	quiet := time.Now()
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	for {
		missing := c.history.gaps(c.checked)
		took := time.Since(quiet)
		if len(missing) == 0 {
			c.latest = max(c.latest, took)
			break
		}
		if took > gapTime {
			wrong = missing
			break
		}
		if err := testbed.Sleep(ctx, pollEvery); err != nil {
			return nil, err
		}
	}
	told, err := c.receipts(ctx)
	return append(append(wrong, told...), c.history.check(c.checked)...), err
}

// look reads the database.
func (c *clusterRun) look(ctx context.Context) (err error) {
	if c.checked, err = read(ctx, c.address()); err != nil {
		return err
	}
	c.checked.bans, c.checked.early, c.checked.private = c.bans, c.early, c.people[private].Name
	return nil
}

// receipts asks who has read the newest messages, and returns what was told about or to
// someone who shares no receipts.
func (c *clusterRun) receipts(ctx context.Context) (wrong []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, testbed.Patience)
	defer cancel()
	for i, p := range c.people {
		var newest message // everybody has written something by now
		for _, m := range c.checked.messages {
			if m.author == p.Name && m.written {
				newest = m
			}
		}
		s := &script{Account: p.Account, hostKey: c.HostKey}
		err := s.run(ctx, c.some(), "info --json "+newest.id, func(a answer) bool {
			if a.Type == "receipt" && a.State == "read" && (i == private || a.Name == c.people[private].Name) {
				wrong = append(wrong, fmt.Sprintf("%s was told that %s has read a message, but %s shares no receipts", p.Name, a.Name, c.people[private].Name))
			}
			return true
		})
		if err != nil {
			return nil, fmt.Errorf("asking for the receipts of %s: %w", p.Name, err)
		}
	}
	return wrong, nil
}

// hush makes everybody silent. The caller must call goOn, even after an error.
func (c *clusterRun) hush(ctx context.Context) (goOn func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, testbed.Patience, errors.New("a message stays on its way"))
	defer cancel()
	c.hold.Lock()
	again := []func(){c.hold.Unlock}
	goOn = func() {
		for _, do := range again {
			do()
		}
	}
	var waits []<-chan struct{}
	for _, p := range c.people {
		silent, do := p.Hush()
		waits, again = append(waits, silent), append(again, do)
	}
	for _, silent := range waits {
		select {
		case <-silent:
		case <-ctx.Done():
			return goOn, context.Cause(ctx)
		}
	}
	return goOn, nil
}
