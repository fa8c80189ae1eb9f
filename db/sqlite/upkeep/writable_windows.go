package upkeep

// MayWrite returns nil, because only a try would show it on Windows. There SQLite itself
// notices if it cannot write to a file.
func MayWrite(string) error { return nil }

// indexInMemory says nothing, because SQLite on Windows needs the -shm file, which it removes
// again.
const indexInMemory = "mode=ro"
