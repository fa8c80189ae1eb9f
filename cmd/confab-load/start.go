package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/app/service"
	"confab/db/sqlite"
)

// starts is how many starts the median is taken of.
const starts = 7

// measureStart fills a store, and starts servers on it.
func measureStart(ctx context.Context, g *ground, _ load, messages int) (outcome, error) {
	g.say(fmt.Sprintf("filling a store with %d messages", messages))
	s, err := g.site(ctx, "data", library, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []account) error {
		_, err := furnishLibrary(ctx, store, service, accounts, messages)
		return err
	})
	if err != nil {
		return nil, err
	}
	f := &findings{}
	var took []time.Duration
	for range starts {
		var ready time.Duration
		faults, err := s.serve(ctx, func(server *server) error {
			ready = server.took
			return nil
		})
		if err != nil {
			return nil, err
		}
		f.faulty(faults)
		took = append(took, ready)
	}
	slices.Sort(took)
	f.tell("messages", "messages", "%d", messages)
	f.tell("ready_ms", fmt.Sprintf("from the start to ready, median of %d", starts), "%.0f ms", milliseconds(percentile(took, 50)))
	f.tell("ready_max_ms", "the slowest", "%.0f ms", milliseconds(percentile(took, 100)))
	return f, nil
}
