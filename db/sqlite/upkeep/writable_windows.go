package upkeep

import (
	"errors"
	"os"
)

// MayWrite returns nil, because only a try would show it on Windows. There SQLite itself
// notices if it cannot write to a file.
func MayWrite(string) error { return nil }

// mayRead returns an error if this user may not read a file.
func mayRead(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return errors.Unwrap(err) // without the name, which the caller adds
	}
	return f.Close()
}

// indexInMemory says nothing, because SQLite on Windows needs the -shm file, which it removes
// again.
const indexInMemory = "mode=ro"
