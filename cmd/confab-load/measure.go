package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

// figures are the measurements of sessions and messages.
type figures struct {
	clients.Schedule
	silent bool // no messages were to be sent

	connecting   time.Duration // from the first connection to the last first frame
	sending      time.Duration // from the first Enter, with the pause after the last
	idling       time.Duration
	screen, wire int64           // bytes that the clients received while messages were sent
	latencies    []time.Duration // latencies of the deliveries, ascending

	// These are the server's figures when it was ready, when all were connected,
	// when it had idled, and after the messages.
	ready, connected, idled, sent testbed.Usage

	// These are the tool's own figures before and after the messages.
	toolIdled, toolSent testbed.Usage
	resyncs             float64 // mailboxes that overflowed; only of a crowd
	crowd               bool

	lost   int   // sessions that ended too early
	why    error // why one of them did
	faults []string
}

// measureChat runs the server and the clients through all phases.
func measureChat(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	return measureSessions(ctx, g, l, &figures{})
}

// measureCrowd is measureChat with more sessions than a server usually admits. It also
// counts the mailboxes that overflowed.
func measureCrowd(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	return measureSessions(ctx, g, l, &figures{crowd: true}, unlimited, "--metrics=127.0.0.1:0")
}

// measureIdle leaves out the messages.
func measureIdle(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	return measureSessions(ctx, g, l, &figures{silent: true})
}

// measureSessions measures into f, with more flags for the server.
func measureSessions(ctx context.Context, g *testbed.Ground, l load, f *figures, more ...string) (*figures, error) {
	s, err := g.Site(ctx, "data", l.sessions, nil)
	if err != nil {
		return nil, err
	}
	f.Schedule = l.schedule()
	f.faults, err = s.Serve(ctx, func(server *testbed.Server) error { return f.phases(ctx, l, s, server) }, more...)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// phases connects the clients, leaves them idle, lets them write, and hangs up.
func (f *figures) phases(ctx context.Context, l load, s *testbed.Site, server *testbed.Server) error {
	pid := server.Cmd.Process.Pid
	s.Say(fmt.Sprintf("connecting %d clients", f.Sessions))
	f.ready = testbed.UsageOf(pid)
	began := time.Now()
	all, err := clients.Gather(ctx, server.Addr, s.HostKey, s.Accounts, clients.NewTally(f.Schedule))
	if err != nil {
		return err
	}
	defer all.Leave()
	f.connecting = time.Since(began)
	if err := all.Rest(ctx); err != nil {
		return err
	}
	f.connected = testbed.UsageOf(pid)

	s.Say(fmt.Sprintf("idling for %s", l.idle))
	began = time.Now()
	if err := testbed.Sleep(ctx, l.idle); err != nil {
		return err
	}
	f.idled, f.toolIdled, f.idling = testbed.UsageOf(pid), testbed.UsageOf(os.Getpid()), time.Since(began)

	if !f.silent {
		s.Say(fmt.Sprintf("sending %d messages for %s", f.Messages, l.duration))
		screen, wire := all.Received()
		if err := f.send(ctx, all); err != nil {
			return err
		}
		f.screen, f.wire = all.Received()
		f.screen, f.wire = f.screen-screen, f.wire-wire
	}
	f.sent, f.toolSent = testbed.UsageOf(pid), testbed.UsageOf(os.Getpid())
	if f.crowd {
		if f.resyncs, err = server.Metric(ctx, "confab_resyncs_total"); err != nil {
			return err
		}
	}
	f.lost, f.why = all.Lost()
	all.Leave()
	f.latencies = all.Tally.Latencies(0, f.Messages)
	return nil
}

// send sends the messages. It waits until all are delivered or it is clear that
// some won't be: a screen shows only the latest messages, so messages that scrolled
// off before they were drawn never will be.
func (f *figures) send(ctx context.Context, all *clients.Crowd) (err error) {
	f.sending, err = all.SendAndSettle(ctx, 0, f.Messages)
	return err
}
