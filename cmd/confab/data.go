package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite"
)

// dataFlag is the --data flag of every command that touches the data folder.
type dataFlag struct {
	Data   filePath `help:"Folder of the database and the host key; made if it is not there. By default the platform's folder for user data." env:"CONFAB_DATA" placeholder:"DIR"`
	Config filePath `help:"File with settings. By default confab.yaml in the data folder, if it is there." env:"CONFAB_CONFIG" placeholder:"FILE"`
}

// The files of a data folder.
const (
	databaseFile = "confab.db"
	hostKeyFile  = "host_key"
	lockFile     = "confab.lock"
	filesFolder  = "files"
	configFile   = "confab.yaml"
)

// path is where the data folder is, or will be.
func (f dataFlag) path() (string, error) {
	dir := string(f.Data)
	if dir == "" {
		var err error
		if dir, err = defaultData(); err != nil {
			return "", fmt.Errorf("there is no folder for user data here (%w): say where with --data DIR", err)
		}
	}
	return dir, nil
}

// folder returns the data folder, made if it was not there, for the eyes of
// its owner only.
func (f dataFlag) folder() (string, error) {
	dir, err := f.path()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the data folder: %w", err)
	}
	return dir, nil
}

// defaultData is where programs keep a user's data on this platform; on Unix
// the XDG base directory specification says where.
func defaultData() (string, error) {
	switch runtime.GOOS {
	case "windows", "darwin", "ios", "plan9":
		dir, err := os.UserConfigDir()
		return filepath.Join(dir, "confab"), err
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "confab"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share", "confab"), err
}

// lock keeps a second server off the folder. The operating system lets go of
// it when the process ends, however it ends.
func lock(dir string) (unlock func(), err error) {
	l := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if !got {
		return nil, fmt.Errorf("another confab serves from %s already: stop it first, or give this one a folder of its own with --data", dir)
	}
	return func() { _ = l.Unlock() }, nil
}

// openService opens the database of a data folder and the service on it, with
// the system's clock and ids, through what watches the store, if anything does.
// It refuses a folder whose parts do not belong together. What it returns must be
// called at the end.
func openService(ctx context.Context, dir string, o chat.Options, watched ...func(chat.Store) chat.Store) (*chat.Service, func() error, error) {
	if err := arePartsWhole(ctx, dir); err != nil {
		return nil, nil, err
	}
	return openDatabase(ctx, dir, o, watched...)
}

// openDatabase is openService for a folder whose parts have been looked at.
func openDatabase(ctx context.Context, dir string, o chat.Options, watched ...func(chat.Store) chat.Store) (*chat.Service, func() error, error) {
	path := filepath.Join(dir, databaseFile)
	// SQLite would make it with the umask's mode.
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, nil, fmt.Errorf("opening the database: %w", err)
	} else if err := f.Close(); err != nil {
		return nil, nil, fmt.Errorf("opening the database: %w", err)
	}
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	var seen chat.Store = store
	for _, watch := range watched {
		seen = watch(seen)
	}
	o.Now, o.NewID = time.Now, uuid.NewV7
	service, err := chat.New(ctx, seen, o)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	closeAll := func() error {
		service.Close("")
		return store.Close()
	}
	id, err := service.ServerID(ctx)
	if err == nil {
		err = mark(dir, id)
	}
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return service, closeAll, nil
}
