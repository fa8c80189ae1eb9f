package main

import (
	"confab/app/command"
)

// version is what the build knows of itself.
func version() string { return command.Version() }
