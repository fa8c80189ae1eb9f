package main

import (
	"context"
	"fmt"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

const (
	// backTime is how long memory is watched afterwards. backRatio is the level to
	// which it should return, as a multiple of the level before.
	backTime  = 60 * time.Second
	backRatio = 1.3
)

// measureBurst sends many messages to a group at once. A screen shows only the
// newest ones, so the measure is when it shows the last ones.
func measureBurst(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	s, err := g.Site(ctx, "data", l.sessions, nil)
	if err != nil {
		return nil, err
	}
	f := &report.Findings{}
	faults, err := s.Serve(ctx, func(server *testbed.Server) error { return burst(ctx, f, l, s, server) })
	f.Faulty(faults)
	return f, err
}

func burst(ctx context.Context, f *report.Findings, l load, s *testbed.Site, server *testbed.Server) error {
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
	if err := testbed.Sleep(ctx, l.idle); err != nil {
		return err
	}
	memory := testbed.WatchMemory(server.Cmd.Process.Pid)
	defer memory.Stop()
	s.Say(fmt.Sprintf("sending %d messages in %s", t.Messages, l.duration))
	began := time.Now().Add(t.Lead()) // the first Enter
	if _, err := all.Send(ctx, 0, t.Messages); err != nil {
		return err
	}
	ended := time.Now()
	late := time.NewTimer(testbed.Patience)
	defer late.Stop()
	select {
	case <-t.Current:
		took := time.Since(began)
		f.Tell("settled_s", "newest message on all screens, from the first Enter", "%.2f s", took.Seconds())
		f.Tell("settled_after_last_s", "the same from the last Enter", "%.2f s", (took - ended.Sub(began)).Seconds())
	case <-late.C:
		f.Fail("some screens did not reach the newest message", "%d of %d are behind after %s", t.Behind.Load(), l.sessions, testbed.Patience)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.Say("waiting for memory to return")
	back, err := waitForMemory(ctx, memory)
	if err != nil {
		return err
	}
	f.Lost(all.Lost())
	all.Leave()
	f.Tell("delivered", "messages drawn on screens on the way", "%d", len(t.Latencies(0, t.Messages)))
	f.Tell("deliveries", "of the possible number", "%d", t.Deliveries())
	tellMemory(f, memory, back)
	return nil
}

// waitForMemory waits until memory has returned to its level, or backTime has passed. It
// returns the time and the level. The waiting costs no CPU.
func waitForMemory(ctx context.Context, m *testbed.Memory) (b back, err error) {
	for began := time.Now(); ; {
		b = back{time.Since(began), m.Ratio()}
		if b.ratio <= backRatio || b.took > backTime || !m.Before.Known {
			return b, nil
		}
		if err := testbed.Sleep(ctx, testbed.SampleEvery); err != nil {
			return b, err
		}
	}
}

// back is the level of memory after a while.
type back struct {
	took  time.Duration
	ratio float64
}

// tellMemory reports the memory before, at its peak and afterwards.
func tellMemory(f *report.Findings, m *testbed.Memory, b back) {
	m.Stop()
	if !m.Before.Known {
		f.Note("RSS", report.Unknown)
		return
	}
	f.Tell("rss_before_mb", "RSS before", "%.1f MB", megabytes(m.Before))
	f.Tell("rss_peak_ratio", "peak RSS, relative to before", "%.2f", float64(m.Peak)/float64(m.Before.Resident))
	f.Tell("rss_after_ratio", "RSS afterwards, relative to before", "%.2f", b.ratio)
	f.Tell("rss_back_s", fmt.Sprintf("time until then, at most %s", backTime), "%.1f s", b.took.Seconds())
}
