package datafolder

import (
	"context"
	"errors"
	"fmt"

	"confab/cmd/confab/console"
	"confab/db/postgres"
)

// epochCmd is "confab db epoch".
type epochCmd struct{ Flag }

// Run begins a new epoch of a PostgreSQL database. Its servers may be running.
func (c *epochCmd) Run(ctx context.Context, out console.Streams) (err error) {
	if c.Database == "" {
		return errors.New("this server has no PostgreSQL database, so it reads everything again when you start it: nothing else is needed")
	}
	store, err := postgres.Open(ctx, c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.NewEpoch(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out.Out, "all servers on this database end their sessions now; people can connect again at once")
	return nil
}
