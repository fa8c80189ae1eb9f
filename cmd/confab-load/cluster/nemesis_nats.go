package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"confab/cmd/confab-load/testbed"
)

// natsFaults are the faults of NATS. The log is in the database, and NATS only wakes the nodes. So
// while such a fault lasts, the nodes must not miss anything, and everything is checked then too.
var natsFaults = []fault{
	{"a one-way cut to NATS", cutNATS},
	{"NATS is away", loseNATS},
}

const (
	// A server that hears nothing from NATS for 12 s connects again. So one of these is shorter,
	// and the other one longer.
	shortNATSCut, longNATSCut = 4 * time.Second, 16 * time.Second
	// natsAway is the time for which NATS does not run. The first time is shorter, because CI
	// waits for it: servers notice at once that it is gone, and try again each second.
	natsAway, natsAwayFirst = time.Minute, 5 * time.Second
)

func cutNATS(ctx context.Context, c *clusterRun) (string, error) {
	n := c.some()
	what, length, err := c.cut(n.bus, shortNATSCut, longNATSCut, func(length time.Duration) error { return c.without(ctx, length) })
	return fmt.Sprintf("%s %s NATS for %s or more", n.name, what, length), err
}

func loseNATS(ctx context.Context, c *clusterRun) (string, error) {
	length := natsAway
	if !c.natsLost {
		length, c.natsLost = natsAwayFirst, true
	}
	c.nats.Stop()
	err := c.without(ctx, length)
	return fmt.Sprintf("for %s or more", length), errors.Join(err, c.nats.Start())
}

// haveNATS returns when every node is connected to NATS, if there is one.
func (c *clusterRun) haveNATS(ctx context.Context) error {
	began := time.Now()
	for c.nats != nil && c.nats.Connections() != len(c.nodes) {
		if time.Since(began) > testbed.Patience {
			return fmt.Errorf("%d of %d nodes are connected to NATS", c.nats.Connections(), len(c.nodes))
		}
		if err := testbed.Sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}

// without lets people write for a time while something is wrong that nobody may notice, and checks everything.
func (c *clusterRun) without(ctx context.Context, length time.Duration) error {
	if err := testbed.Sleep(ctx, length); err != nil {
		return err
	}
	wrong, err := c.afterwards(ctx)
	c.during = append(c.during, wrong...)
	return err
}
