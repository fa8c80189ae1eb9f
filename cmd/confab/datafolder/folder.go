// Package datafolder has the folder in which a server keeps everything: its files, its
// lock, whether its parts belong together, and the commands that back it up, restore it
// and check it.
package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/live"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/db/sqlite"
)

// Flag is the --data flag of every command that touches the data folder.
type Flag struct {
	Data   console.Path `help:"Folder of the database and the host key; created if it is missing. By default the platform's folder for user data." env:"CONFAB_DATA" placeholder:"DIR"`
	Config console.Path `help:"File with settings. By default confab.yaml in the data folder, if it exists." env:"CONFAB_CONFIG" placeholder:"FILE"`
}

// The files of a data folder.
const (
	DatabaseFile = "confab.db"
	HostKeyFile  = "host_key"
	lockFile     = "confab.lock"
	FilesFolder  = "files"
	ConfigFile   = "confab.yaml"
)

// Path returns the path of the data folder, which need not exist yet.
func (f Flag) Path() (string, error) {
	dir := string(f.Data)
	if dir == "" {
		var err error
		if dir, err = defaultData(); err != nil {
			return "", fmt.Errorf("this system has no folder for user data (%w): choose a folder with --data DIR", err)
		}
	}
	return dir, nil
}

// Folder returns the data folder. It creates a missing one that only its owner can
// read.
func (f Flag) Folder() (string, error) {
	dir, err := f.Path()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the data folder: %w", err)
	}
	return dir, nil
}

// existing returns the data folder, which must have a database.
func (f Flag) existing(ctx context.Context) (string, error) {
	dir, err := f.Path()
	if err != nil {
		return "", err
	}
	p, err := lookAtParts(ctx, dir)
	if err == nil && p.database.Empty {
		err = p.wrong() // if other parts are there, their error says more than "no database"
	}
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, DatabaseFile)); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no database in %s: choose the data folder with --data DIR", dir)
	} else if err != nil {
		return "", fmt.Errorf("looking for the database: %w", err)
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

// Lock keeps a second server off the folder. The operating system releases the lock
// when the process ends, however it ends.
func Lock(dir string) (unlock func(), err error) {
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
	if err := ArePartsWhole(ctx, dir); err != nil {
		return nil, nil, err
	}
	return OpenDatabase(ctx, dir, o)
}

// OpenDatabase is [openService] for a caller that has checked the parts. A function in
// watched may wrap the store.
func OpenDatabase(ctx context.Context, dir string, o service.Options, watched ...func(chat.Store) chat.Store) (*service.Service, func() error, error) {
	path := filepath.Join(dir, DatabaseFile)
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
		err = Mark(dir, id)
	}
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return service, closeAll, nil
}

// WithService opens the service of a data folder for one command.
func (f Flag) WithService(ctx context.Context, out console.Streams, do func(*service.Service) error) error {
	dir, err := f.Folder()
	if err != nil {
		return err
	}
	service, closeService, err := openService(ctx, dir, service.Options{Log: slog.New(slog.NewTextHandler(out.Err, nil))})
	if err != nil {
		return err
	}
	return errors.Join(do(service), closeService())
}
