package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"confab/app/chat"
	"confab/db/blobs"
	"confab/db/postgres"
	"confab/db/sqlite"
	"confab/db/transfer"
)

// A backup and an export of a server on PostgreSQL are made from a copy in the form of a data
// folder. So they are the same for both kinds of database.

// packDatabase copies contents from a folder of files and then a database to an empty PostgreSQL
// database, and the bucket if there is one, which the flag names. Contents are received in a data
// folder. After the contents, judge may stop it.
func (f Flag) packDatabase(ctx context.Context, dir, files string, source *transfer.Source, judge func(transfer.Contents) error) (r transfer.Report, err error) {
	store, err := postgres.Open(ctx, f.Database)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Claim(ctx); err != nil {
		return r, err
	}
	// The contents come first. So this is not found out too late.
	if err := transfer.CheckEmpty(ctx, f.Database); err != nil {
		return r, fmt.Errorf("nothing was copied: name an empty database (%w)", err)
	}
	to, bucket, err := f.openEmpty(ctx, store, source, filepath.Join(dir, incomingFolder))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	from, err := blobs.Open(files)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	copied, err := source.Contents(ctx, from, to)
	if err == nil {
		err = judge(copied)
	}
	if err != nil {
		return r, err
	}
	if r, err = source.ToPostgres(ctx, f.Database); err != nil {
		return r, err
	}
	// The original may have had its files elsewhere.
	return r, setBucket(ctx, store, bucket)
}

// openEmpty opens what gets the contents of the server that is copied to a database, and returns
// the name of the bucket, or "" without one.
func (f Flag) openEmpty(ctx context.Context, store *postgres.Store, source *transfer.Source, folder string) (kept, string, error) {
	if f.Bucket == "" {
		contents, err := store.Blobs(folder)
		return contents, "", err
	}
	b, err := f.openBucket(source, folder)
	if err != nil {
		return nil, "", err
	}
	if err := b.Claim(ctx, false); err != nil {
		return nil, "", errors.Join(f.toldWrong(err), b.Close())
	}
	return b, b.String(), nil
}

// unpackDatabase copies everything from a PostgreSQL database, and the bucket if the flag names
// one, to a folder, as a data folder has it. The host key is in neither. After the contents, judge
// may stop it.
func (f Flag) unpackDatabase(ctx context.Context, source *transfer.Source, folder string, judge func(transfer.Contents) error) (r transfer.Report, err error) {
	if err := f.rightBucket(ctx, source); err != nil {
		return r, err
	}
	from, done, err := f.openSource(ctx, source)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if from != nil {
		if err := f.toldWrong(from.Claim(ctx, true)); err != nil {
			return r, err
		}
	}
	files, err := blobs.Open(filepath.Join(folder, FilesFolder))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	copied, err := source.Contents(ctx, contentsIn(from), files)
	if err == nil {
		err = judge(copied)
	}
	if err != nil {
		return r, err
	}
	return unpackTables(ctx, source, folder)
}

// unpackTables is unpackDatabase without the contents of files.
func unpackTables(ctx context.Context, source *transfer.Source, folder string) (r transfer.Report, err error) {
	database := filepath.Join(folder, DatabaseFile)
	if err := makePrivate(database); err != nil {
		return r, err
	}
	return source.ToSQLite(ctx, database)
}

// withCopy calls do with the path of a copy of the database that the flag names, as it is at one
// moment. The server may be running.
func (f Flag) withCopy(ctx context.Context, do func(path string) error) (err error) {
	temp, err := os.MkdirTemp("", ".confab-copy-")
	if err != nil {
		return fmt.Errorf("creating a folder for the copy of the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	source, err := transfer.FromPostgres(ctx, f.Database, false)
	if err != nil {
		return err
	}
	_, err = unpackTables(ctx, source, temp)
	if err := errors.Join(err, source.Close()); err != nil {
		return err
	}
	return do(filepath.Join(temp, DatabaseFile))
}

// asFolder copies the server in the database that the flag names to an empty folder: the
// database and the files as they are at one moment, the host key and the settings. The server
// may be running.
func (f Flag) asFolder(ctx context.Context, folder string) (err error) {
	dir, err := f.Path()
	if err != nil {
		return err
	}
	for _, name := range []string{HostKeyFile, ConfigFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), content, 0o600)
		}
		if err != nil {
			return fmt.Errorf("copying %s: %w", name, err)
		}
	}
	for try := 1; ; try++ {
		err := f.copyOnce(ctx, dir, folder, try == mostCopies)
		if !errors.Is(err, errGone) {
			return err
		}
	}
}

// mostCopies is how often a server in a database is copied again because contents in its bucket
// have gone meanwhile. Those that are missing each time count as damage.
const mostCopies = 3

// errGone says that contents which a database names are not in the bucket.
var errGone = errors.New("contents of files have gone")

// copyOnce copies the server in the database that the flag names, as it is at one moment. A
// bucket does not show that moment, so contents may be missing that were deleted since. Then the
// error is errGone, unless this is the last try.
func (f Flag) copyOnce(ctx context.Context, dir, folder string, last bool) (err error) {
	source, err := transfer.FromPostgres(ctx, f.Database, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := isServer(ctx, dir, source); err != nil {
		return err
	}
	_, err = f.unpackDatabase(ctx, source, folder, func(c transfer.Contents) error {
		if len(c.Lost) > 0 && f.Bucket != "" && !last {
			return errGone
		}
		return nil
	})
	return err
}

// toPostgres puts an unpacked backup into the database that the flag names, and returns how many
// contents of files it lacks.
func (f Flag) toPostgres(ctx context.Context, unpacked string) (lost int, err error) {
	path := filepath.Join(unpacked, DatabaseFile)
	// A backup of an earlier version has an older schema.
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	if err := store.Close(); err != nil {
		return 0, err
	}
	source, err := transfer.FromSQLite(ctx, path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	_, err = f.packDatabase(ctx, unpacked, filepath.Join(unpacked, FilesFolder), source, func(c transfer.Contents) error {
		lost = len(c.Lost)
		return nil
	})
	return lost, err
}

// makeIncoming makes a folder in which a command receives files: the server has one of its own.
// The caller must remove it.
func makeIncoming() (string, error) {
	temp, err := os.MkdirTemp("", ".confab-incoming-")
	if err != nil {
		return "", fmt.Errorf("creating a folder for files: %w", err)
	}
	return temp, nil
}

// OpenContents opens the contents of files, for a command beside the server.
func (f Flag) OpenContents(ctx context.Context, dir string) (chat.Blobs, func() error, error) {
	if f.Database == "" {
		if err := f.Whole(ctx, dir); err != nil {
			return nil, nil, err
		}
		files, err := blobs.Open(filepath.Join(dir, FilesFolder))
		if err != nil {
			return nil, nil, err
		}
		return files, files.Close, nil
	}
	temp, err := makeIncoming()
	if err != nil {
		return nil, nil, err
	}
	store, err := postgres.Open(ctx, f.Database)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(temp))
	}
	contents, err := f.openKept(store, temp)
	if err == nil {
		err = f.rightBucket(ctx, store)
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.Close(), os.RemoveAll(temp))
	}
	return contents, func() error { return errors.Join(contents.Close(), store.Close(), os.RemoveAll(temp)) }, nil
}
