package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"confab/app/service"
	"confab/db/sqlite"
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
)

// chaos kills a server with -9 at random moments while people write, starts it
// again on the same folder, and checks the database after each time. The same seed
// gives the same moments and messages, apart from the order in which the kernel
// runs things.
func chaos(ctx context.Context, g *ground, rounds int, seed uint64) (outcome, error) {
	if seed == 0 {
		seed = rand.Uint64()
	}
	g.say(fmt.Sprintf("chaos, seed %d", seed))
	s, err := g.site(ctx, "data", survivors, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []account) error {
		_, err := groups(ctx, store, service, accounts, 1)
		return err
	})
	if err != nil {
		return nil, err
	}
	chance := rand.New(rand.NewPCG(seed, 0))
	addr, err := quietPort(chance)
	if err != nil {
		return nil, err
	}
	c := &chaosRun{site: s, addr: addr, chance: chance, witness: newWitness(), read: map[string]map[int64]int64{}}
	for i, a := range s.accounts {
		c.people = append(c.people, &survivor{
			account: a, view: newTally(schedule{sessions: 1, senders: 1}).views[0],
			chance: rand.New(rand.NewPCG(seed, uint64(i)+1)), witness: c.witness,
		})
	}
	f := &findings{}
	f.tell("seed", "seed", "%d", seed)
	if err := c.run(ctx, f, rounds); err != nil {
		return nil, err
	}
	return f, nil
}

type chaosRun struct {
	*site
	addr    string
	chance  *rand.Rand
	people  []*survivor
	witness *witness
	// read is the newest message that each person has had on the screen, by name
	// and conversation.
	read     map[string]map[int64]int64
	starting int // servers that were killed before they were ready
	stored   int // messages at the last check
}

func (c *chaosRun) run(ctx context.Context, f *findings, rounds int) error {
	living, end := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	for _, p := range c.people {
		all.Go(func() { p.run(living, c.addr, c.hostKey) })
	}
	broken := 0
	server, err := c.start(ctx)
	if err != nil {
		return err
	}
	stop := func() error {
		end()
		all.Wait()
		return server.stop()
	}
	for round := range rounds {
		after := soonest + time.Duration(c.chance.Int64N(int64(latest-soonest)))
		if err := sleep(ctx, after); err != nil {
			return errors.Join(err, stop())
		}
		if round == 0 {
			if err := c.tried(ctx); err != nil {
				return errors.Join(err, stop())
			}
		}
		server.kill()
		c.settle()
		wrong, err := c.check(ctx)
		if err != nil {
			return err
		}
		c.say(fmt.Sprintf("round %d: killed after %s, %d messages stored, %d seen as sent, %d wrong", round+1, after.Round(time.Millisecond), c.stored, c.witness.count(), len(wrong)))
		for _, w := range wrong {
			f.fail(fmt.Sprintf("wrong after round %d", round+1), "%s", w)
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
		f.fail("wrong after the stop", "%s", w)
	}
	f.tell("rounds", "times killed while people wrote", "%d", rounds)
	f.tell("starting", "times killed while it started", "%d", c.starting)
	f.tell("stored", "messages stored", "%d", c.stored)
	f.tell("seen_as_sent", "of which a screen had shown as sent", "%d", c.witness.count())
	if c.witness.count() == 0 {
		f.fail("nothing was tried", "no message was sent while the servers lived")
	}
	if !f.failed {
		f.report = append(f.report, line{"lost, doubled, out of order, markers ahead", "none"})
	}
	f.faulty(server.faults())
	return nil
}

// tried waits until a message was sent. On a busy machine, the time that a server
// lives may be too short for one.
func (c *chaosRun) tried(ctx context.Context) error {
	for began := time.Now(); c.witness.count() == 0 && time.Since(began) < patience; {
		if err := sleep(ctx, againAfter); err != nil {
			return err
		}
	}
	return nil
}

// maxBroken is the number of failed rounds after which more rounds teach nothing.
const maxBroken = 3

// start starts the server. Sometimes it first starts others that are killed before
// they are ready.
func (c *chaosRun) start(ctx context.Context) (*server, error) {
	for c.chance.IntN(killStarting) == 0 {
		cmd := exec.Command(c.confab, "serve", "--data", c.data, "--listen", c.addr)
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("starting the server: %w", err)
		}
		err := sleep(ctx, time.Duration(c.chance.Int64N(int64(startingTime))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if err != nil {
			return nil, err
		}
		c.starting++
	}
	return startServerAt(ctx, c.addr, c.confab, c.data, c.logFile)
}

// settle waits until everything that the server sent has been read. The server has
// ended, so each connection ends too.
func (c *chaosRun) settle() {
	for _, p := range c.people {
		p.pause()()
	}
}

// quietPort returns an address whose port is outside the range that the kernel
// gives to outgoing connections. An outgoing connection could connect to itself
// while no server runs, and keep the port.
func quietPort(chance *rand.Rand) (string, error) {
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+chance.IntN(20_000)))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue // another program uses it
		}
		return addr, l.Close()
	}
	return "", errors.New("no free port was found")
}
