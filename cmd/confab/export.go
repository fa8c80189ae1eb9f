package main

import (
	"context"
	"path/filepath"

	"confab/db/sqlite"
)

type exportCmd struct {
	dataFlag

	JSON bool `name:"json" help:"Write JSON Lines, one object a line; this is the only format." default:"true"`
}

// Run writes the contents of the database to standard output. The server may be
// running. The export holds no secrets apart from people's messages.
func (c *exportCmd) Run(ctx context.Context, out streams) error {
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	return sqlite.Export(ctx, filepath.Join(dir, databaseFile), out.out)
}
