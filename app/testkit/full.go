package testkit

import (
	"context"
	"fmt"
	"sync/atomic"

	"confab/app/chat"
)

// Disk is a store whose disk is full while Full is true.
type Disk struct {
	chat.Store
	Full atomic.Bool
}

// Update implements chat.Store.
func (d *Disk) Update(ctx context.Context, fn func(chat.Tx) error) error {
	return d.Store.Update(ctx, func(tx chat.Tx) error {
		if err := fn(tx); err != nil || !d.Full.Load() {
			return err
		}
		return fmt.Errorf("committing: %w", chat.ErrFull)
	})
}
