package upkeep

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"confab/db/sqlite"
)

// beside opens a database that a server may be using. It creates nothing and leaves
// the schema as it is. With readOnly it changes nothing, not even the write-ahead log.
func beside(path string, readOnly bool) (*sql.DB, error) {
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		err := mayRead(file)
		if errors.Is(err, fs.ErrNotExist) && file != path {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("opening the database: %w", &fs.PathError{Op: "open", Path: file, Err: err})
		}
	}
	if readOnly {
		return reading(path)
	}
	return connectAs(path, "mode=rw")
}

// connectAs opens a database in the way that is asked for, or as its folder permits if this
// user cannot write to that.
func connectAs(path, how string) (*sql.DB, error) {
	if MayWrite(filepath.Dir(path)) != nil {
		how = unwritable(path)
	}
	return connect(path, how)
}

// unwritable returns how to open a database in a folder that this user cannot write to,
// such as a snapshot of a disk.
func unwritable(path string) string {
	if _, err := os.Stat(path + "-shm"); err == nil {
		return "mode=ro"
	}
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return "mode=ro&" + indexInMemory
	}
	// Without a log, nobody is using the database, so it needs no locks.
	return "mode=ro&immutable=1"
}

// reading opens a database to read it. A connection that could write would move the
// write-ahead log into the database when it is closed as the last one.
func reading(path string) (*sql.DB, error) {
	if !inUse(path) {
		// Nobody has it open, and everything is in the file. Otherwise SQLite would create
		// a log and its index, and could not remove them.
		return connect(path, "mode=ro", "immutable=1")
	}
	if _, err := os.Stat(path + "-shm"); errors.Is(err, fs.ErrNotExist) {
		// A copy of a database and its log. SQLite would create the index and leave it there.
		return connect(path, "mode=ro", indexInMemory)
	}
	// If a server was killed, SQLite makes the index of the log in memory this way.
	db, err := connect(path, "mode=ro", "readonly_shm=1")
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec("SELECT count(*) FROM sqlite_schema"); err == nil {
		return db, nil
	}
	// Without a reader of its own, a server has no index that can be read in this way.
	if err := db.Close(); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return connectAs(path, "mode=ro")
}

// inUse reports whether a process has a database open, or had it open when it was killed.
func inUse(path string) bool {
	_, err := os.Stat(path + "-shm")
	log, logErr := os.Stat(path + "-wal")
	return err == nil || logErr == nil && log.Size() > 0
}

// connect opens a database with one connection.
func connect(path string, params ...string) (*sql.DB, error) {
	params = append(params, "_pragma=busy_timeout(5000)")
	db, err := sql.Open("sqlite", sqlite.DSN(path, params...))
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// unreadable returns [sqlite.ErrDamaged] for an error that comes from the content of a
// database, and says of any other that the database could not be read.
func unreadable(path string, err error) error {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return fmt.Errorf("%w (%s)", sqlite.ErrDamaged, err)
		case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY:
			return fmt.Errorf("this user may not read all of %s, so it was not checked: run the command as the user that runs the server (%w)", path, err)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("another program has locked %s, so it was not checked: try again (%w)", path, err)
		}
	}
	return fmt.Errorf("%s could not be read, so it was not checked; look for faults of the disk (%w)", path, err)
}
