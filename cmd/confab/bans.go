package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

type bansCmd struct {
	List   bansListCmd   `cmd:"" help:"List the current bans and silences."`
	Add    bansAddCmd    `cmd:"" help:"Ban an account, a key, an address or a network; its connections end at once."`
	Remove bansRemoveCmd `cmd:"" help:"Lift a ban."`
}

type bansListCmd struct {
	datafolder.Flag
	console.Format
}

func (c *bansListCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		bans, err := service.Host().Bans(ctx)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, bans, "Nobody is banned or silenced.", func(b chat.Ban) console.Item {
			end := banEnd(b)
			if b.Kind == chat.BanSilence {
				end = b.Done() + " " + end
			}
			return console.Item{Object: objectOf(b), Columns: []string{b.Title(), end, "by " + b.MadeBy, b.Reason}}
		})
	})
}

// banEnd says when a ban ends.
func banEnd(b chat.Ban) string {
	if b.EndsAt.IsZero() {
		return "until lifted"
	}
	return "until " + b.EndsAt.UTC().Format(time.RFC3339)
}

type bansAddCmd struct {
	datafolder.Flag

	Target string   `arg:"" help:"@name, a key's fingerprint (SHA256:…), an address, or a network such as 192.0.2.0/24."`
	For    string   `help:"Length of the ban: 30m, 2h, 7d, 4w, or forever. Without it, a first ban lasts until it is lifted, and a second one ends when the first would have ended." placeholder:"TIME"`
	Reason []string `arg:"" optional:"" help:"Reason, which the banned people see. Without it, a second ban keeps the first one's."`
}

func (c *bansAddCmd) Run(ctx context.Context, out console.Streams) error {
	span, err := spanOf(c.For)
	if err != nil {
		return err
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		b, err := service.Host().Ban(ctx, c.Target, span, strings.Join(c.Reason, " "))
		if err != nil {
			return err
		}
		if b.Before != nil {
			fmt.Fprintln(out.Out, b.Words(banEnd))
			return nil
		}
		fmt.Fprintf(out.Out, "banned    %s  %s\n", b.Title(), banEnd(b.Ban))
		return nil
	})
}

// spanOf reads the length of a ban or a silence.
func spanOf(words string) (time.Duration, error) {
	if words == "" {
		return chat.SameSpan, nil
	}
	span, ok := chat.ParseSpan(words)
	if !ok {
		return 0, fmt.Errorf("--for must be a time such as 30m, 2h, 7d or 4w, or forever, not %q", words)
	}
	return span, nil
}

type usersSilenceCmd struct {
	datafolder.Flag
	userArg

	For    string `help:"How long: 30m, 2h, 7d, 4w, or forever. Without it, a first silence lasts until it is lifted, and a second one ends when the first would have ended." placeholder:"TIME"`
	Reason string `help:"Reason, which the silenced person sees. Without it, a second silence keeps the first one's." placeholder:"TEXT"`
}

func (c *usersSilenceCmd) Run(ctx context.Context, out console.Streams) error {
	span, err := spanOf(c.For)
	if err != nil {
		return err
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		b, err := service.Host().Silence(ctx, c.Name, span, c.Reason)
		if err != nil {
			return err
		}
		fmt.Fprintln(out.Out, b.Words(banEnd))
		return nil
	})
}

type usersUnsilenceCmd struct {
	datafolder.Flag
	userArg
}

func (c *usersUnsilenceCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		if err := service.Host().Unsilence(ctx, c.Name); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "@%s can write again.\n", strings.TrimPrefix(c.Name, "@"))
		return nil
	})
}

type bansRemoveCmd struct {
	datafolder.Flag

	Target string `arg:"" help:"The banned account, key, address or network, as confab bans list shows it."`
}

func (c *bansRemoveCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		if err := service.Host().Unban(ctx, c.Target); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "unbanned  %s\n", c.Target)
		return nil
	})
}
