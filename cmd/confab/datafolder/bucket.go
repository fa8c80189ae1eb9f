package datafolder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"confab/app/chat"
	"confab/app/service"
	"confab/db/bucket"
	"confab/db/postgres"
	"confab/db/transfer"
)

// The contents of files are in the PostgreSQL database, or in a bucket. The database has the name
// of the bucket, and the bucket has the id of the server. So confab notices when the host names
// another bucket, or none.

// kept is chat.Blobs that must be closed at the end.
type kept interface {
	chat.Blobs
	Close() error
}

// bucketAddress returns the address of the bucket that the flag names.
func (f Flag) bucketAddress() (bucket.Address, error) {
	at, err := bucket.ParseAddress(f.Bucket)
	switch {
	case err != nil:
		return at, fmt.Errorf("reading the setting bucket: %w", err)
	case f.Database == "":
		return at, errors.New("a bucket needs a PostgreSQL database: name it with --database, or leave --bucket out to keep files in the data folder")
	}
	return at, nil
}

// openBucket opens the bucket that the flag names for the server in a database. It receives files
// in a folder.
func (f Flag) openBucket(store withServer, folder string) (*bucket.Store, error) {
	at, err := f.bucketAddress()
	if err != nil {
		return nil, err
	}
	return bucket.Open(at, folder, func(ctx context.Context) (string, error) { return store.Setting(ctx, chat.SettingServerID) })
}

// openKept opens the contents of files of a server: those in the bucket that the flag names or,
// without one, those in the database.
func (f Flag) openKept(store *postgres.Store, folder string) (kept, error) {
	if f.Bucket == "" {
		return store.Blobs(folder)
	}
	return f.openBucket(store, folder)
}

// rightBucket returns an error if the flag does not name the bucket that has the files of the
// server in a database, or names one although they are in the database.
func (f Flag) rightBucket(ctx context.Context, store withServer) error {
	has, err := store.Setting(ctx, chat.SettingBucket)
	if err != nil {
		return err
	}
	named := ""
	if f.Bucket != "" {
		at, err := f.bucketAddress()
		if err != nil {
			return err
		}
		named = at.String()
	}
	switch {
	case has == named:
		return nil
	case has == "":
		return fmt.Errorf("the files of this server are in its database and not in %s: leave --bucket out, or, to move them there, make a backup and restore it with --bucket", named)
	case named == "":
		return fmt.Errorf("the files of this server are in %s: name it with --bucket or, %s", has, f.goOn("go on without their contents"))
	default:
		return fmt.Errorf("the files of this server are in %s and not in %s: name the right one with --bucket or, if you have copied everything there, %s", has, named, f.goOn("use that one"))
	}
}

// goOn ends sentences about buckets.
func (f Flag) goOn(otherwise string) string {
	dir, err := f.Path()
	if err != nil {
		return otherwise
	}
	return parts{dir: dir, elsewhere: true}.goOn(otherwise)
}

// beginBucket makes sure that a server may keep its files where the flag says. It takes an empty
// bucket for a server without files. A bucket in use that cannot be reached keeps no server from
// starting.
func (f Flag) beginBucket(ctx context.Context, store *postgres.Store, in kept, o service.Options) error {
	has, err := store.Setting(ctx, chat.SettingBucket)
	if err != nil {
		return err
	}
	b, used := in.(*bucket.Store)
	if !used || has != "" {
		if err := f.rightBucket(ctx, store); err != nil || !used {
			return err
		}
	} else if n, err := store.BytesOfAll(ctx); err != nil || n > 0 {
		return errors.Join(err, f.rightBucket(ctx, store))
	}
	err = f.toldWrong(b.Claim(ctx, has != ""))
	if has != "" && errors.Is(err, chat.ErrUnreachable) {
		o.Log.Error("nobody can post or fetch files until the bucket can be reached", "err", err)
		return nil
	}
	if err != nil || has != "" {
		return err
	}
	return setBucket(ctx, store, b.String())
}

// toldWrong adds to an error of a bucket what the host can do.
func (f Flag) toldWrong(err error) error {
	switch {
	case errors.Is(err, bucket.ErrForeign):
		return fmt.Errorf("%w: name another bucket or another prefix with --bucket or, %s", err, f.goOn("use it for this server"))
	case errors.Is(err, bucket.ErrLost):
		return fmt.Errorf("%w: put its objects back, or name the right bucket with --bucket or, %s", err, f.goOn("go on without the contents of files"))
	case errors.Is(err, chat.ErrUnreachable):
		return fmt.Errorf("%w: check that it exists, and the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or in ~/.aws/credentials", err)
	}
	return err
}

// otherBucket reports whether the flag names another bucket than the server in a database has
// used, or one that is not marked as its own.
func (f Flag) otherBucket(ctx context.Context, store *postgres.Store) (other bool, err error) {
	if f.rightBucket(ctx, store) != nil {
		return true, nil
	}
	b, done, err := f.openSource(ctx, store)
	if err != nil || b == nil {
		return false, err
	}
	defer func() { err = errors.Join(err, done()) }()
	err = b.Claim(ctx, true)
	if errors.Is(err, bucket.ErrForeign) || errors.Is(err, bucket.ErrLost) {
		return true, nil
	}
	return false, f.toldWrong(err)
}

// takeBucket makes the bucket that the flag names, or the database without one, that of a server,
// whatever it has.
func (f Flag) takeBucket(ctx context.Context, store *postgres.Store) (err error) {
	b, done, err := f.openSource(ctx, store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if b == nil {
		return setBucket(ctx, store, "")
	}
	if err := f.toldWrong(b.Mark(ctx, false)); err != nil {
		return err
	}
	return setBucket(ctx, store, b.String())
}

// setBucket notes in a database where the files of its server are, "" for the database itself.
func setBucket(ctx context.Context, store *postgres.Store, name string) error {
	return store.Update(ctx, func(tx chat.Tx) error { return tx.SetSetting(ctx, chat.SettingBucket, name) })
}

// CheckBucket returns an error if the bucket that the flag names cannot be used, or is another
// server's than the data folder. It changes nothing.
func (f Flag) CheckBucket(ctx context.Context, dir string) (err error) {
	if f.Bucket == "" {
		return nil
	}
	at, err := f.bucketAddress()
	if err != nil {
		return nil // Whole says it
	}
	temp, err := makeIncoming()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	id, err := readMark(filepath.Join(dir, folderMark))
	if err != nil {
		return fmt.Errorf("reading the data folder: %w", err)
	}
	b, err := bucket.Open(at, temp, func(context.Context) (string, error) { return id, nil })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	err = b.Claim(ctx, true)
	// The server may not have used the bucket yet, and a new machine of the server has no id.
	if errors.Is(err, bucket.ErrLost) || id == "" && errors.Is(err, bucket.ErrForeign) {
		return nil
	}
	return f.toldWrong(err)
}

// lookAtBucket checks whether the bucket of a server is its own. It may have none.
func (f Flag) lookAtBucket(ctx context.Context, source *transfer.Source, b *bucket.Store) finding {
	err := f.rightBucket(ctx, source)
	if err != nil || b == nil {
		return finding{about: "bucket", err: err}
	}
	return finding{about: "bucket", well: b.String() + " belongs to this server", err: f.toldWrong(b.Claim(ctx, true))}
}

// openSource opens the bucket of the server in a database, to read its files. It returns nil if
// the flag names none.
func (f Flag) openSource(ctx context.Context, source withServer) (from *bucket.Store, done func() error, err error) {
	done = func() error { return nil }
	if f.Bucket == "" {
		return nil, done, nil
	}
	temp, err := makeIncoming()
	if err != nil {
		return nil, done, err
	}
	from, err = f.openBucket(source, temp)
	if err != nil {
		return nil, done, errors.Join(err, os.RemoveAll(temp))
	}
	return from, func() error { return errors.Join(from.Close(), os.RemoveAll(temp)) }, nil
}

// contentsIn returns the contents in a bucket. Without one it returns nil, which stands for the
// database.
func contentsIn(b *bucket.Store) transfer.Opener {
	if b == nil {
		return nil
	}
	return b
}
