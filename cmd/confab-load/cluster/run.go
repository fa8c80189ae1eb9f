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

	"confab/app/bus/natsbus/natstest"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/postgres/pgcluster"
	"confab/db/sqlite"
	"confab/keys"
)

const (
	// writers is how many people write. Two more accounts are those of bots, which receipts leave
	// out: program runs tails and sends messages twice, and guest connects from time to time.
	writers        = 5
	program, guest = 0, 1
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

// The buses by which the nodes wake each other.
const (
	BusNotify = "notify"
	BusNATS   = "nats"
)

// Options are what a run does.
type Options struct {
	Nodes, Rounds int
	Seed          uint64 // 0 chooses one
	Bus           string
	Mangle        string // one of Mangles, or "" for servers as they are
	Fault         string // one of FaultNames, for each round, or "" for all in turn
}

// Run does harm to a number of nodes, one fault a round, while people write. The same seed gives
// the same faults and messages, apart from the order in which the kernel runs things.
func Run(ctx context.Context, g *testbed.Ground, o Options) (found report.Outcome, err error) {
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	g.Say(fmt.Sprintf("cluster of %d nodes, bus %s, seed %d", o.Nodes, o.Bus, o.Seed))
	c := &clusterRun{chance: rand.New(rand.NewPCG(o.Seed, 0)), seed: o.Seed, history: newHistory(), only: o.Fault}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.build(ctx, g, o); err != nil {
		return nil, err
	}
	f := &report.Findings{}
	f.Tell("seed", "seed", "%d", o.Seed)
	f.Tell("nodes", "servers on one database", "%d", o.Nodes)
	f.Tell("bus", "bus between them", "%s", o.Bus)
	if o.Mangle != "" {
		f.Tell("mangle", "what is wrong with all servers", "%s", o.Mangle)
	}
	if err := c.run(ctx, f, o.Rounds); err != nil {
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
	bots    []testbed.Account
	hold    sync.RWMutex // held for writing while nothing is sent twice
	bans    []ban
	only    string   // the fault of each round, or ""
	order   []int    // of the faults
	early   int      // messages from before anybody was connected
	during  []string // what was wrong while a fault lasted

	nats     *natstest.Server // nil without
	natsLost bool             // it has been away once

	dbLock    sync.RWMutex
	database  *pgcluster.Server   // the present one
	databases []*pgcluster.Server // and those before

	changes []testbed.Change // of all nodes
	program string           // what they run
	ahead   string           // a server whose clock is ahead; "" before it is built
	flooded float64          // the most messages a second
	ghost   time.Duration    // the longest that somebody on a dead node was seen
	known   time.Duration    // until every node knew who is connected
	slowest time.Duration    // until everybody could write again after a fault
	latest  time.Duration    // until no screen and no tail missed a message
	checked *stored
}

// build makes accounts, a database with them, and the nodes.
func (c *clusterRun) build(ctx context.Context, g *testbed.Ground, o Options) (err error) {
	c.Site, err = g.Site(ctx, "data", writers, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		quiet, err := service.Open(ctx, accounts[private].Fingerprint)
		if err != nil {
			return err
		}
		defer quiet.Close()
		return errors.Join(c.addBots(ctx, service), testbed.OneGroup(ctx, store, service, slices.Concat(accounts, c.bots)), quiet.Receipts().ShareReceipts(ctx, 0, false))
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
	c.early, c.history.sharers = len(before.messages), writers-2 // without the reader and private
	c.history.earlier = make(map[string]bool)
	for _, m := range before.messages {
		c.history.earlier[m.id] = true
	}
	nats := ""
	if o.Bus == BusNATS {
		c.nats = natstest.New(nil)
		if err := c.nats.Start(); err != nil {
			return err
		}
		nats = c.nats.Addr()
	}
	c.program, c.changes = c.Confab, mangles[o.Mangle]
	if len(c.changes) > 0 {
		c.Say("building a server that is mangled: " + o.Mangle)
		if c.program, err = testbed.BuildChanged(ctx, c.Dir, "confab-mangled", c.changes...); err != nil {
			return err
		}
	}
	addrs, err := testbed.QuietAddrs(o.Nodes, c.chance)
	if err != nil {
		return err
	}
	for i := range o.Nodes {
		n, err := newNode(c.Site, c.program, i, c.database, nats)
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

// addBots creates the accounts of the bots, and a group for one of them.
func (c *clusterRun) addBots(ctx context.Context, service *service.Service) error {
	for i := range 2 {
		bot, key, err := testbed.NewAccount(writers + i)
		if err == nil {
			_, err = service.Accounts().Add(ctx, bot.Name, true, []keys.Key{key})
		}
		if err != nil {
			return err
		}
		c.bots = append(c.bots, bot)
	}
	owner, err := service.Open(ctx, c.bots[program].Fingerprint)
	if err != nil {
		return err
	}
	defer owner.Close()
	_, err = owner.Groups().NewGroup(ctx, floodName, false, nil)
	return err
}

// script returns what runs commands for the program.
func (c *clusterRun) script() *script {
	return &script{Account: c.bots[program], hostKey: c.HostKey, history: c.history, nodes: c.nodes, chance: rand.IntN}
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
	if c.nats != nil {
		c.nats.Stop()
	}
	return err
}

// populate starts everybody. They end with ctx.
func (c *clusterRun) populate(ctx context.Context, all *sync.WaitGroup) {
	witness := clients.NewWitness()
	for i, a := range c.Accounts {
		chance := rand.New(rand.NewPCG(c.seed, uint64(i)+1))
		p := clients.NewSurvivor(a, chance, witness, pace, "")
		p.Addr = func() string { return c.nodes[chance.IntN(len(c.nodes))].addr }
		p.Shown = func(life int, rows []clients.Shown) { c.history.shown(a.Name, i != private, life, rows) }
		c.people = append(c.people, p)
		all.Go(func() { p.Run(ctx, c.HostKey) })
	}
	s := c.script()
	for i := range tails {
		all.Go(func() { s.tail(ctx, fmt.Sprintf("tail %d", i+1)) })
	}
	all.Go(func() { s.twice(ctx, &c.hold) })
	all.Go(func() { c.watchMarkers(ctx) })
}

// watchMarkers looks at the markers again and again.
func (c *clusterRun) watchMarkers(ctx context.Context) {
	var from markerReader
	defer from.close()
	for testbed.Sleep(ctx, markersEvery) == nil {
		c.dbLock.RLock()
		markers, err := from.read(ctx, c.address())
		if err == nil { // else the next look is soon
			c.history.moved(markers)
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
		if err := errors.Join(c.works(ctx), c.haveNATS(ctx)); err != nil {
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
		wrong = append(c.during, wrong...)
		c.during = nil
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
	err = c.haveNATS(ctx)
	end()
	all.Wait()
	return errors.Join(err, c.finish(f, rounds))
}

// choose chooses the fault of a round: each once, in a random order, before any comes again. The
// first rounds are always the same.
func (c *clusterRun) choose(round int) fault {
	faults := c.faults()
	if i := slices.IndexFunc(faults, func(f fault) bool { return f.name == c.only }); i >= 0 {
		return faults[i]
	}
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
	f.Tell("by_programs", "of which programs have sent, some to two nodes at once", "%d", len(c.history.posted))
	f.Tell("readers", "most readers that a screen has counted", "%d", c.history.counted)
	f.Tell("again_ms", "longest time until all could write again", "%.0f ms", report.Milliseconds(c.slowest))
	f.Tell("present_ms", "longest time until all nodes knew who is connected", "%.0f ms", report.Milliseconds(c.known))
	if c.ghost > 0 {
		f.Tell("gone_ms", "longest time until nobody saw the people of a dead node", "%.0f ms", report.Milliseconds(c.ghost))
	}
	if c.flooded > 0 {
		f.Tell("flood", "most messages a second during a rolling restart", "%.0f", c.flooded)
	}
	f.Tell("complete_ms", "longest time until all screens were complete", "%.0f ms", report.Milliseconds(c.latest))
	if f.Good() {
		f.Note("lost, doubled, out of order, markers back, reads of who shares none, messages of the banned, ghosts", "none")
	}
	return nil
}
