package main

import "confab/app/sshd/exec"

// version is what the build knows of itself.
func version() string { return exec.Version() }
