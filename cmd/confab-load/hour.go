package main

import (
	"context"
	"fmt"
	"time"

	"confab/app/service"
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
func measureHour(ctx context.Context, g *ground, l load, _ int) (outcome, error) {
	s, err := g.site(ctx, "data", l.sessions, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []account) error {
		ids, err := groups(ctx, store, service, accounts, visits)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := fill(ctx, store, visitHistory, smallTalk(id, 1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f := &findings{}
	faults, err := s.serve(ctx, func(server *server) error { return hour(ctx, f, l, s, server) })
	f.faulty(faults)
	return f, err
}

func hour(ctx context.Context, f *findings, l load, s *site, server *server) error {
	pid := server.cmd.Process.Pid
	ready := usageOf(pid)
	s.say(fmt.Sprintf("connecting %d clients", l.sessions))
	t := newTally(l.schedule())
	all, err := gather(ctx, server.addr, s.hostKey, s.accounts, t)
	if err != nil {
		return err
	}
	defer all.leave()
	if err := all.rest(ctx); err != nil {
		return err
	}
	fresh := usageOf(pid)
	s.say(fmt.Sprintf("visiting %d conversations", visits))
	err = each(ctx, l.sessions, visitAtOnce, func(ctx context.Context, i int) error {
		return visitAll(ctx, all.clients[i])
	})
	if err != nil {
		return err
	}
	if err := all.rest(ctx); err != nil {
		return err
	}
	visited := usageOf(pid)
	s.say(fmt.Sprintf("sending %d messages", t.messages))
	if _, err := all.sendAndSettle(ctx, 0, t.messages); err != nil {
		return err
	}
	s.say(fmt.Sprintf("idling for %s", l.idle))
	if err := sleep(ctx, l.idle); err != nil {
		return err
	}
	after := usageOf(pid)
	f.lost(all.lost())
	all.leave()
	f.tell("sessions", "sessions", "%d", l.sessions)
	f.tell("visits", "conversations that each visited", "%d", visits)
	if !ready.known || !after.known {
		f.report = append(f.report, line{"RSS a session", unknown})
		return nil
	}
	f.tell("rss_per_session_fresh_kb", "RSS a session, connected", "%.0f KB", perSession(ready, fresh, l.sessions))
	f.tell("rss_per_session_visited_kb", "RSS a session, after the visits", "%.0f KB", perSession(ready, visited, l.sessions))
	f.tell("rss_per_session_kb", "RSS a session, after messages and some rest", "%.0f KB", perSession(ready, after, l.sessions))
	f.tell("cpu_per_visit_ms", "CPU a visit with two pages", "%.2f ms", milliseconds(visited.cpu-fresh.cpu)/float64(l.sessions*(visits+1)))
	return nil
}

// visitAll opens one conversation after the other, pages up in each, and returns to
// the first.
func visitAll(ctx context.Context, c *client) error {
	for range visits + 1 {
		for _, key := range []string{keyNext, keyPageUp, keyPageUp, keyEnd} {
			if err := c.press(key); err != nil {
				return err
			}
			if err := sleep(ctx, visitPause); err != nil {
				return err
			}
		}
	}
	return nil
}
