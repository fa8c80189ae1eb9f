package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

type auditCmd struct {
	datafolder.Flag

	Last int `help:"Number of entries to show, counted from the newest." default:"100"`
}

// Validate implements kong's validation.
func (c *auditCmd) Validate() error {
	if c.Last < 1 {
		return fmt.Errorf("--last must be 1 or more, not %d", c.Last)
	}
	return nil
}

func (c *auditCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		entries, err := service.Host().Audit(ctx, c.Last)
		if err != nil {
			return err
		}
		for _, e := range slices.Backward(entries) {
			fmt.Fprintf(out.Out, "%s  %s  %s\n", e.At.UTC().Format(time.RFC3339), e.Actor, e.Text())
		}
		return nil
	})
}
