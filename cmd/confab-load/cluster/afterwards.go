package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

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
	if err != nil {
		return nil, err
	}
	names := c.everybody()
	took, ghosts, err := c.awaitPresence(ctx, c.nodes, func(there []string) bool { return slices.Equal(there, names) })
	c.known = max(c.known, took)
	return slices.Concat(wrong, told, ghosts, c.history.check(c.checked)), err
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
