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
// database. Contents are received in a data folder. After the contents, judge may stop it.
func packDatabase(ctx context.Context, address, dir, files string, source *transfer.Source, judge func(transfer.Contents) error) (r transfer.Report, err error) {
	store, err := postgres.Open(ctx, address)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Claim(ctx); err != nil {
		return r, err
	}
	// The contents come first. So this is not found out too late.
	if err := transfer.CheckEmpty(ctx, address); err != nil {
		return r, fmt.Errorf("nothing was copied: name an empty database (%w)", err)
	}
	to, err := store.Blobs(filepath.Join(dir, incomingFolder))
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
	return source.ToPostgres(ctx, address)
}

// unpackDatabase copies everything from a PostgreSQL database to a folder, as a data folder has
// it. The host key is not in the database.
func unpackDatabase(ctx context.Context, source *transfer.Source, folder string) (c transfer.Contents, r transfer.Report, err error) {
	files, err := blobs.Open(filepath.Join(folder, FilesFolder))
	if err != nil {
		return c, r, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	if c, err = source.Contents(ctx, nil, files); err != nil {
		return c, r, err
	}
	r, err = unpackTables(ctx, source, folder)
	return c, r, err
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
	source, err := transfer.FromPostgres(ctx, f.Database, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := isServer(ctx, dir, source); err != nil {
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
	_, _, err = unpackDatabase(ctx, source, folder)
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
	_, err = packDatabase(ctx, f.Database, unpacked, filepath.Join(unpacked, FilesFolder), source, func(c transfer.Contents) error {
		lost = len(c.Lost)
		return nil
	})
	return lost, err
}

// OpenContents opens the contents of files, for a command beside the server.
func (f Flag) OpenContents(ctx context.Context, dir string) (chat.Blobs, func() error, error) {
	if f.Database == "" {
		files, err := blobs.Open(filepath.Join(dir, FilesFolder))
		if err != nil {
			return nil, nil, err
		}
		return files, files.Close, nil
	}
	temp, err := os.MkdirTemp("", ".confab-incoming-") // the server has a folder of its own
	if err != nil {
		return nil, nil, fmt.Errorf("creating a folder for files: %w", err)
	}
	store, err := postgres.Open(ctx, f.Database)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(temp))
	}
	contents, err := store.Blobs(temp)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close(), os.RemoveAll(temp))
	}
	return contents, func() error { return errors.Join(contents.Close(), store.Close(), os.RemoveAll(temp)) }, nil
}
