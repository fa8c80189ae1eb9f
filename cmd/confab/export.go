package main

import (
	"context"
	"path/filepath"

	"confab/db/sqlite"
)

type exportCmd struct {
	dataFlag

	JSON bool `name:"json" help:"As JSON Lines, one object a line; there is no other form." default:"true"`
}

// Run writes what is in the database to standard output, also while the server
// runs. There are no secrets in it but what people wrote.
func (c *exportCmd) Run(ctx context.Context, out streams) error {
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	return sqlite.Export(ctx, filepath.Join(dir, databaseFile), out.out)
}
