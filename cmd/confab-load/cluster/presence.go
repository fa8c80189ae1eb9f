package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/app/chat"
	"confab/cmd/confab-load/testbed"
)

// presenceTime is the time after which every node knows who is connected, also if another one
// has died. The last second is for asking on a busy machine.
const presenceTime = chat.RosterLease + chat.RosterEvery + time.Second

// present returns who is connected, as a node says.
func (c *clusterRun) present(ctx context.Context, at *node) (names []string, err error) {
	s := &script{Account: c.bots[program], hostKey: c.HostKey}
	err = s.run(ctx, at, "who --json", func(a answer) bool {
		if a.Type == "person" && a.Presence != "offline" {
			names = append(names, a.Name)
		}
		return true
	})
	slices.Sort(names)
	return names, err
}

// awaitPresence waits until all of some nodes say what they should of who is connected. It
// returns how long that took, and what was wrong for longer than it may be.
func (c *clusterRun) awaitPresence(ctx context.Context, nodes []*node, right func(names []string) bool) (took time.Duration, wrong []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, testbed.Patience)
	defer cancel()
	began := time.Now()
	for _, n := range nodes {
		for {
			asked := time.Since(began)
			names, err := c.present(ctx, n)
			if err != nil {
				return 0, nil, fmt.Errorf("asking %s who is connected: %w", n.name, err)
			}
			if right(names) {
				took = max(took, asked)
				break
			}
			if asked > presenceTime {
				wrong = append(wrong, fmt.Sprintf("%s after it should know better, %s says that these are connected: %v", asked.Round(time.Millisecond), n.name, names))
				break
			}
			if err := testbed.Sleep(ctx, pollEvery); err != nil {
				return 0, nil, err
			}
		}
	}
	return took, wrong, nil
}

// everybody returns who is connected while no fault lasts: all who write, and the program that
// receives all messages.
func (c *clusterRun) everybody() []string {
	names := []string{c.bots[program].Name}
	for _, p := range c.people {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// vanish lets somebody connect to one node, and kills or stops that. On the other nodes, the
// guest must be seen and then be gone in time.
func vanish(ctx context.Context, c *clusterRun) (string, error) {
	n := c.some()
	rest := slices.DeleteFunc(slices.Clone(c.nodes), func(o *node) bool { return o == n })
	visit, end := context.WithCancel(ctx)
	defer end()
	name := c.bots[guest].Name
	s := &script{Account: c.bots[guest], hostKey: c.HostKey}
	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = s.run(visit, n, "tail --json -f #general", func(answer) bool { return true })
	}()
	_, wrong, err := c.awaitPresence(ctx, rest, func(names []string) bool { return slices.Contains(names, name) })
	c.during = append(c.during, wrong...)
	if err != nil {
		return "", err
	}
	what, goOn := "is killed", func() error { return n.start(ctx) }
	if c.chance.IntN(2) == 0 {
		pid := n.server.Cmd.Process.Pid
		if err := halt(pid); err != nil {
			return "", err
		}
		what, goOn = "is stopped", func() error { return resume(pid) }
	} else {
		n.kill()
	}
	took, wrong, err := c.awaitPresence(ctx, rest, func(names []string) bool { return !slices.Contains(names, name) })
	c.during = append(c.during, wrong...)
	c.ghost = max(c.ghost, took)
	end()
	if failed := goOn(); err == nil {
		err = failed
	}
	<-left
	return fmt.Sprintf("on %s, which %s, is gone after %s", n.name, what, took.Round(time.Millisecond)), err
}
