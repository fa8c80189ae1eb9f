package upkeep

// writable reports that folders can be written to. On Windows, SQLite itself notices if
// one cannot.
func writable(string) bool { return true }

// indexInMemory says nothing, because SQLite on Windows needs the -shm file, which it removes
// again.
const indexInMemory = "mode=ro"
