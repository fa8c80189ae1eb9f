package main

import (
	"context"
	"fmt"

	"confab/app/chat"
	"confab/app/text"
)

type joinCmd struct {
	dataFlag

	Mode string `arg:"" optional:"" help:"closed: only the host adds people. request: they ask and wait to be let in. invite: with a code. open: they choose a name. Without it, the present one is shown."`
}

func (c *joinCmd) Run(ctx context.Context, out streams) error {
	var mode chat.JoinMode
	if c.Mode != "" {
		var err error
		if mode, err = chat.ParseJoinMode(c.Mode); err != nil {
			return err
		}
	}
	return c.withService(ctx, out, func(service *chat.Service) error {
		if mode != "" {
			if err := service.SetJoinMode(ctx, mode); err != nil {
				return err
			}
		}
		mode, err := service.JoinMode(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.out, "%s: %s\n", mode, hinted(mode.Does(), mode.Hint()))
		return nil
	})
}

type inviteCmd struct {
	dataFlag

	Uses    int    `help:"How many can join with it." default:"1" placeholder:"N"`
	Expires string `help:"How long it is good, such as 12h, 7d or 2w." default:"7d" placeholder:"TIME"`
	Role    string `help:"What those who join are on the server: member, admin or owner." default:"member"`
}

func (c *inviteCmd) Run(ctx context.Context, out streams) error {
	lasts, err := chat.ParseExpiry(c.Expires)
	if err != nil {
		return err
	}
	if c.Uses < 1 { // 0 would be the default
		return chat.Refuse(text.ErrInvalid, "A code can be used once or more often: --uses %d makes none.", c.Uses)
	}
	return c.withService(ctx, out, func(service *chat.Service) error {
		code, expires, err := service.Invite(ctx, chat.Invitation{Uses: c.Uses, Lasts: lasts, Role: chat.Role(c.Role)})
		if err != nil {
			return err
		}
		fmt.Fprintln(out.out, code)
		fmt.Fprintf(out.err, "It is shown this once, and good until %s. To join: ssh %s@HOST, or type it at the join screen.\n",
			expires.Format("2006-01-02 15:04"), code)
		mode, err := service.JoinMode(ctx)
		if err == nil && mode == chat.JoinClosed {
			fmt.Fprintln(out.err, "The server is closed: the code works after  confab join invite.")
		}
		return err
	})
}

// joinMode is how people join, as a setting; "" leaves it as it is.
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
