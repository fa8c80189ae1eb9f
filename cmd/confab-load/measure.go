package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// settleTime is how long the last messages may take to be delivered, and the
// senders may be late.
const settleTime = 5 * time.Second

// figures are what was measured.
type figures struct {
	schedule

	connecting   time.Duration // from the first connection to the last first frame
	sending      time.Duration // from the first Enter, with the pause after the last
	idling       time.Duration
	screen, wire int64           // bytes that the clients received while messages were sent
	latencies    []time.Duration // of what was delivered, ascending

	// What the server had used when it was ready, when all were connected, when
	// it had idled, and after the messages.
	ready, connected, idled, sent usage

	lost   int   // sessions that ended before they should
	why    error // one of them did
	faults []string
}

// measure runs the server and the clients through all phases. It leaves nothing
// behind.
func measure(ctx context.Context, c cli, say func(string)) (_ *figures, err error) {
	dir, err := os.MkdirTemp("", "confab-load-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	confab := c.Confab
	if confab == "" {
		say("building the server")
		if confab, err = build(ctx, dir); err != nil {
			return nil, err
		}
	}
	say(fmt.Sprintf("enrolling %d accounts", c.Sessions))
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	accounts, hostKey, err := enrol(ctx, data, c.Sessions)
	if err != nil {
		return nil, err
	}
	s, err := startServer(ctx, confab, data, filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	f := &figures{schedule: c.schedule()}
	err = f.phases(ctx, c, say, s, func() (*crowd, error) {
		return gather(ctx, s.addr, hostKey, accounts, newTally(f.schedule))
	})
	if err = errors.Join(err, s.stop()); err != nil {
		return nil, err
	}
	f.faults = s.faults()
	return f, nil
}

// phases connects the clients, leaves them idle, lets them write, and hangs up.
func (f *figures) phases(ctx context.Context, c cli, say func(string), s *server, gather func() (*crowd, error)) error {
	pid := s.cmd.Process.Pid
	say(fmt.Sprintf("connecting %d clients", f.sessions))
	f.ready = usageOf(pid)
	began := time.Now()
	all, err := gather()
	if err != nil {
		return err
	}
	defer all.leave()
	f.connecting = time.Since(began)
	if err := all.rest(ctx); err != nil {
		return err
	}
	f.connected = usageOf(pid)

	say(fmt.Sprintf("idling for %s", c.Idle))
	began = time.Now()
	if err := sleep(ctx, c.Idle); err != nil {
		return err
	}
	f.idled, f.idling = usageOf(pid), time.Since(began)

	say(fmt.Sprintf("sending %d messages for %s", f.messages, c.Duration))
	screen, wire := all.received()
	if err := f.send(ctx, all); err != nil {
		return err
	}
	f.sent = usageOf(pid)
	f.screen, f.wire = all.received()
	f.screen, f.wire = f.screen-screen, f.wire-wire
	f.lost, f.why = all.lost()
	all.leave()
	f.latencies = all.tally.latencies()
	return nil
}

// send sends the messages, and waits until all are delivered or it is clear
// that some won't be: a screen shows the latest only, so what scrolled off
// before it was drawn never will.
func (f *figures) send(ctx context.Context, all *crowd) (err error) {
	most := all.tally.lead() + f.due(f.messages) + settleTime
	sending, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	f.sending, err = all.send(sending)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("the senders did not get through: %w", err)
	}
	settled := time.NewTimer(settleTime)
	defer settled.Stop()
	select {
	case <-all.tally.all:
	case <-settled.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	// The author's own screen, and the tick on it, come after the others.
	return all.rest(ctx)
}
