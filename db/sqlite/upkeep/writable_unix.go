//go:build !windows

package upkeep

import "golang.org/x/sys/unix"

// writable reports whether this user can create files in a folder.
func writable(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }

// indexInMemory makes SQLite keep the index of a write-ahead log in memory, so that it creates
// no -shm file. It takes no locks, so it is only for a database that nobody has open.
const indexInMemory = "vfs=unix-none&_pragma=locking_mode(EXCLUSIVE)"
