package main

import (
	"context"
	"fmt"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

type joinCmd struct {
	datafolder.Flag

	Mode string `arg:"" optional:"" help:"closed: only the host adds people. request: people ask to join, and owners and admins decide. invite: people need a code. open: everyone can join. Without MODE, the current mode is shown."`
}

func (c *joinCmd) Run(ctx context.Context, out console.Streams) error {
	var mode chat.JoinMode
	if c.Mode != "" {
		var err error
		if mode, err = chat.ParseJoinMode(c.Mode); err != nil {
			return err
		}
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		if mode != "" {
			if err := service.Joining().SetMode(ctx, mode); err != nil {
				return err
			}
		}
		mode, err := service.Joining().Mode(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "%s: %s\n", mode, hinted(mode.Does(), mode.Hint(), c.Option()))
		return nil
	})
}

type inviteCmd struct {
	datafolder.Flag

	Uses    int    `help:"How many people can use the code." default:"1" placeholder:"N"`
	Expires string `help:"How long the code is valid, such as 12h, 7d or 2w." default:"7d" placeholder:"TIME"`
	Role    string `help:"Server role of the people who join: member, admin or owner." default:"member"`
}

func (c *inviteCmd) Run(ctx context.Context, out console.Streams) error {
	lasts, err := chat.ParseExpiry(c.Expires)
	if err != nil {
		return err
	}
	if c.Uses < 1 { // 0 would mean the default
		return chat.Refuse(text.ErrInvalid, "--uses must be 1 or more, not %d.", c.Uses)
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		code, expires, err := service.Joining().Invite(ctx, chat.Invitation{Uses: c.Uses, Lasts: lasts, Role: chat.Role(c.Role)})
		if err != nil {
			return err
		}
		fmt.Fprintln(out.Out, code)
		fmt.Fprintf(out.Err, "The code is shown only now, and is valid until %s. To join: ssh %s@HOST, or type it at the join screen.\n",
			console.Minute(expires), code)
		mode, err := service.Joining().Mode(ctx)
		if err == nil && mode == chat.JoinClosed {
			fmt.Fprintf(out.Err, "The server is closed. The code will work after you run  confab join invite%s\n", c.Option())
		}
		return err
	})
}

// joinMode is the mode of joining, as a setting. "" leaves the mode as it is.
type joinMode chat.JoinMode

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *joinMode) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = ""
		return nil
	}
	mode, err := chat.ParseJoinMode(string(text))
	*m = joinMode(mode)
	return err
}
