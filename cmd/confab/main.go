// Command confab is a chat server that people reach with ssh, and the commands
// with which its host looks after it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"confab/app/chat"
)

// Exit statuses.
const (
	exitDone    = 0
	exitRefused = 1 // it could not be done
	exitUsage   = 2 // the command line is wrong
)

// cli is the command line; each command has a file of its own.
type cli struct {
	Serve serveCmd `cmd:"" help:"Start the server."`
	Keys  keysCmd  `cmd:"" help:"See and change who may connect; also while the server runs."`
	Users usersCmd `cmd:"" help:"See and change who has an account and what it may do; also while the server runs."`
	Bans  bansCmd  `cmd:"" help:"Keep accounts, keys and networks out."`
	Audit auditCmd `cmd:"" help:"Show who did what, newest last."`

	Join    joinCmd    `cmd:"" help:"See or change how people join; also while the server runs."`
	Invite  inviteCmd  `cmd:"" help:"Make a code with which people join."`
	Backup  backupCmd  `cmd:"" help:"Write all of a server into one file, also while it runs."`
	Restore restoreCmd `cmd:"" help:"Make a data folder from a backup."`
	Export  exportCmd  `cmd:"" help:"Write what is in the database as JSON Lines, for other programs."`
	Doctor  doctorCmd  `cmd:"" help:"Look whether all is well, and say what to do if it is not."`
	Accept  acceptCmd  `cmd:"" help:"Go on with a data folder of which a part was lost or replaced."`
	Config  configCmd  `cmd:"" help:"Write and check the file with the server's settings."`
	DB      dbCmd      `cmd:"" name:"db" help:"Look at the database."`

	Man        manCmd        `cmd:"" help:"Print the manual page."`
	Completion completionCmd `cmd:"" help:"Print what a shell needs to complete commands and flags."`
	Complete   completeCmd   `cmd:"" hidden:"" help:"Print how a command line may go on."`

	Version kong.VersionFlag `help:"Show the version and stop."`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	// The first signal asks for a graceful stop; after it the default is back,
	// so a second one ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, io streams) (status int) {
	exited, out, asked := false, io.out, exitDone
	switch {
	case len(args) == 0: // the help, as what is wrong
		args, out, asked = []string{"--help"}, io.err, exitUsage
	case args[0] == "help":
		args = append(args[1:len(args):len(args)], "--help")
	case len(args) == 1 && args[0] == "version":
		args = []string{"--version"}
	}
	parser, err := kong.New(&cli{},
		kong.Name("confab"),
		kong.Description("A chat server that people reach with ssh."),
		kong.UsageOnError(),
		kong.Writers(out, io.err),
		kong.Vars{"version": version()},
		kong.Exit(func(code int) { exited, status = true, code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(io),
		kong.WithBeforeResolve(resolveSettings),
	)
	if err != nil {
		fmt.Fprintln(io.err, "confab:", err)
		return exitUsage
	}
	command, err := parser.Parse(args)
	if exited { // --help or --version
		return max(status, asked)
	}
	if wrong, ok := errors.AsType[*configError](err); ok {
		fmt.Fprintln(io.err, "confab:", wrong)
		return exitUsage
	}
	if err != nil {
		fmt.Fprintf(io.err, "confab: %s; confab --help shows how.\n", strings.TrimSuffix(err.Error(), "."))
		return exitUsage
	}
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(io.err, "confab:", hinted(err.Error(), chat.HintOf(err)))
		return exitRefused
	}
	return exitDone
}
