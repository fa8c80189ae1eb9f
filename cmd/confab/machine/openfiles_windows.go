package machine

// MaxOpenFiles returns false, because Windows has no such limit.
func MaxOpenFiles() (int64, bool) { return 0, false }
