// Package importing has the commands that bring the history of another chat into this one.
package importing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"confab/app/importing"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// Cmd is the command "import".
type Cmd struct {
	Slack      slackCmd      `cmd:"" help:"Import an export of Slack."`
	Mattermost mattermostCmd `cmd:"" help:"Import a bulk export of Mattermost."`
	IRC        ircCmd        `cmd:"" name:"irc" help:"Import log files of WeeChat, irssi or ZNC."`
	Confab     confabCmd     `cmd:"" help:"Import what confab export has written; into a server without accounts, restore all of it."`
}

const (
	// batch is how many messages are written at once on a stopped server. A running one gets
	// shorter transactions, because the messages of people wait for them.
	batch       = 5000
	batchBeside = 400
	maxPause    = 200 * time.Millisecond
	maxFile     = 256 << 20 // the largest file, in bytes
)

// options are the flags of all imports.
type options struct {
	datafolder.Flag

	DryRun  bool         `help:"Say what would come and what would not, and why, and change nothing."`
	Files   console.Path `help:"Folder with the contents of the files that the export only names." placeholder:"DIR"`
	Map     []string     `help:"Post what NAME of the other chat wrote as ACCOUNT, which that person has here. May be repeated." sep:"none" placeholder:"NAME=ACCOUNT"`
	MapFile console.Path `help:"A file with such lines, NAME=ACCOUNT." placeholder:"FILE"`
	console.Format
}

// contents opens the folder with the contents of files. It returns nil without one.
func (o *options) contents() (importing.Folder, func(), error) {
	if o.Files == "" {
		return nil, func() {}, nil
	}
	folder, closer, err := importing.OpenFolder(string(o.Files))
	if err != nil {
		return nil, nil, fmt.Errorf("opening the folder with files: %w", err)
	}
	return folder, func() { _ = closer.Close() }, nil
}

// run imports a source: first as a rehearsal, and then in earnest.
// It reports whether it has restored a whole server.
func (o *options) run(ctx context.Context, out console.Streams, source importing.Source) (restored bool, _ error) {
	dir, err := o.Path()
	if err != nil {
		return false, err
	}
	accounts, err := o.accounts()
	if err != nil {
		return false, err
	}
	err = o.WithService(ctx, out, func(s *service.Service) error {
		to := service.ImportInto(s)
		looking := newProgress(out, "reading", 0)
		looked := 0
		would, err := importing.Run(ctx, to, source, importing.Options{Rehearse: true, Batch: batch, MaxFile: maxFile, Accounts: accounts, Wrote: func(_ context.Context, n int, _ time.Duration) {
			looked = n
			looking.at(n)
		}})
		looking.end()
		if err != nil {
			return stopped(ctx, err, "Nothing was imported.")
		}
		if o.DryRun {
			return o.print(out.Out, source, "would come", would, false)
		}
		restored = would.Restoring
		if restored && datafolder.Serving(dir) {
			return errors.New("nothing was imported: this server has no accounts, so the export restores a whole server. Stop the server first, and start it again afterwards")
		}
		files, closeFiles, err := o.OpenContents(ctx, dir)
		if err != nil {
			return err
		}
		defer func() { _ = closeFiles() }()
		serving := datafolder.Serving(dir)
		each := batch
		if serving {
			each = batchBeside
		}
		importingNow := newProgress(out, "importing", looked)
		report, err := importing.Run(ctx, to, source, importing.Options{Batch: each, Blobs: files, MaxFile: maxFile, Accounts: accounts, Wrote: func(ctx context.Context, n int, took time.Duration) {
			importingNow.at(n)
			if serving || datafolder.Serving(dir) {
				rest(ctx, min(took, maxPause))
			}
		}})
		importingNow.end()
		return errors.Join(
			o.print(out.Out, source, "imported", report, err != nil),
			stopped(ctx, err, "Everything up to here is imported: run the same command again to go on."),
		)
	})
	return restored, err
}

// rest waits for as long as the last transaction took, so that the server gets half of the
// time for what people write.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// stopped explains the error of an import that its user has ended.
func stopped(ctx context.Context, err error, then string) error {
	if err != nil && ctx.Err() != nil {
		return errors.New("stopped. " + then)
	}
	return err
}
