// Command confab-load measures what sessions and messages cost a confab
// server. It starts one on a data folder of its own, connects many real SSH
// clients to it, lets some of them write, and looks for what they wrote on the
// screens of all others.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // it could not be measured, or not every message was delivered
	exitUsage  = 2 // the command line is wrong
)

// cli is the command line.
type cli struct {
	Sessions int           `help:"Sessions that are open at once, each with an account and a key of its own." default:"200"`
	Senders  int           `help:"How many of them write." default:"10"`
	Rate     float64       `help:"Deliveries a second: a message counts once for each screen that should show it, which are all but its author's." default:"2000"`
	Duration time.Duration `help:"How long messages are sent." default:"10s"`
	Idle     time.Duration `help:"How long the idle server is watched before." default:"10s"`
	Confab   string        `help:"The server to measure; by default it is built from the source code." placeholder:"PATH" type:"existingfile"`
}

// Validate is called by kong.
func (c *cli) Validate() error {
	switch {
	case c.Sessions < 2:
		return fmt.Errorf("--sessions must be 2 or more, so that somebody reads what another writes")
	case c.Senders < 1 || c.Senders > c.Sessions:
		return fmt.Errorf("--senders must be from 1 to the number of sessions, %d", c.Sessions)
	case !(c.Rate > 0): // not a number, too
		return fmt.Errorf("--rate must be above 0")
	case c.Duration <= 0 || c.Idle < 0:
		return fmt.Errorf("--duration must be above 0, and --idle not below")
	}
	return c.schedule().check()
}

// schedule is who sends when.
func (c *cli) schedule() schedule {
	return newSchedule(c.Sessions, c.Senders, c.Rate, c.Duration)
}

// streams are what the command writes.
type streams struct{ out, err io.Writer }

func main() {
	// The first signal cleans up; after it the default is back, so a second one
	// ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, io streams) (status int) {
	exited := false
	var c cli
	parser, err := kong.New(&c,
		kong.Name("confab-load"),
		kong.Description("Measures what sessions and messages cost a confab server."),
		kong.UsageOnError(),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { exited, status = true, code }),
	)
	if err != nil {
		fmt.Fprintln(io.err, "confab-load:", err)
		return exitUsage
	}
	_, err = parser.Parse(args)
	if exited { // --help
		return status
	}
	if err != nil {
		fmt.Fprintf(io.err, "confab-load: %s; confab-load --help shows how.\n", err)
		return exitUsage
	}
	figures, err := measure(ctx, c, func(doing string) { fmt.Fprintln(io.err, doing) })
	if err != nil {
		fmt.Fprintln(io.err, "confab-load:", err)
		return exitFailed
	}
	if err := figures.write(io.out); err != nil {
		fmt.Fprintln(io.err, "confab-load:", err)
		return exitFailed
	}
	if !figures.good() {
		return exitFailed
	}
	return exitDone
}
