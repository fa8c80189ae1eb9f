package main

import "confab/app/command"

// version returns the version that is recorded in the build.
func version() string { return command.Version() }
