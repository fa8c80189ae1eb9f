//go:build !windows

package upkeep

import "golang.org/x/sys/unix"

// MayWrite returns an error if this user may not create files in a folder. It changes nothing.
func MayWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// indexInMemory makes SQLite keep the index of a write-ahead log in memory, so that it creates
// no -shm file. It takes no locks, so it is only for a database that nobody has open.
const indexInMemory = "vfs=unix-none&_pragma=locking_mode(EXCLUSIVE)"
