// Command confab is a chat server that people use with ssh. It also has the
// commands with which the host manages it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"confab/app/chat"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/cmd/confab/hooks"
	"confab/cmd/confab/importing"
	"confab/cmd/confab/moderate"
	"confab/cmd/confab/newcomer"
	"confab/cmd/confab/settings"
)

// Exit statuses.
const (
	exitDone    = 0
	exitRefused = 1 // the command could not do it
	exitUsage   = 2 // the command line is wrong
	exitPartly  = 3 // a backup or a restore has left out damaged parts
)

// cli is the command line. Each command has a file of its own.
type cli struct {
	Serve serveCmd `cmd:"" help:"Start the server."`
	Keys  keysCmd  `cmd:"" help:"Show and change the keys that open accounts. Works while the server runs."`
	Users usersCmd `cmd:"" help:"Show and change accounts and their roles. Works while the server runs."`
	Bans  bansCmd  `cmd:"" help:"Ban accounts, keys and networks."`
	Audit auditCmd `cmd:"" help:"Show the audit log, newest last."`

	Messages moderate.MessagesCmd `cmd:"" help:"Show and delete messages. Works while the server runs."`
	Groups   moderate.GroupsCmd   `cmd:"" help:"Show, rename and delete groups. Works while the server runs."`
	Requests moderate.RequestsCmd `cmd:"" help:"Show and answer requests to join. Works while the server runs."`
	Codes    moderate.CodesCmd    `cmd:"" help:"Show and revoke codes for joining and for lost keys. Works while the server runs."`
	Hooks    hooks.Cmd            `cmd:"" help:"Make, show and revoke webhooks, with which other programs post to groups. Works while the server runs."`
	Announce moderate.AnnounceCmd `cmd:"" help:"Show a message to everybody. Works while the server runs."`

	Motd        moderate.MotdCmd        `cmd:"" help:"Show or change the message of the day, which everybody sees once. Works while the server runs."`
	Rules       moderate.RulesCmd       `cmd:"" help:"Show or change the rules, which people read before they join. Works while the server runs."`
	Maintenance moderate.MaintenanceCmd `cmd:"" help:"Show, begin or end a time in which only owners and admins can write. Works while the server runs."`

	Join    joinCmd               `cmd:"" help:"Show or change how people join. Works while the server runs."`
	Invite  newcomer.InviteCmd    `cmd:"" help:"Make an invitation code."`
	Page    newcomer.PageCmd      `cmd:"" help:"Write the page for newcomers: where the server is, its fingerprints, how to join, and the rules."`
	Backup  datafolder.BackupCmd  `cmd:"" help:"Write a backup of the whole server to one file, or check one. Works while the server runs."`
	Restore datafolder.RestoreCmd `cmd:"" help:"Create a data folder from a backup."`
	Migrate datafolder.MigrateCmd `cmd:"" help:"Move the server from a data folder to a PostgreSQL database, or back. No server may be running."`
	Export  datafolder.ExportCmd  `cmd:"" help:"Write the contents of the database as JSON Lines, for other programs."`
	Import  importing.Cmd         `cmd:"" help:"Bring the history of another chat into this one. Works while the server runs."`
	Doctor  datafolder.DoctorCmd  `cmd:"" help:"Check the data folder and the port, and say how to fix problems."`
	Accept  datafolder.AcceptCmd  `cmd:"" help:"Accept a data folder that has lost a part, or has a part of another server."`
	Config  settings.ConfigCmd    `cmd:"" help:"Write and check the server's settings file."`
	DB      datafolder.DBCmd      `cmd:"" name:"db" help:"Show facts about the database, and make it smaller."`

	Man        manCmd        `cmd:"" help:"Print the manual page."`
	Completion completionCmd `cmd:"" help:"Print the completion script of a shell."`
	Complete   completeCmd   `cmd:"" hidden:"" help:"Print the completions of a command line."`

	Version kong.VersionFlag `help:"Show the version."`
}

func main() {
	// The first signal asks for a graceful stop and restores the default handling.
	// So a second signal ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], console.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

// run runs one command line and returns the exit status.
func run(ctx context.Context, args []string, io console.Streams) (status int) {
	return runIn(ctx, datafolder.ThesePlaces(), args, io)
}

// runIn is run on a machine with other places for data.
func runIn(ctx context.Context, places datafolder.Places, args []string, io console.Streams) (status int) {
	exited, out, asked := false, io.Out, exitDone
	switch {
	case len(args) == 0: // no command: print the help, and fail
		args, out, asked = []string{"--help"}, io.Err, exitUsage
	case args[0] == "help":
		args = append(args[1:len(args):len(args)], "--help")
	case len(args) == 1 && args[0] == "version":
		args = []string{"--version"}
	}
	empty := settings.Grammar(func() any { return &cli{} })
	options := []kong.Option{
		kong.Name("confab"),
		kong.Description("A chat server that people use with ssh."),
		kong.UsageOnError(),
		kong.Writers(out, io.Err),
		kong.Vars{"version": version()},
		kong.Exit(func(code int) { exited, status = true, code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(io),
		kong.Bind(places),
		kong.Bind(empty),
		kong.WithBeforeResolve(empty.Resolve),
	}
	again := func() (*cli, *kong.Application, error) {
		command := &cli{}
		parser, err := kong.New(command, options...)
		if err != nil {
			return nil, nil, err
		}
		_, err = parser.Parse(args)
		return command, parser.Model, err
	}
	parser, err := kong.New(empty(), append(options, kong.Bind(parseAgain(again)))...)
	if err != nil {
		fmt.Fprintln(io.Err, "confab:", err)
		return exitUsage
	}
	command, err := parser.Parse(args)
	if exited { // --help or --version
		return max(status, asked)
	}
	if wrong, ok := errors.AsType[*settings.Error](err); ok {
		fmt.Fprintln(io.Err, "confab:", wrong)
		return exitUsage
	}
	if err != nil {
		fmt.Fprintf(io.Err, "confab: %s; see confab --help.\n", strings.TrimSuffix(err.Error(), "."))
		return exitUsage
	}
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(io.Err, "confab:", hinted(err.Error(), chat.HintOf(err), datafolder.OptionOf(command, places)))
		if errors.Is(err, datafolder.ErrPartly) {
			return exitPartly
		}
		return exitRefused
	}
	return exitDone
}
