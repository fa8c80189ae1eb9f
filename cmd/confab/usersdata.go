package main

import (
	"context"
	"fmt"

	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

type usersExportCmd struct {
	datafolder.Flag
	userArg
}

func (c *usersExportCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		return service.Accounts().Export(ctx, c.Name, out.Out)
	})
}

type usersDeleteCmd struct {
	datafolder.Flag
	userArg

	Purge bool `help:"Also delete its messages. Without --purge, they stay as those of a deleted user."`
}

func (c *usersDeleteCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		user, err := service.Host().DeleteUser(ctx, c.Name, c.Purge)
		if err != nil {
			return err
		}
		what := "its messages stay, as a deleted user's"
		if c.Purge {
			what = "its messages are deleted too"
		}
		fmt.Fprintf(out.Out, "deleted  %s; %s\n", user.Name, what)
		return nil
	})
}
