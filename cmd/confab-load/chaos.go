package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"sync"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

const (
	// survivors is how many people write.
	survivors = 6
	// soonest and latest bound when a server is killed, after it is ready.
	soonest = 50 * time.Millisecond
	latest  = 1500 * time.Millisecond
	// killStarting: one in this many times, the next server is also killed before
	// it is ready.
	killStarting = 6
	startingTime = 15 * time.Millisecond
	// longestPause is the longest time between two messages of one author.
	longestPause = 20 * time.Millisecond
)

// chaos kills a server with -9 at random moments while people write, starts it
// again on the same folder, and checks the database after each time. The same seed
// gives the same moments and messages, apart from the order in which the kernel
// runs things.
func chaos(ctx context.Context, g *testbed.Ground, rounds int, seed uint64) (report.Outcome, error) {
	if seed == 0 {
		seed = rand.Uint64()
	}
	g.Say(fmt.Sprintf("chaos, seed %d", seed))
	s, err := g.Site(ctx, "data", survivors, testbed.OneGroup)
	if err != nil {
		return nil, err
	}
	chance := rand.New(rand.NewPCG(seed, 0))
	addrs, err := testbed.QuietAddrs(1, chance)
	if err != nil {
		return nil, err
	}
	addr := addrs[0]
	c := &chaosRun{Site: s, addr: addr, chance: chance, witness: clients.NewWitness(), read: map[string]map[int64]int64{}}
	for i, a := range s.Accounts {
		c.people = append(c.people, clients.NewSurvivor(a, rand.New(rand.NewPCG(seed, uint64(i)+1)), c.witness, longestPause, addr))
	}
	f := &report.Findings{}
	f.Tell("seed", "seed", "%d", seed)
	if err := c.run(ctx, f, rounds); err != nil {
		return nil, err
	}
	return f, nil
}

type chaosRun struct {
	*testbed.Site
	addr    string
	chance  *rand.Rand
	people  []*clients.Survivor
	witness *clients.Witness
	// read is the newest message that each person has had on the screen, by name
	// and conversation.
	read     map[string]map[int64]int64
	starting int // servers that were killed before they were ready
	stored   int // messages at the last check
}

func (c *chaosRun) run(ctx context.Context, f *report.Findings, rounds int) error {
	living, end := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	for _, p := range c.people {
		all.Go(func() { p.Run(living, c.HostKey) })
	}
	broken := 0
	server, err := c.start(ctx)
	if err != nil {
		return err
	}
	stop := func() error {
		end()
		all.Wait()
		return server.Stop()
	}
	for round := range rounds {
		after := soonest + time.Duration(c.chance.Int64N(int64(latest-soonest)))
		if err := testbed.Sleep(ctx, after); err != nil {
			return errors.Join(err, stop())
		}
		if round == 0 {
			if err := c.tried(ctx); err != nil {
				return errors.Join(err, stop())
			}
		}
		server.Kill()
		c.settle()
		wrong, err := c.check(ctx)
		if err != nil {
			return err
		}
		c.Say(fmt.Sprintf("round %d: killed after %s, %d messages stored, %d seen as sent, %d wrong", round+1, after.Round(time.Millisecond), c.stored, c.witness.Count(), len(wrong)))
		for _, w := range wrong {
			c.Say(w)
			f.Fail(fmt.Sprintf("wrong after round %d", round+1), "%s", w)
		}
		if len(wrong) > 0 {
			if broken++; broken == maxBroken {
				break
			}
		}
		if server, err = c.start(ctx); err != nil {
			return fmt.Errorf("after round %d: %w", round+1, err)
		}
	}
	// The last check follows a graceful stop, which commits all accepted messages.
	if err := stop(); err != nil {
		return err
	}
	wrong, err := c.check(ctx)
	if err != nil {
		return err
	}
	for _, w := range wrong {
		f.Fail("wrong after the stop", "%s", w)
	}
	f.Tell("rounds", "times killed while people wrote", "%d", rounds)
	f.Tell("starting", "times killed while it started", "%d", c.starting)
	f.Tell("stored", "messages stored", "%d", c.stored)
	f.Tell("seen_as_sent", "of which a screen had shown as sent", "%d", c.witness.Count())
	if c.witness.Count() == 0 {
		f.Fail("nothing was tried", "no message was sent while the servers lived")
	}
	if f.Good() {
		f.Note("lost, doubled, out of order, markers ahead", "none")
	}
	f.Faulty(server.Faults())
	return nil
}

// tried waits until a message was sent. On a busy machine, the time that a server
// lives may be too short for one.
func (c *chaosRun) tried(ctx context.Context) error {
	for began := time.Now(); c.witness.Count() == 0 && time.Since(began) < testbed.Patience; {
		if err := testbed.Sleep(ctx, clients.AgainAfter); err != nil {
			return err
		}
	}
	return nil
}

// maxBroken is the number of failed rounds after which more rounds teach nothing.
const maxBroken = 3

// start starts the server. Sometimes it first starts others that are killed before
// they are ready.
func (c *chaosRun) start(ctx context.Context) (*testbed.Server, error) {
	for c.chance.IntN(killStarting) == 0 {
		cmd := exec.Command(c.Confab, "serve", "--data", c.Data, "--listen", c.addr)
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("starting the server: %w", err)
		}
		err := testbed.Sleep(ctx, time.Duration(c.chance.Int64N(int64(startingTime))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if err != nil {
			return nil, err
		}
		c.starting++
	}
	return testbed.StartServerAt(ctx, c.addr, c.Confab, c.Data, c.LogFile)
}

// settle waits until everything that the server sent has been read. The server has
// ended, so each connection ends too.
func (c *chaosRun) settle() {
	for _, p := range c.people {
		p.Pause()()
	}
}
