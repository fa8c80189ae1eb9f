// Command confab-load measures what sessions and messages cost a confab
// server. It starts one on a data folder of its own, connects many real SSH
// clients to it, lets some of them write, and looks for what they wrote on the
// screens of all others. It also tries what a server keeps when it is killed,
// and what it does without room on its disk.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // it could not be measured, or something went wrong
	exitUsage  = 2 // the command line is wrong
)

// cli is the command line. What a profile has its own value for is nil if it is
// not given.
type cli struct {
	Profile  string         `help:"Measure something else: see below." placeholder:"NAME"`
	Sessions *int           `help:"Sessions that are open at once, each with an account and a key of its own (200)."`
	Senders  *int           `help:"How many of them write (10)."`
	Rate     *float64       `help:"Deliveries a second: a message counts once for each screen that should show it, which are all but its author's (2000)."`
	Duration *time.Duration `help:"How long messages are sent (10s)."`
	Idle     *time.Duration `help:"How long the idle server is watched before (10s)."`
	Messages int            `help:"Messages in the store, for the profiles that need many." default:"1000000"`

	Chaos    bool   `help:"Kill the server at random moments under load, and look for what is missing." xor:"mode"`
	Rounds   int    `help:"How often it is killed." default:"5"`
	Seed     uint64 `help:"What chaos happens; 0 takes one by chance, which is told." default:"0"`
	DiskFull bool   `help:"Let the server's disk be full, and have room again. Needs Linux and root." xor:"mode"`

	Attack bool   `help:"Attack the server as a member or a stranger could, and look for what it does to others." xor:"mode"`
	Short  bool   `help:"Without the floods, and with fewer writes to files: about two minutes."`
	Only   string `help:"Only the flood with this name: ${floods}." placeholder:"NAME"`
	Flood  string `help:"Read from standard input whom to flood, and do it until the connections end." hidden:""`

	JSON   bool   `help:"Report in one JSON object." name:"json"`
	Confab string `help:"The server to measure; by default it is built from the source code." placeholder:"PATH" type:"existingfile"`
}

// Validate is called by kong.
func (c *cli) Validate() error {
	if c.Profile != "" && (c.Chaos || c.DiskFull || c.Attack) {
		return fmt.Errorf("--profile goes neither with --attack nor with --chaos nor with --disk-full")
	}
	if c.Only != "" && (!c.Attack || c.Short || !slices.ContainsFunc(floods(), func(f flooding) bool { return f.name == c.Only })) {
		return fmt.Errorf("--only takes the name of a flood, and goes with --attack and without --short")
	}
	p, err := profileNamed(c.Profile)
	if err != nil {
		return err
	}
	if c.Rounds < 1 {
		return fmt.Errorf("--rounds must be 1 or more")
	}
	if c.Messages < minMessages || c.Messages > maxTokens {
		return fmt.Errorf("--messages must be from %d to %d", minMessages, maxTokens)
	}
	return c.load(p).check()
}

// load is the load of a profile, with what the command line says otherwise.
func (c *cli) load(p profile) load {
	l := p.load
	set(&l.sessions, c.Sessions)
	set(&l.senders, c.Senders)
	set(&l.rate, c.Rate)
	set(&l.duration, c.Duration)
	set(&l.idle, c.Idle)
	l.senders = min(l.senders, max(l.sessions, 1))
	if c.Senders != nil {
		l.senders = *c.Senders
	}
	return l
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
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
		kong.Description("Measures what sessions and messages cost a confab server.\n\n"+describeProfiles()),
		kong.UsageOnError(),
		kong.Vars{"floods": strings.Join(floodNames(), ", ")},
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
	if c.Flood != "" {
		if err := runFlood(ctx, c.Flood, os.Stdin, io.out); err != nil {
			fmt.Fprintln(io.err, "the flood has ended:", err)
			return exitFailed
		}
		return exitDone
	}
	found, err := c.measure(ctx, func(doing string) { fmt.Fprintln(io.err, doing) })
	if err == nil {
		err = report(io.out, found, c.JSON)
	}
	if err != nil {
		fmt.Fprintln(io.err, "confab-load:", err)
		return exitFailed
	}
	if !found.good() {
		return exitFailed
	}
	return exitDone
}

// measure does what the command line asks for. It leaves nothing behind.
func (c *cli) measure(ctx context.Context, say func(string)) (found outcome, err error) {
	err = onGround(ctx, c.Confab, say, func(g *ground) error {
		var err error
		switch {
		case c.Attack:
			found, err = attack(ctx, g, c.Short, c.Only)
		case c.Chaos:
			found, err = chaos(ctx, g, c.Rounds, c.Seed)
		case c.DiskFull:
			found, err = diskFull(ctx, g)
		default:
			p, _ := profileNamed(c.Profile)
			found, err = p.measure(ctx, g, c.load(p), c.Messages)
		}
		return err
	})
	return found, err
}
