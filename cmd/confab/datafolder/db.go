package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"confab/app/chat"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/cmd/confab/machine"
	"confab/db/sqlite/upkeep"
	"confab/db/transfer"
)

// DBCmd is "confab db".
type DBCmd struct {
	Stats  dbStatsCmd `cmd:"" help:"Show the size of the database, and the number of accounts, messages and so on."`
	Vacuum vacuumCmd  `cmd:"" help:"Return the free space in the database to the disk. Works while the server runs. PostgreSQL keeps the space, and uses it again."`
	Epoch  epochCmd   `cmd:"" help:"Make all servers on a PostgreSQL database end their sessions and read everything again. Run it after you have put the database back to an earlier state."`
}

type dbStatsCmd struct{ Flag }

// Run prints sizes and counts. The server may be running.
func (c *dbStatsCmd) Run(ctx context.Context, out console.Streams) error {
	if c.Database != "" {
		return c.elsewhere(ctx, out)
	}
	dir, err := c.existing(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, DatabaseFile)
	stats, err := upkeep.ReadStats(ctx, path)
	if err != nil {
		return err
	}
	schema, err := upkeep.ReadSchema(ctx, path)
	if err != nil {
		return err
	}
	wal := int64(0)
	if info, err := os.Stat(path + "-wal"); err == nil {
		wal = info.Size()
	}
	contents, bytes, err := folderSize(filepath.Join(dir, FilesFolder))
	if err != nil {
		return err
	}
	disk, err := machine.FreeSpace(dir)
	if err != nil {
		return fmt.Errorf("reading the free space on the disk: %w", err)
	}
	w := tabwriter.NewWriter(out.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "database\t%s\t%s of this free\n", chat.SizeText(stats.Size), chat.SizeText(stats.Free))
	fmt.Fprintf(w, "write-ahead log\t%s\t\n", chat.SizeText(wal))
	fmt.Fprintf(w, "contents of files\t%s\t%s\n", chat.SizeText(bytes), text.Plural(contents, "content"))
	fmt.Fprintf(w, "disk\t%s free\t\n", chat.SizeText(disk))
	fmt.Fprintf(w, "schema version\t%d\t\n", schema.Version)
	return tellCounts(w, stats.Counts)
}

func tellCounts(w *tabwriter.Writer, counts []upkeep.Count) error {
	for _, c := range counts {
		fmt.Fprintf(w, "%s\t%d\t\n", c.What, c.N)
	}
	return w.Flush()
}

// elsewhere prints sizes and counts of a PostgreSQL database.
func (c *dbStatsCmd) elsewhere(ctx context.Context, out console.Streams) (err error) {
	source, err := transfer.FromPostgres(ctx, c.Database, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := source.CheckTables(ctx); err != nil {
		return err
	}
	stats, err := source.Stats(ctx)
	if err != nil {
		return err
	}
	n, bytes, in := int(stats.Contents), stats.Bytes, "the database"
	b, done, err := c.openSource(ctx, source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if b != nil {
		if n, bytes, err = b.Total(); err != nil {
			return err
		}
		in = b.String()
	}
	w := tabwriter.NewWriter(out.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "database\t%s\t\n", chat.SizeText(stats.Size))
	fmt.Fprintf(w, "contents of files\t%s\t%s in %s\n", chat.SizeText(bytes), text.Plural(n, "content"), in)
	return tellCounts(w, stats.Counts)
}

// folderSize counts the files in a folder, and adds up their sizes.
func folderSize(dir string) (n int, bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // a file that is still being received
			return nil
		}
		if err == nil {
			n, bytes = n+1, bytes+info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return n, bytes, err
}
