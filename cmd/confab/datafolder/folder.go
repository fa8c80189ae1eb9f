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
	"slices"
	"time"

	"github.com/alecthomas/kong"
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
	Data     console.Path `help:"Folder of the database and the host key. serve creates it if it is missing. By default the platform's folder for user data or, if confab was installed from a package, /var/lib/confab." env:"CONFAB_DATA" placeholder:"DIR"`
	Database string       `help:"Keep everything except the host key in this PostgreSQL database, and not in the data folder: postgres://USER@HOST/NAME. Its password is best in PGPASSWORD or a file of passwords (~/.pgpass), because others on the machine may see command lines." env:"CONFAB_DATABASE" placeholder:"URL"`
	Bucket   string       `help:"Keep the contents of files in this bucket of S3, and not in the PostgreSQL database: s3://BUCKET/PREFIX, and ?endpoint=https://HOST after it for a service other than Amazon's. Its keys are those in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in ~/.aws/credentials." env:"CONFAB_BUCKET" placeholder:"URL"`
	Config   console.Path `help:"File with settings. By default confab.yaml in the data folder or, if confab was installed from a package, /etc/confab/confab.yaml." env:"CONFAB_CONFIG" placeholder:"FILE"`

	places Places
	typed  bool // the database, on the command line
}

// AfterApply tells the flag where to look for the data, and which values the command line itself
// has. It is a hook that kong calls when it has parsed the command line.
func (f *Flag) AfterApply(command *kong.Context, places Places) error {
	f.places = places
	f.typed = slices.ContainsFunc(command.Path, func(p *kong.Path) bool {
		return p.Flag != nil && p.Flag.Name == "database" && !p.Resolved
	})
	return nil
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
	if f.Data != "" {
		return string(f.Data), nil
	}
	return f.places.Data()
}

// Option returns what a command line on this server that people are to run needs, such as
// " --data DIR", or "" if it works without. The address of a database may have a password, so
// the command line only says that it belongs there.
func (f Flag) Option() string {
	dir, err := f.Path()
	if err != nil {
		return ""
	}
	option := f.places.Option(dir)
	if f.Config != "" {
		option += " --config " + ShellWord(string(f.Config))
	}
	if f.typed {
		option += " --database URL"
	}
	return option
}

// OptionOf is [Flag.Option] for a command that has been parsed.
func OptionOf(command *kong.Context, places Places) string {
	var f Flag
	for _, flag := range command.Flags() {
		path, _ := command.FlagValue(flag).(console.Path)
		switch flag.Name {
		case "data":
			f.Data = path
		case "config":
			f.Config = path
		}
	}
	_ = f.AfterApply(command, places)
	return f.Option()
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

// existing returns the data folder, which must have a database. It creates nothing.
func (f Flag) existing(ctx context.Context) (string, error) {
	dir, err := f.Path()
	if err != nil {
		return "", err
	}
	p, err := lookAtParts(ctx, dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("this user may not read %s: run the command as the user that runs the server, or name another folder with --data (%w)", dir, err)
	case err != nil:
		return "", err
	case !p.database.Empty:
		return dir, nil
	}
	if err := p.wrong(); err != nil { // a lost database
		return "", err
	}
	return "", f.places.None(dir)
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

// OpenDatabase opens the database of a data folder and the service on it, with the
// system's clock and ids. The caller must have checked that the parts of the folder belong
// together, and must call the returned function at the end. A function in watched may wrap
// the store.
func OpenDatabase(ctx context.Context, dir string, o service.Options, watched ...func(chat.Store) chat.Store) (*service.Service, func() error, error) {
	path := filepath.Join(dir, DatabaseFile)
	if err := keepBeforeUpgrade(ctx, dir, o.Log); err != nil {
		return nil, nil, err
	}
	if err := makePrivate(path); err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	return begin(ctx, dir, store, store.Close, o, watched...)
}

// makePrivate creates the file of a database if it is missing. SQLite would create it with the
// umask's mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	return nil
}

// begin begins the service on a store, which the returned function closes at the end.
func begin(ctx context.Context, dir string, store chat.Store, closeStore func() error, o service.Options, watched ...func(chat.Store) chat.Store) (*service.Service, func() error, error) {
	for _, watch := range watched {
		store = watch(store)
	}
	if o.NewID = uuid.NewV7; o.Now == nil {
		o.Now = time.Now
	}
	service, err := service.New(ctx, store, live.New(), o)
	if err != nil {
		return nil, nil, errors.Join(err, closeStore())
	}
	closeAll := func() error {
		service.Close("")
		return closeStore()
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

// commandLog is the log of a command. It has errors only: what a command has to say to the
// host, it prints.
func commandLog(out console.Streams) *slog.Logger {
	return slog.New(slog.NewTextHandler(out.Err, &slog.HandlerOptions{Level: slog.LevelError}))
}

// WithService opens the service of a data folder, or of the database that a flag names, for
// one command. It refuses a folder without a server, and one whose parts do not belong
// together.
func (f Flag) WithService(ctx context.Context, out console.Streams, do func(*service.Service) error) error {
	service, closeService, err := f.service(ctx, service.Options{Log: commandLog(out)})
	if err != nil {
		return err
	}
	return errors.Join(do(service), closeService())
}

func (f Flag) service(ctx context.Context, o service.Options) (*service.Service, func() error, error) {
	if f.Database != "" {
		dir, err := f.Path()
		if err != nil {
			return nil, nil, err
		}
		if !exists(dir) {
			return nil, nil, f.places.None(dir)
		}
		return f.openPostgres(ctx, dir, o, false, nil)
	}
	dir, err := f.existing(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := ArePartsWhole(ctx, dir); err != nil {
		return nil, nil, err
	}
	return OpenDatabase(ctx, dir, o)
}
