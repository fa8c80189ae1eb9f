package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/app/service"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

// starts is how many starts the median is taken of.
const starts = 7

// measureStart fills a store, and starts servers on it.
func measureStart(ctx context.Context, g *testbed.Ground, _ load, messages int) (report.Outcome, error) {
	g.Say(fmt.Sprintf("filling a store with %d messages", messages))
	s, err := g.Site(ctx, "data", library, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		_, err := furnishLibrary(ctx, store, service, accounts, messages)
		return err
	})
	if err != nil {
		return nil, err
	}
	f := &report.Findings{}
	var took []time.Duration
	for range starts {
		var ready time.Duration
		faults, err := s.Serve(ctx, func(server *testbed.Server) error {
			ready = server.Took
			return nil
		})
		if err != nil {
			return nil, err
		}
		f.Faulty(faults)
		took = append(took, ready)
	}
	slices.Sort(took)
	f.Tell("messages", "messages", "%d", messages)
	f.Tell("ready_ms", fmt.Sprintf("from the start to ready, median of %d", starts), "%.0f ms", report.Milliseconds(report.Percentile(took, 50)))
	f.Tell("ready_max_ms", "the slowest", "%.0f ms", report.Milliseconds(report.Percentile(took, 100)))
	return f, nil
}
