package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/postgres/pgcluster"
)

// numbers are the words for how many servers there are.
var numbers = []string{"one", "two", "three"}

// Compare puts the same load on a server with SQLite, and on one, two and three servers on one
// PostgreSQL database, which waits for the disk as SQLite does. Then it kills one of the three.
func Compare(ctx context.Context, g *testbed.Ground, s clients.Schedule) (_ report.Outcome, err error) {
	c := &comparison{Schedule: s}
	if c.Site, err = g.Site(ctx, "data", s.Sessions, nil); err != nil {
		return nil, err
	}
	faults, err := c.Serve(ctx, func(server *testbed.Server) error {
		return c.measure(ctx, "sqlite", "SQLite", []*testbed.Server{server})
	})
	if err != nil {
		return nil, err
	}
	c.Faulty(faults)
	database := new(pgcluster.Server)
	defer func() { err = errors.Join(err, database.Stop()) }()
	if err := database.Start(ctx, "max_connections=200"); err != nil {
		return nil, err
	}
	if err := database.Create(ctx, databaseName, "template0"); err != nil {
		return nil, err
	}
	address := database.Address(databaseName)
	if said, err := exec.CommandContext(ctx, c.Confab, "migrate", "--from", c.Data, "--to", address).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("confab migrate: %w: %s", err, said)
	}
	for n := range numbers {
		if err := c.together(ctx, n+1, address); err != nil {
			return nil, err
		}
	}
	return &c.Findings, nil
}

type comparison struct {
	*testbed.Site
	clients.Schedule
	report.Findings
	sent int // so far; each measurement has messages of its own, because screens show those before
}

// together measures several servers on one database.
func (c *comparison) together(ctx context.Context, n int, address string) (err error) {
	var servers []*testbed.Server
	defer func() {
		for _, s := range servers {
			err = errors.Join(err, s.Stop())
		}
	}()
	for i := range n {
		data, err := nodeFolder(c.Site, fmt.Sprintf("compared-%d-%d", n, i+1))
		if err != nil {
			return err
		}
		s, err := testbed.StartServer(ctx, c.Confab, data, data+".log", "--database", address)
		if err != nil {
			return err
		}
		servers = append(servers, s)
	}
	if err := c.measure(ctx, numbers[n-1], numbers[n-1]+" on PostgreSQL", servers); err != nil {
		return err
	}
	for _, s := range servers {
		c.Faulty(s.Faults())
	}
	return nil
}

// measure connects the clients to the servers in turn, and lets them write.
func (c *comparison) measure(ctx context.Context, key, what string, servers []*testbed.Server) error {
	c.Say(fmt.Sprintf("%s: connecting %d clients, sending %d messages", what, c.Sessions, c.Messages))
	from, to := c.sent, c.sent+c.Messages
	c.sent = to
	all := c.Schedule
	all.Messages = to
	tally := clients.NewTally(all)
	tally.Past(from)
	var next atomic.Int64
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return clients.DialTCP(ctx, servers[int(next.Add(1))%len(servers)].Addr)
	}
	crowd, err := clients.GatherBy(ctx, dial, "", c.HostKey, c.Accounts, tally)
	if err != nil {
		return err
	}
	defer crowd.Leave()
	if err := crowd.Rest(ctx); err != nil {
		return err
	}
	took, err := crowd.SendAndSettle(ctx, from, to)
	if err != nil {
		return err
	}
	lost, why := crowd.Lost()
	if len(servers) == len(numbers) {
		back, people, err := c.survive(ctx, crowd, servers)
		if err != nil {
			return err
		}
		defer c.Tell("again_ms", fmt.Sprintf("kill -9 of one of %s: until its %d people had the chat on their screens again", numbers[len(numbers)-1], people), "%.0f ms", report.Milliseconds(back))
	}
	crowd.Leave()
	got := tally.Latencies(from, to)
	if lost > 0 || len(got) != c.Deliveries() {
		c.Fail(what, "%d of %d deliveries, and %d sessions ended (%v)", len(got), c.Deliveries(), lost, why)
	}
	c.Tell(key+"_deliveries", "deliveries a second, "+what, "%.0f", float64(len(got))/took.Seconds())
	c.Tell(key+"_p99_ms", "latency p99, "+what, "%.1f ms", report.Milliseconds(report.Percentile(got, 99)))
	return nil
}

// survive kills the first of several servers. Its clients connect to the others as soon as they
// notice. It returns how long that took until all had the chat again, and how many they were.
func (c *comparison) survive(ctx context.Context, crowd *clients.Crowd, servers []*testbed.Server) (took time.Duration, people int, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	over, end := context.WithCancel(ctx)
	defer all.Wait()
	defer end()
	began := time.Now()
	servers[0].Kill()
	again := clients.NewTally(clients.Schedule{Sessions: c.Sessions, Senders: 1})
	for i, one := range crowd.Clients {
		all.Go(func() {
			select {
			case <-one.Ended:
			case <-over.Done():
				return
			}
			at := servers[1+i%(len(servers)-1)].Addr
			back, failed := clients.Connect(ctx, at, c.HostKey, c.Accounts[i], &again.Views[i])
			mu.Lock()
			defer mu.Unlock()
			if people++; failed != nil {
				err = errors.Join(err, failed)
				return
			}
			took = max(took, time.Since(began))
			crowd.Clients[i] = back // leaves with the others
		})
	}
	lost := c.Sessions / len(servers) // they were connected in turn, so at least so many
	for waiting := true; waiting; {
		if err := testbed.Sleep(ctx, pollEvery); err != nil {
			return 0, 0, err
		}
		mu.Lock()
		waiting = people < lost && time.Since(began) < testbed.Patience
		mu.Unlock()
	}
	return took, people, err
}
