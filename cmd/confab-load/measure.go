package main

import (
	"context"
	"fmt"
	"time"
)

// settleTime is the time without a new message on any screen after which the rest
// counts as scrolled off before it was drawn.
const settleTime = 30 * time.Second

// figures are the measurements of sessions and messages.
type figures struct {
	schedule
	silent bool // no messages were to be sent

	connecting   time.Duration // from the first connection to the last first frame
	sending      time.Duration // from the first Enter, with the pause after the last
	idling       time.Duration
	screen, wire int64           // bytes that the clients received while messages were sent
	latencies    []time.Duration // latencies of the deliveries, ascending

	// These are the server's figures when it was ready, when all were connected,
	// when it had idled, and after the messages.
	ready, connected, idled, sent usage

	lost   int   // sessions that ended too early
	why    error // why one of them did
	faults []string
}

// measureChat runs the server and the clients through all phases.
func measureChat(ctx context.Context, g *ground, l load, _ int) (outcome, error) {
	return measureSessions(ctx, g, l, false)
}

// measureIdle leaves out the messages.
func measureIdle(ctx context.Context, g *ground, l load, _ int) (outcome, error) {
	return measureSessions(ctx, g, l, true)
}

func measureSessions(ctx context.Context, g *ground, l load, silent bool) (*figures, error) {
	s, err := g.site(ctx, "data", l.sessions, nil)
	if err != nil {
		return nil, err
	}
	f := &figures{schedule: l.schedule(), silent: silent}
	f.faults, err = s.serve(ctx, func(server *server) error { return f.phases(ctx, l, s, server) })
	if err != nil {
		return nil, err
	}
	return f, nil
}

// phases connects the clients, leaves them idle, lets them write, and hangs up.
func (f *figures) phases(ctx context.Context, l load, s *site, server *server) error {
	pid := server.cmd.Process.Pid
	s.say(fmt.Sprintf("connecting %d clients", f.sessions))
	f.ready = usageOf(pid)
	began := time.Now()
	all, err := gather(ctx, server.addr, s.hostKey, s.accounts, newTally(f.schedule))
	if err != nil {
		return err
	}
	defer all.leave()
	f.connecting = time.Since(began)
	if err := all.rest(ctx); err != nil {
		return err
	}
	f.connected = usageOf(pid)

	s.say(fmt.Sprintf("idling for %s", l.idle))
	began = time.Now()
	if err := sleep(ctx, l.idle); err != nil {
		return err
	}
	f.idled, f.idling = usageOf(pid), time.Since(began)

	if !f.silent {
		s.say(fmt.Sprintf("sending %d messages for %s", f.messages, l.duration))
		screen, wire := all.received()
		if err := f.send(ctx, all); err != nil {
			return err
		}
		f.screen, f.wire = all.received()
		f.screen, f.wire = f.screen-screen, f.wire-wire
	}
	f.sent = usageOf(pid)
	f.lost, f.why = all.lost()
	all.leave()
	f.latencies = all.tally.latencies(0, f.messages)
	return nil
}

// send sends the messages. It waits until all are delivered or it is clear that
// some won't be: a screen shows only the latest messages, so messages that scrolled
// off before they were drawn never will be.
func (f *figures) send(ctx context.Context, all *crowd) (err error) {
	f.sending, err = all.sendAndSettle(ctx, 0, f.messages)
	return err
}
