package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"confab/cmd/confab-load/testbed"
)

// clockAhead is how far a node's clock is ahead of the others' and of the database's.
const clockAhead = time.Hour

// wrongClock starts a node again with another clock. Nothing may depend on that: positions, bans,
// leases and presence go by the database.
func wrongClock(ctx context.Context, c *clusterRun) (what string, err error) {
	n := c.some()
	if c.ahead == "" {
		c.Say("building a server whose clock is ahead")
		if c.ahead, err = testbed.BuildChanged(ctx, c.Dir, "confab-ahead", append(slices.Clone(c.changes), testbed.ClockAhead(clockAhead))...); err != nil {
			return "", err
		}
	}
	n.program = c.ahead
	if err := errors.Join(n.stop(), n.start(ctx), c.without(ctx, workTime)); err != nil {
		return "", err
	}
	what, err = banSomeone(ctx, c)
	if err == nil {
		err = c.without(ctx, workTime)
	}
	n.program = c.program
	return fmt.Sprintf("on %s, which is ahead by %s, and a ban %s", n.name, clockAhead, what), errors.Join(err, n.stop(), n.start(ctx))
}
