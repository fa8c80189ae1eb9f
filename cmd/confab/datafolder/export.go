package datafolder

import (
	"context"
	"path/filepath"

	"confab/cmd/confab/console"
	"confab/db/sqlite/upkeep"
)

// ExportCmd is "confab export".
type ExportCmd struct {
	Flag

	JSON bool `name:"json" help:"Write JSON Lines, one object a line; this is the only format." default:"true"`
}

// Run writes the contents of the database to standard output. The server may be
// running. The export holds no secrets apart from people's messages.
func (c *ExportCmd) Run(ctx context.Context, out console.Streams) error {
	if c.Database != "" {
		return c.withCopy(ctx, func(path string) error { return upkeep.Export(ctx, path, out.Out) })
	}
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	return upkeep.Export(ctx, filepath.Join(dir, DatabaseFile), out.Out)
}
