//go:build !unix

package cluster

import "errors"

var errHalt = errors.New("this system cannot stop a process for a while: leave this fault out")

func halt(int) error { return errHalt }

func resume(int) error { return errHalt }
