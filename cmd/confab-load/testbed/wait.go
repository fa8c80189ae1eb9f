package testbed

import (
	"context"
	"time"
)

// Patience bounds the waits for things that should happen: a server that gets
// ready, a screen that changes, a message that arrives. The tool measures how long
// things take, so a slow answer on a busy machine is a figure and not a failure.
const Patience = 2 * time.Minute

// Sleep waits for a time. If ctx ends first, it returns an error.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
