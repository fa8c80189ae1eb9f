package machine

// MaxOpenFiles returns false, because Windows has no such limit.
func MaxOpenFiles(int) (int64, bool) { return 0, false }
