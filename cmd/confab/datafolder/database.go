package datafolder

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"confab/app/bus"
	"confab/app/chat"
	"confab/app/service"
	"confab/db/blobs"
	"confab/db/postgres"
)

// incomingFolder has the contents that a server with a PostgreSQL database is receiving.
const incomingFolder = "incoming"

// Whole returns an error if the parts of a data folder do not belong together. With a database
// elsewhere, the folder must have none of its own.
func (f Flag) Whole(ctx context.Context, dir string) error {
	if f.Bucket != "" {
		if _, err := f.bucketAddress(); err != nil {
			return err
		}
	}
	if f.Database == "" {
		return ArePartsWhole(ctx, dir)
	}
	if exists(filepath.Join(dir, DatabaseFile)) {
		return fmt.Errorf("%s has a database of its own (%s): leave --database out to use that, or name another folder with --data", dir, DatabaseFile)
	}
	return nil
}

// Bus makes the way to other servers on the same database, whose common id a function returns.
// It is "" until the first of them has made it.
type Bus func(serverID func(context.Context) (string, error)) bus.Carrier

// OpenForServer opens the database, the files and the service on them. The options have the
// limits on files. A PostgreSQL database is itself the way to other servers, unless over is not
// nil. For the rest, see [OpenDatabase].
func (f Flag) OpenForServer(ctx context.Context, dir string, o service.Options, over Bus, watched ...func(chat.Store) chat.Store) (*service.Service, func() error, error) {
	if f.Database != "" {
		return f.openPostgres(ctx, dir, o, true, over, watched...)
	}
	files, err := blobs.Open(filepath.Join(dir, FilesFolder))
	if err != nil {
		return nil, nil, err
	}
	o.Files.Blobs = files
	service, closeService, err := OpenDatabase(ctx, dir, o, watched...)
	if err != nil {
		return nil, nil, errors.Join(err, files.Close())
	}
	return service, func() error { return errors.Join(closeService(), files.Close()) }, nil
}

// openPostgres opens the database that the flag names. The data folder must be that of the
// server in the database, or new.
func (f Flag) openPostgres(ctx context.Context, dir string, o service.Options, serve bool, over Bus, watched ...func(chat.Store) chat.Store) (*service.Service, func() error, error) {
	if err := f.Whole(ctx, dir); err != nil {
		return nil, nil, err
	}
	store, err := postgres.Open(ctx, f.Database)
	if err != nil {
		return nil, nil, err
	}
	o.Now = store.Now
	closeStore := store.Close
	belongs := isServer // commands do without the host key
	if serve {
		belongs = fits
	}
	if err := belongs(ctx, dir, store); err != nil {
		return nil, nil, errors.Join(err, closeStore())
	}
	var contents kept
	if serve {
		if err := store.Join(ctx); err != nil {
			return nil, nil, errors.Join(err, closeStore())
		}
		if contents, err = f.openKept(store, filepath.Join(dir, incomingFolder)); err != nil {
			return nil, nil, errors.Join(err, closeStore())
		}
		o.Files.Blobs = contents
		carrier := store.Notifications()
		if over != nil {
			carrier = over(func(ctx context.Context) (string, error) { return store.Setting(ctx, chat.SettingServerID) })
		}
		others := bus.New(carrier, o.Log)
		o.Bus, o.Locks, o.Roster = others, store, store.Roster(others.TellPeople)
		closeStore = func() error { others.Close(); return errors.Join(contents.Close(), store.Close()) }
	}
	service, closeService, err := begin(ctx, dir, store, closeStore, o, watched...)
	if err != nil || !serve {
		return service, closeService, err
	}
	// Now the server has an id.
	if err := f.beginBucket(ctx, store, contents, o); err != nil {
		return nil, nil, errors.Join(err, closeService())
	}
	return service, closeService, nil
}

// withServer is a database that has the id of a server.
type withServer interface {
	Setting(ctx context.Context, name string) (string, error)
}

// lookBeside inspects a data folder and what a database elsewhere knows of it.
func lookBeside(ctx context.Context, dir string, store withServer) (parts, error) {
	p, err := lookOnce(ctx, dir)
	if err != nil {
		return p, err
	}
	p.elsewhere, p.database.Empty = true, false
	for setting, to := range map[string]*string{chat.SettingServerID: &p.database.ID, chat.SettingHostKey: &p.database.HostKey, chat.SettingOtherHostKeys: &p.database.Others} {
		if *to, err = store.Setting(ctx, setting); err != nil {
			return p, err
		}
	}
	return p, nil
}

// isServer returns an error if a data folder is that of another server than a database.
func isServer(ctx context.Context, dir string, store withServer) error {
	p, err := lookBeside(ctx, dir, store)
	if err != nil {
		return err
	}
	return p.wrongServer()
}

// fits returns an error if a server must not start with a data folder beside a database: it is
// that of another server, or its host key is not the one that clients have seen.
func fits(ctx context.Context, dir string, store withServer) error {
	p, err := lookBeside(ctx, dir, store)
	if err == nil {
		err = p.wrongServer()
	}
	if err == nil {
		err = p.wrongKey()
	}
	return err
}

// wrongServer returns an error if the folder is that of another server than the database.
func (p parts) wrongServer() error {
	mark, id := p.marks[folderMark], p.database.ID
	switch {
	case mark == "" || mark == id:
		return nil
	case id == "":
		return fmt.Errorf("%s is the folder of a server, but its database is empty: name the right one with --database, or restore it, or, %s",
			p.dir, p.goOn("start a new server in this database"))
	default:
		return fmt.Errorf("%s is the folder of another server than the one in this database: name the right database with --database, or the right folder with --data, or, %s",
			p.dir, p.goOn("use them together"))
	}
}
