// Command confab-load measures what sessions and messages cost a confab server. It
// starts a server on a temporary data folder, connects many real SSH clients to it,
// lets some of them write, and looks for their messages on the screens of all
// others. It also tests what a server keeps when it is killed, and what it does on
// a full disk.
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

	"confab/cmd/confab-load/attack"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/cluster"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/soak"
	"confab/cmd/confab-load/testbed"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // it could not measure, or something failed
	exitUsage  = 2 // the command line is wrong
)

// cli is the command line. A flag whose default depends on the profile is nil if it
// is not given.
type cli struct {
	Profile  string         `help:"The profile to measure: see below." placeholder:"NAME"`
	Sessions *int           `help:"Open sessions, each with its own account and key (200)."`
	Senders  *int           `help:"Sessions that write (10)."`
	Rate     *float64       `help:"Deliveries a second. A message counts once for each screen except its author's (2000)."`
	Duration *time.Duration `help:"Time for which messages are sent (10s)."`
	Idle     *time.Duration `help:"Time for which the idle server is measured first (10s)."`
	Messages int            `help:"Messages in the store, for the profiles that need many." default:"1000000"`

	Chaos    bool          `help:"Kill the server at random moments under load, and look for lost messages." xor:"mode"`
	Rounds   int           `help:"Number of kills, or of faults with --cluster." default:"5"`
	Seed     uint64        `help:"Seed of the random moments; 0 chooses a random seed, which is printed." default:"0"`
	Cluster  bool          `help:"Run several servers on one PostgreSQL database, cut and kill them under load, and compare what people saw with the database. Needs PostgreSQL's programs." xor:"mode"`
	Nodes    int           `help:"With --cluster: the number of servers." default:"3"`
	Bus      string        `help:"With --cluster: how the servers wake each other: ${enum}. The tool starts NATS itself." enum:"notify,nats" default:"notify" placeholder:"BUS"`
	Fault    string        `help:"With --cluster: only this fault in each round: ${faults}." placeholder:"NAME"`
	Mangle   string        `help:"With --cluster: servers that are built to do something wrong: hear no third message of the bus, hear each twice, or some in reverse order (third, twice, reversed), or hear no third and read only the newest of the messages that they have missed (skip). Only with the last one must the run fail. Needs the source code." placeholder:"NAME"`
	Soak     time.Duration `help:"Use the server as a team does for so long, with restarts, and look for what grows and for what is lost." xor:"mode"`
	DiskFull bool          `help:"Fill the server's disk, and make room again. Needs Linux and root." xor:"mode"`

	Attack bool   `help:"Attack the server as a member or a stranger could, and measure the effect on others." xor:"mode"`
	Short  bool   `help:"Leave out the floods, and write less to files: about two minutes."`
	Only   string `help:"Only the flood with this name: ${floods}." placeholder:"NAME"`
	Flood  string `help:"Read the target of a flood from standard input, and flood it until the connections end." hidden:""`

	JSON   bool   `help:"Print the report as one JSON object." name:"json"`
	Confab string `help:"The server to measure; by default it is built from the source code." placeholder:"PATH" type:"existingfile"`
}

// Validate is called by kong.
func (c *cli) Validate() error {
	if c.Profile != "" && (c.Chaos || c.Cluster || c.DiskFull || c.Attack || c.Soak != 0) {
		return fmt.Errorf("--profile cannot be combined with --attack, --chaos, --cluster, --disk-full or --soak")
	}
	if c.Bus != cluster.BusNotify && !c.Cluster {
		return fmt.Errorf("--bus goes with --cluster")
	}
	if c.Fault != "" && (!c.Cluster || !slices.Contains(cluster.FaultNames(), c.Fault) || cluster.NeedsNATS(c.Fault) && c.Bus != cluster.BusNATS) {
		return fmt.Errorf("--fault is one of %s; it goes with --cluster, and those of NATS with --bus nats", strings.Join(cluster.FaultNames(), ", "))
	}
	if c.Mangle != "" && (!c.Cluster || !slices.Contains(cluster.Mangles(), c.Mangle)) {
		return fmt.Errorf("--mangle is one of %s, and goes with --cluster", strings.Join(cluster.Mangles(), ", "))
	}
	if c.Nodes < 1 {
		return fmt.Errorf("--nodes must be 1 or more")
	}
	if c.Soak < 0 {
		return fmt.Errorf("--soak must be above 0")
	}
	if c.Only != "" && (!c.Attack || c.Short || !slices.Contains(attack.FloodNames(), c.Only)) {
		return fmt.Errorf("--only takes the name of a flood, and goes with --attack and without --short")
	}
	p, err := profileNamed(c.Profile)
	if err != nil {
		return err
	}
	if c.Rounds < 1 {
		return fmt.Errorf("--rounds must be 1 or more")
	}
	if c.Messages < minMessages || c.Messages > clients.MaxTokens {
		return fmt.Errorf("--messages must be from %d to %d", minMessages, clients.MaxTokens)
	}
	return c.load(p).check()
}

// load returns the load of a profile, changed by the flags of the command line.
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

// streams are the output streams of the command.
type streams struct{ out, err io.Writer }

func main() {
	// The first signal cleans up and restores the default handling. So a second
	// signal ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// run runs one command line and returns the exit status.
func run(ctx context.Context, args []string, io streams) (status int) {
	exited := false
	var c cli
	parser, err := kong.New(&c,
		kong.Name("confab-load"),
		kong.Description("Measures what sessions and messages cost a confab server.\n\n"+describeProfiles()),
		kong.UsageOnError(),
		kong.Vars{"floods": strings.Join(attack.FloodNames(), ", "), "faults": strings.Join(cluster.FaultNames(), ", ")},
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
		fmt.Fprintf(io.err, "confab-load: %s; see confab-load --help.\n", err)
		return exitUsage
	}
	if c.Flood != "" {
		if err := attack.RunFlood(ctx, c.Flood, os.Stdin, io.out); err != nil {
			fmt.Fprintln(io.err, "the flood ended:", err)
			return exitFailed
		}
		return exitDone
	}
	found, err := c.measure(ctx, func(doing string) { fmt.Fprintln(io.err, doing) })
	if err == nil {
		err = report.Write(io.out, found, c.JSON)
	}
	if err != nil {
		fmt.Fprintln(io.err, "confab-load:", err)
		return exitFailed
	}
	if !found.Good() {
		return exitFailed
	}
	return exitDone
}

// measure does the work of the command line. It leaves nothing behind.
func (c *cli) measure(ctx context.Context, say func(string)) (found report.Outcome, err error) {
	err = testbed.OnGround(ctx, c.Confab, say, func(g *testbed.Ground) error {
		var err error
		switch {
		case c.Attack:
			found, err = attack.Run(ctx, g, c.Short, c.Only)
		case c.Chaos:
			found, err = chaos(ctx, g, c.Rounds, c.Seed)
		case c.Cluster:
			found, err = cluster.Run(ctx, g, cluster.Options{Nodes: c.Nodes, Rounds: c.Rounds, Seed: c.Seed, Bus: c.Bus, Mangle: c.Mangle, Fault: c.Fault})
		case c.Soak != 0:
			found, err = soak.Run(ctx, g, c.Soak, c.Seed)
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
