package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/term"
)

// Confirm has the flags of a command that cannot be undone.
type Confirm struct {
	Yes    bool `help:"Do it without asking."`
	DryRun bool `help:"Say what would be done, and change nothing."`
}

// Confirmed reports whether to do something that cannot be undone. what says in a few words
// what that is, such as "delete the group #ops". Confirmed asks a person at a terminal. For
// a script, which cannot answer, it fails unless the command line has --yes.
func (c Confirm) Confirmed(ctx context.Context, out Streams, what string) (bool, error) {
	switch {
	case c.DryRun:
		fmt.Fprintf(out.Out, "This would %s.\n", what)
		return false, nil
	case c.Yes:
		return true, nil
	case !terminal(out.In):
		return false, fmt.Errorf("nothing was done: this would %s, which cannot be undone. Add --yes to do it, or --dry-run to check it", what)
	}
	fmt.Fprintf(out.Err, "This will %s, which cannot be undone. Go on? [y/N] ", what)
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out.In).ReadString('\n')
		answered <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(out.Err)
		return false, ctx.Err()
	case answer := <-answered:
		if answer == "y" || answer == "yes" {
			return true, nil
		}
		return false, errors.New("nothing was done")
	}
}

// terminal reports whether somebody can type into a stream.
func terminal(in any) bool {
	f, ok := in.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}
