// Package console has the types that all commands share: the standard streams, and
// paths on the command line.
package console

import "io"

// Streams are the standard streams of a command.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}
