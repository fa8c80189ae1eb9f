package main

import (
	"context"
	"fmt"

	"confab/app/chat"
	"confab/app/service"
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
