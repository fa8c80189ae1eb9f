//go:build !windows

package upkeep

import "golang.org/x/sys/unix"

// MayWrite returns an error if this user may not create files in a folder. It changes nothing.
func MayWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// mayRead returns an error if this user may not read a file. It does not open the file: a
// process that closes a file of its database, however it has opened that, loses all locks that
// it has on the file (fcntl(2)). A command of the host would then believe that nobody else uses
// the database, and remove the write-ahead log of a server that goes on writing to it.
func mayRead(file string) error { return unix.Access(file, unix.R_OK) }

// indexInMemory makes SQLite keep the index of a write-ahead log in memory, so that it creates
// no -shm file. It takes no locks, so it is only for a database that nobody has open.
const indexInMemory = "vfs=unix-none&_pragma=locking_mode(EXCLUSIVE)"
