package pgcluster

import "syscall"

// unprivileged changes nothing: on Windows, PostgreSQL gives up the rights of its user.
func unprivileged(string) (*syscall.SysProcAttr, error) { return nil, nil }
