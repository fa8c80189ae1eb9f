package importing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/importing/irc"
	"confab/app/importing/mattermost"
	"confab/app/importing/own"
	"confab/app/importing/slack"
	"confab/app/service"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/db/blobs"
	"confab/keys"
)

// withFile opens the export, and the folder with the contents of files, for one import.
func (o *options) withFile(export console.Path, do func(file *os.File, size int64, folder importing.Folder) error) error {
	f, err := os.Open(string(export))
	if err != nil {
		return fmt.Errorf("reading the export: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file: name the file of the export", f.Name())
	}
	folder, closeFolder, err := o.contents()
	if err != nil {
		return err
	}
	defer closeFolder()
	return do(f, info.Size(), folder)
}

type slackCmd struct {
	options

	Export console.Path `arg:"" help:"The zip file from Slack."`
}

// Run imports an export of Slack.
func (c *slackCmd) Run(ctx context.Context, out console.Streams) error {
	return c.withFile(c.Export, func(file *os.File, size int64, folder importing.Folder) error {
		source, err := slack.Open(file, size, folder)
		if err != nil {
			return fmt.Errorf("reading %s: %w", file.Name(), err)
		}
		_, err = c.run(ctx, out, source)
		return err
	})
}

type mattermostCmd struct {
	options

	Export console.Path `arg:"" help:"The file with JSON Lines from mmctl export or mattermost export bulk."`
}

// Run imports a bulk export of Mattermost.
func (c *mattermostCmd) Run(ctx context.Context, out console.Streams) error {
	return c.withFile(c.Export, func(file *os.File, size int64, folder importing.Folder) error {
		_, err := c.run(ctx, out, mattermost.Open(file, size, folder))
		return err
	})
}

type ircCmd struct {
	options

	Format   string         `help:"The program that has written the logs: weechat, irssi or znc." required:"" enum:"weechat,irssi,znc" placeholder:"PROGRAM"`
	Channel  string         `help:"The channel of all these logs. By default it is in the names of the files." placeholder:"NAME"`
	Zone     string         `help:"Time zone of the times in the logs, such as Europe/Berlin. By default that of this machine." placeholder:"ZONE"`
	Encoding string         `help:"Encoding of lines that are not UTF-8." default:"windows-1252" placeholder:"NAME"`
	Logs     []console.Path `arg:"" help:"The log files."`
}

// Run imports log files of IRC.
func (c *ircCmd) Run(ctx context.Context, out console.Streams) error {
	zone := time.Local
	if c.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(c.Zone); err != nil {
			return fmt.Errorf("there is no time zone %q: write a name such as Europe/Berlin or UTC", text.CleanLine(c.Zone, 40))
		}
	}
	var logs []irc.Log
	for _, p := range c.Logs {
		logs = append(logs, irc.Log{Path: string(p), Open: func() (io.ReadCloser, error) { return os.Open(string(p)) }})
	}
	source, err := irc.Open(logs, irc.Options{Format: c.Format, Channel: c.Channel, Zone: zone, Encoding: c.Encoding})
	if err != nil {
		return err
	}
	_, err = c.run(ctx, out, source)
	return err
}

type confabCmd struct {
	options

	WithKeys bool         `help:"Let the keys in the export open the imported accounts again, with their roles. Without it, nobody can use the accounts before you let a key claim them."`
	Export   console.Path `arg:"" help:"The file that confab export has written."`
}

// Run imports an export of a server.
func (c *confabCmd) Run(ctx context.Context, out console.Streams) error {
	return c.withFile(c.Export, func(file *os.File, _ int64, folder importing.Folder) error {
		source := own.Open(file, folder, blobs.Path)
		restored, err := c.run(ctx, out, source)
		if err != nil || c.DryRun || !c.WithKeys || restored { // a restore brings the keys
			return err
		}
		people, err := source.People(ctx)
		if err != nil {
			return err
		}
		to := out.Out
		if c.JSON { // the report is the only object there
			to = out.Err
		}
		return c.WithService(ctx, out, func(s *service.Service) error { return letIn(ctx, to, s, people) })
	})
}

// letIn lets the keys of an export open the accounts that were imported from it.
func letIn(ctx context.Context, to io.Writer, s *service.Service, people []own.Person) error {
	users, err := s.Host().Users(ctx)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, u := range users {
		names[u.UID.String()] = u.Name
	}
	opened := 0
	for _, p := range people {
		name := names[p.ID]
		if name == "" || p.Disabled || len(p.Keys) == 0 {
			continue
		}
		found, err := keys.ParseAuthorized(strings.NewReader(strings.Join(p.Keys, "\n")))
		if err == nil {
			_, err = s.Accounts().Claim(ctx, name, found)
		}
		if err == nil && (p.Role == chat.RoleOwner || p.Role == chat.RoleAdmin) {
			err = s.Host().SetRole(ctx, name, p.Role)
		}
		switch {
		case err == nil:
			opened++
		case ctx.Err() != nil || errors.Is(err, chat.ErrClosed):
			return err
		default:
			fmt.Fprintf(to, "the keys of %s do not open it: %s\n", name, text.CleanLine(err.Error(), 200))
		}
	}
	fmt.Fprintf(to, "accounts that their keys open: %d\n", opened)
	return nil
}
