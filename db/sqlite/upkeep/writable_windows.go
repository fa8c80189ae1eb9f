package upkeep

// writable reports that folders can be written to. On Windows, SQLite itself notices if
// one cannot.
func writable(string) bool { return true }
