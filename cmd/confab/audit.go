package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

type auditCmd struct {
	datafolder.Flag
	console.Format

	Last int `help:"Number of entries to show, counted from the newest." default:"100"`
}

type auditObject struct {
	console.Head

	Number int64   `json:"number"`
	At     *string `json:"at"`
	Actor  string  `json:"actor"`
	Action string  `json:"action"`
	Target string  `json:"target"`
	Detail string  `json:"detail,omitempty"`
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
		if c.JSON {
			slices.Reverse(entries)
			return console.List(c.Format, out, entries, "", func(e chat.AuditEntry) console.Item {
				return console.Item{Object: auditObject{console.NewHead("audit"), e.ID, console.Stamp(e.At), e.Actor, e.Action, e.Target, e.Detail}}
			})
		}
		for _, e := range slices.Backward(entries) {
			fmt.Fprintf(out.Out, "%s  %s  %s\n", e.At.UTC().Format(time.RFC3339), e.Actor, e.Text())
		}
		return nil
	})
}
