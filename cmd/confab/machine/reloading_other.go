//go:build !linux

package machine

// Reloading returns the state of a server that reads its settings again. Only Linux has
// systemd.
func Reloading() string { return "RELOADING=1" }
