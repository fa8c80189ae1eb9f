package main

import (
	"context"
	"fmt"
	"math"
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

	Last  *int   `help:"Number of entries to show, counted from the newest. By default 100, or with --since all." placeholder:"N"`
	Since string `help:"Show the entries from this time on: a day such as 2026-11-28, a time such as 2026-11-28T15:04:05Z, or how long ago, such as 12h or 7d." placeholder:"TIME"`
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
	if c.Last != nil && *c.Last < 1 {
		return fmt.Errorf("--last must be 1 or more, not %d", *c.Last)
	}
	_, err := beginning(c.Since, time.Now())
	return err
}

// beginning reads a time from which on something is shown: a day, a time, or how long ago. It
// is the zero time for "".
func beginning(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return at, nil
		}
	}
	ago, err := chat.ParseExpiry(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("--since takes a day such as 2026-11-28, a time such as 2026-11-28T15:04:05Z, or how long ago, such as 12h or 7d, not %q", s)
	}
	return now.Add(-ago), nil
}

// auditShown is how many entries are shown if the command line does not say.
const auditShown = 100

func (c *auditCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		since, err := beginning(c.Since, time.Now())
		if err != nil {
			return err
		}
		last := auditShown
		if c.Last != nil {
			last = *c.Last
		} else if c.Since != "" {
			last = math.MaxInt32
		}
		entries, err := service.Host().Audit(ctx, last)
		if err != nil {
			return err
		}
		entries = slices.DeleteFunc(entries, func(e chat.AuditEntry) bool { return e.At.Before(since) })
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
