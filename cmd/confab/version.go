package main

import "runtime/debug"

// version is what the build knows of itself: the module version, or the commit
// for one built from a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return "confab " + info.Main.Version + " " + info.GoVersion
}
