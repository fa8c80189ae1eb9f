package main

import (
	"context"
	"fmt"
	"time"

	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

const (
	// visits is how many conversations each session opens. Each has visitHistory
	// messages before.
	visits       = 10
	visitHistory = 300
	// visitAtOnce is how many sessions do so at once, with a pause after each key.
	visitAtOnce = 128
	visitPause  = 100 * time.Millisecond
)

// measureHour does the work of an hour in a minute: everyone opens ten
// conversations and pages in them, and then some people write.
func measureHour(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	s, err := g.Site(ctx, "data", l.sessions, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		ids, err := testbed.Groups(ctx, store, service, accounts, visits)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := testbed.Fill(ctx, store, visitHistory, smallTalk(id, 1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f := &report.Findings{}
	faults, err := s.Serve(ctx, func(server *testbed.Server) error { return hour(ctx, f, l, s, server) })
	f.Faulty(faults)
	return f, err
}

func hour(ctx context.Context, f *report.Findings, l load, s *testbed.Site, server *testbed.Server) error {
	pid := server.Cmd.Process.Pid
	ready := testbed.UsageOf(pid)
	s.Say(fmt.Sprintf("connecting %d clients", l.sessions))
	t := clients.NewTally(l.schedule())
	all, err := clients.Gather(ctx, server.Addr, s.HostKey, s.Accounts, t)
	if err != nil {
		return err
	}
	defer all.Leave()
	if err := all.Rest(ctx); err != nil {
		return err
	}
	fresh := testbed.UsageOf(pid)
	s.Say(fmt.Sprintf("visiting %d conversations", visits))
	err = testbed.Each(ctx, l.sessions, visitAtOnce, func(ctx context.Context, i int) error {
		return visitAll(ctx, all.Clients[i])
	})
	if err != nil {
		return err
	}
	if err := all.Rest(ctx); err != nil {
		return err
	}
	visited := testbed.UsageOf(pid)
	s.Say(fmt.Sprintf("sending %d messages", t.Messages))
	if _, err := all.SendAndSettle(ctx, 0, t.Messages); err != nil {
		return err
	}
	s.Say(fmt.Sprintf("idling for %s", l.idle))
	if err := testbed.Sleep(ctx, l.idle); err != nil {
		return err
	}
	after := testbed.UsageOf(pid)
	f.Lost(all.Lost())
	all.Leave()
	f.Tell("sessions", "sessions", "%d", l.sessions)
	f.Tell("visits", "conversations that each visited", "%d", visits)
	if !ready.Known || !after.Known {
		f.Note("RSS a session", report.Unknown)
		return nil
	}
	f.Tell("rss_per_session_fresh_kb", "RSS a session, connected", "%.0f KB", perSession(ready, fresh, l.sessions))
	f.Tell("rss_per_session_visited_kb", "RSS a session, after the visits", "%.0f KB", perSession(ready, visited, l.sessions))
	f.Tell("rss_per_session_kb", "RSS a session, after messages and some rest", "%.0f KB", perSession(ready, after, l.sessions))
	f.Tell("cpu_per_visit_ms", "CPU a visit with two pages", "%.2f ms", report.Milliseconds(visited.CPU-fresh.CPU)/float64(l.sessions*(visits+1)))
	return nil
}

// visitAll opens one conversation after the other, pages up in each, and returns to
// the first.
func visitAll(ctx context.Context, c *clients.Client) error {
	for range visits + 1 {
		for _, key := range []string{clients.KeyNext, clients.KeyPageUp, clients.KeyPageUp, clients.KeyEnd} {
			if err := c.Press(key); err != nil {
				return err
			}
			if err := testbed.Sleep(ctx, visitPause); err != nil {
				return err
			}
		}
	}
	return nil
}
