package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/db/postgres"
	"confab/db/transfer"
)

// movedFolder is where a data folder keeps its database and its files after they were moved to
// PostgreSQL.
const movedFolder = "before-migration"

// MigrateCmd is "confab migrate".
type MigrateCmd struct {
	From    string `required:"" help:"The data folder, or the address of the PostgreSQL database, that has the server now." placeholder:"DIR|URL"`
	To      string `required:"" help:"The PostgreSQL database, or the data folder, that gets it. A database must be empty. A folder must be new, or the one that the server has used with PostgreSQL." placeholder:"URL|DIR"`
	Bucket  string `help:"The bucket with the files of the server in PostgreSQL, s3://BUCKET/PREFIX. Without it, they are in the database." env:"CONFAB_BUCKET" placeholder:"URL"`
	Partial bool   `help:"Leave out the contents of files that are missing or damaged."`
}

// Run moves a server from SQLite to PostgreSQL, or back. No server may be running.
func (c *MigrateCmd) Run(ctx context.Context, places Places, out console.Streams) error {
	from, to := isAddress(c.From), isAddress(c.To)
	switch {
	case from == to:
		return errors.New("one of --from and --to must be a data folder, and the other the address of a PostgreSQL database: postgres://USER@HOST/NAME")
	case to:
		return c.toPostgres(ctx, out)
	default:
		return c.toFolder(ctx, places, out)
	}
}

// isAddress reports whether a place is the address of a database, and not a folder.
func isAddress(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

// toPostgres moves a data folder's database and files to PostgreSQL.
func (c *MigrateCmd) toPostgres(ctx context.Context, out console.Streams) error {
	dir := filepath.Clean(c.From)
	if !exists(dir) {
		return fmt.Errorf("%s does not exist: name the server's data folder with --from", dir)
	}
	unlock, err := Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	p, err := lookAtParts(ctx, dir)
	switch {
	case err != nil:
		return err
	case p.wrong() != nil:
		return p.wrong()
	case p.database.Empty:
		return fmt.Errorf("%s has no database: name the server's data folder with --from", dir)
	}
	if exists(filepath.Join(dir, movedFolder)) {
		return fmt.Errorf("%s is there from an earlier migration: delete it, or move it elsewhere", filepath.Join(dir, movedFolder))
	}
	source, err := transfer.FromSQLite(ctx, filepath.Join(dir, DatabaseFile))
	if err != nil {
		return err
	}
	report, err := c.copyToPostgres(ctx, dir, source, out)
	if err != nil {
		return errors.Join(err, source.Close())
	}
	// Nobody could write to the database so far. Now nobody can open it.
	if err := errors.Join(source.Close(), moveAway(dir), giveToOwner(dir)); err != nil {
		return fmt.Errorf("everything was copied, but the old database is still in its place: move %s and %s elsewhere before you start the server (%w)",
			filepath.Join(dir, DatabaseFile), filepath.Join(dir, FilesFolder), err)
	}
	told(out, report)
	fmt.Fprintf(out.Out, "the old database and its files are in %s: delete this folder when everything works\n", filepath.Join(dir, movedFolder))
	fmt.Fprintf(out.Out, "start the server with --database and the address, and with this data folder, which has the host key: %s\n", dir)
	return nil
}

// copyToPostgres copies the files and then the database.
func (c *MigrateCmd) copyToPostgres(ctx context.Context, dir string, source *transfer.Source, out console.Streams) (transfer.Report, error) {
	return c.server(c.To, dir).packDatabase(ctx, dir, filepath.Join(dir, FilesFolder), source, func(copied transfer.Contents) error {
		return c.left(copied, out)
	})
}

// server returns the flags of the server in PostgreSQL.
func (c *MigrateCmd) server(database, dir string) Flag {
	return Flag{Database: database, Bucket: c.Bucket, Data: console.Path(dir)}
}

// left says how many contents of files were copied, and which were not. It returns an error if
// the host has not asked to leave any out.
func (c *MigrateCmd) left(copied transfer.Contents, out console.Streams) error {
	if n := len(copied.Lost); n > 0 {
		lost := fmt.Sprintf("the contents of %s are missing or damaged, the first is %s", text.Plural(n, "file"), copied.Lost[0])
		if !c.Partial {
			return fmt.Errorf("%s: look for them in a backup, or leave them out with --partial", lost)
		}
		fmt.Fprintf(out.Err, "confab: left out: %s\n", lost)
	}
	if copied.Copied > 0 {
		fmt.Fprintf(out.Out, "contents of files: %d, %s, each read back and compared with its hash\n", copied.Copied, chat.SizeText(copied.Bytes))
	}
	return nil
}

// told says what was copied.
func told(out console.Streams, r transfer.Report) {
	fmt.Fprintf(out.Out, "database: %d rows in %d tables, each compared with the original\n", r.Rows, r.Tables)
	fmt.Fprintf(out.Out, "SHA-256 of all rows: %x\n", r.Sum)
}

// moveAway puts the database and the files of a data folder into a folder within it.
func moveAway(dir string) error {
	to := filepath.Join(dir, movedFolder)
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	// The database comes first: beside files without a database, no server starts.
	for _, name := range []string{DatabaseFile, DatabaseFile + "-wal", DatabaseFile + "-shm", FilesFolder} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(syncFolder(to), syncFolder(dir))
}

// toFolder moves the server in a PostgreSQL database to a data folder.
func (c *MigrateCmd) toFolder(ctx context.Context, places Places, out console.Streams) (err error) {
	dir, err := (Flag{Data: console.Path(filepath.Clean(c.To)), places: places}).Folder()
	if err != nil {
		return err
	}
	unlock, err := Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	store, err := postgres.Open(ctx, c.From)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := errors.Join(isServer(ctx, dir, store), store.Claim(ctx)); err != nil {
		return err
	}
	if err := takesMove(dir); err != nil {
		return err
	}
	source, err := transfer.FromPostgres(ctx, c.From, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	id, err := source.Setting(ctx, chat.SettingServerID)
	if err != nil {
		return err
	}
	if id == "" {
		return errors.New("the database has no server: name another with --from")
	}
	report, err := c.copyToFolder(ctx, dir, source, out)
	if err != nil {
		return err
	}
	if err := errors.Join(Mark(dir, id), giveToOwner(dir)); err != nil {
		return err
	}
	told(out, report)
	fmt.Fprintln(out.Out, "the PostgreSQL database is as it was: drop it when everything works, so that nobody starts a server on it")
	if err := ArePartsWhole(ctx, dir); err != nil {
		fmt.Fprintf(out.Out, "before you start the server: %s\n", err)
		return nil
	}
	fmt.Fprintf(out.Out, "start the server without --database: %s\n", places.start(dir))
	return nil
}

// takesMove returns an error if a data folder has a database or files, which a move would
// replace.
func takesMove(dir string) error {
	for _, name := range []string{DatabaseFile, DatabaseFile + "-wal", FilesFolder} {
		if exists(filepath.Join(dir, name)) {
			return fmt.Errorf("%s already contains %s: name a new folder with --to, or the one that the server has used with PostgreSQL", dir, name)
		}
	}
	return nil
}

// copyToFolder copies the files and the database to a folder within the data folder, and moves
// them to their place when they are complete.
func (c *MigrateCmd) copyToFolder(ctx context.Context, dir string, source *transfer.Source, out console.Streams) (r transfer.Report, err error) {
	temp, err := os.MkdirTemp(dir, restoring)
	if err != nil {
		return r, fmt.Errorf("creating a folder for the copy: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	r, err = c.server(c.From, dir).unpackDatabase(ctx, source, temp, func(copied transfer.Contents) error { return c.left(copied, out) })
	if err != nil {
		return r, err
	}
	if err := moveIn(temp, dir); err != nil {
		return r, fmt.Errorf("moving the copy to its place: %w", err)
	}
	return r, nil
}
