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
	"confab/app/live"
	"confab/app/service"
	"confab/db/sqlite"
)

// dataFlag is the --data flag of every command that touches the data folder.
type dataFlag struct {
	Data   filePath `help:"Folder of the database and the host key; created if it is missing. By default the platform's folder for user data." env:"CONFAB_DATA" placeholder:"DIR"`
	Config filePath `help:"File with settings. By default confab.yaml in the data folder, if it exists." env:"CONFAB_CONFIG" placeholder:"FILE"`
}

// The files of a data folder.
const (
	databaseFile = "confab.db"
	hostKeyFile  = "host_key"
	lockFile     = "confab.lock"
	filesFolder  = "files"
	configFile   = "confab.yaml"
)

// path returns the path of the data folder, which need not exist yet.
func (f dataFlag) path() (string, error) {
	dir := string(f.Data)
	if dir == "" {
		var err error
		if dir, err = defaultData(); err != nil {
			return "", fmt.Errorf("this system has no folder for user data (%w): choose a folder with --data DIR", err)
		}
	}
	return dir, nil
}

// folder returns the data folder. It creates a missing one that only its owner can
// read.
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

// defaultData returns the platform's folder for a program's user data. On Unix it
// follows the XDG base directory specification.
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

// lock keeps a second server off the folder. The operating system releases the lock
// when the process ends, however it ends.
func lock(dir string) (unlock func(), err error) {
	l := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if !got {
		return nil, fmt.Errorf("another confab server is already using %s: stop it first, or choose another folder with --data", dir)
	}
	return func() { _ = l.Unlock() }, nil
}

// openService opens the database of a data folder and the service on it, with the
// system's clock and ids. It refuses a folder whose parts do not belong together. The
// caller must call the returned function at the end.
func openService(ctx context.Context, dir string, o service.Options) (*service.Service, func() error, error) {
	if err := arePartsWhole(ctx, dir); err != nil {
		return nil, nil, err
	}
	return openDatabase(ctx, dir, o)
}

// openDatabase is openService for a caller that has checked the parts. A function in
// watched may wrap the store.
func openDatabase(ctx context.Context, dir string, o service.Options, watched ...func(chat.Store) chat.Store) (*service.Service, func() error, error) {
	path := filepath.Join(dir, databaseFile)
	// SQLite would create the file with the umask's mode.
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
	service, err := service.New(ctx, seen, live.New(), o)
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
