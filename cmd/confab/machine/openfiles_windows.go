package machine

// MaxOpenFiles returns false, because Windows has no such limit.
func MaxOpenFiles(int) (int64, bool) { return 0, false }

// MayWrite returns nil, because only a try would show it on Windows.
func MayWrite(string) error { return nil }
