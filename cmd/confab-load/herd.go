package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

const (
	// herdPart of all clients are the first of the herd. They are also measured without
	// the rest.
	herdPart = 10
	// herdAgain is the pause of a client whose connection failed.
	herdAgain = 200 * time.Millisecond
)

// measureHerd restarts a server whose clients all connect again at once.
func measureHerd(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	s, err := g.Site(ctx, "data", l.sessions, nil)
	if err != nil {
		return nil, err
	}
	f := &report.Findings{}
	h := &herd{Site: s, tally: clients.NewTally(l.schedule())}
	var alone time.Duration
	faults, err := s.Serve(ctx, func(server *testbed.Server) (err error) {
		h.addr = server.Addr
		s.Say(fmt.Sprintf("%d handshakes", l.sessions))
		alone, err = h.handshakes(ctx)
		return err
	}, unlimited)
	if err != nil {
		return nil, err
	}
	f.Faulty(faults)
	part := max(1, l.sessions/herdPart)
	few, err := h.comeBack(ctx, part)
	if err != nil {
		return nil, err
	}
	all, err := h.comeBack(ctx, l.sessions)
	if err != nil {
		return nil, err
	}
	f.Faulty(all.faults)
	last, first, firstAlone := all.took[l.sessions-1], all.took[part-1], few.took[part-1]
	f.Tell("sessions", "clients that connect again at once", "%d", l.sessions)
	f.Tell("ready_ms", "from the start to ready, meanwhile", "%.0f ms", report.Milliseconds(all.ready))
	f.Tell("handshakes_s", fmt.Sprintf("their handshakes alone, %d at once", clients.ConnectAtOnce), "%.1f s", alone.Seconds())
	f.Tell("back_s", "all have their screens, from ready", "%.1f s", last.Seconds())
	f.Tell("back_ratio", "relative to the handshakes", "%.2f", last.Seconds()/alone.Seconds())
	f.Tell("first_s", fmt.Sprintf("the first %d have theirs", part), "%.1f s", first.Seconds())
	f.Tell("first_ratio", fmt.Sprintf("relative to %d clients without the rest (%.1f s)", part, firstAlone.Seconds()), "%.2f", first.Seconds()/firstAlone.Seconds())
	f.Tell("turned_away", "connections that the ready server ended", "%d", all.away)
	if all.known {
		f.Tell("tool_cpu_percent", "the load tool's share of CPU, until all had their screens", "%.0f %%", all.toolShare)
	}
	return f, nil
}

// unlimited is a flag for the server: these clients are more than the usual limit.
const unlimited = "--max-connections=0"

// herd is many clients of one server that is started several times.
type herd struct {
	*testbed.Site
	tally *clients.Tally
	addr  string // of the server, whenever it runs
}

// handshakes logs in all clients, and returns how long that took.
func (h *herd) handshakes(ctx context.Context) (time.Duration, error) {
	in := make([]*clients.Client, len(h.Accounts))
	defer func() {
		for _, c := range in {
			if c != nil {
				c.HangUp()
			}
		}
	}()
	began := time.Now()
	err := testbed.Each(ctx, len(in), clients.ConnectAtOnce, func(ctx context.Context, i int) (err error) {
		in[i], err = clients.Login(ctx, h.addr, h.HostKey, h.Accounts[i])
		return err
	})
	return time.Since(began), err
}

// comeback is what happened when clients connected again.
type comeback struct {
	ready  time.Duration   // from the start of the server
	took   []time.Duration // until each client had its screen, from ready, ascending
	away   int64           // connections that failed although the server was ready when they began
	faults []string

	known     bool
	toolShare float64 // of the CPU time that the tool and the server used, in percent
}

// comeBack starts a server while n clients try to connect all the time, and waits until
// each has its screen.
func (h *herd) comeBack(ctx context.Context, n int) (b comeback, err error) {
	h.Say(fmt.Sprintf("%d clients connect at once", n))
	var ready, away atomic.Int64 // ready is when the server was, Unix nanoseconds
	crowd := &clients.Crowd{Tally: h.tally, Clients: make([]*clients.Client, n)}
	at := make([]time.Time, n)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	back := make(chan error, 1)
	go func() {
		back <- testbed.Each(ctx, n, n, func(ctx context.Context, i int) (err error) {
			for began := time.Now(); ; {
				was := ready.Load()
				crowd.Clients[i], err = clients.Connect(ctx, h.addr, h.HostKey, h.Accounts[i], &h.tally.Views[i])
				at[i] = time.Now()
				if err == nil {
					return nil
				}
				if was != 0 {
					away.Add(1)
				}
				if time.Since(began) > 2*testbed.Patience {
					return err
				}
				if err := testbed.Sleep(ctx, herdAgain); err != nil {
					return err
				}
			}
		})
	}()
	toolBefore := testbed.UsageOf(os.Getpid())
	server, err := testbed.StartServerAt(ctx, h.addr, h.Confab, h.Data, h.LogFile, unlimited)
	if err != nil {
		cancel(err)
		<-back
		crowd.Leave()
		return b, err
	}
	was := time.Now()
	ready.Store(was.UnixNano())
	err = <-back
	b.toolShare, b.known = shareOf(toolBefore, testbed.UsageOf(os.Getpid()), testbed.Usage{Known: toolBefore.Known}, testbed.UsageOf(server.Cmd.Process.Pid))
	b.ready, b.away = server.Took, away.Load()
	crowd.Leave()
	if err = errors.Join(err, server.Stop()); err != nil {
		return b, err
	}
	b.faults = server.Faults()
	for _, when := range at {
		b.took = append(b.took, max(when.Sub(was), time.Millisecond))
	}
	slices.Sort(b.took)
	return b, nil
}
