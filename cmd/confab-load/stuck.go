package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

const (
	// stuckClients is how many clients stop reading. There are enough of them that
	// the memory for each stands out from the rest of the server's memory.
	stuckClients = 20
	// stuckRounds is how often it measures without them and with them, in turn.
	stuckRounds = 2
	// stuckBuffer is how much a stuck client's kernel buffers. The server's kernel
	// buffers more, but that is not the server's memory.
	stuckBuffer = 4 << 10
)

// measureStuck compares the latency of the reading clients without and with clients
// that do not read. It also measures the memory that the server holds for those.
func measureStuck(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	s, err := g.Site(ctx, "data", l.sessions+stuckClients, nil)
	if err != nil {
		return nil, err
	}
	pprof, err := testbed.FreeAddr()
	if err != nil {
		return nil, err
	}
	server, err := testbed.StartServer(ctx, s.Confab, s.Data, s.LogFile, "--pprof", pprof)
	if err != nil {
		return nil, err
	}
	m := &stuckMeasure{Site: s, load: l, addr: server.Addr, pprof: pprof}
	f, err := m.run(ctx)
	if stopped := server.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return nil, err
	}
	f.Faulty(server.Faults())
	return f, nil
}

type stuckMeasure struct {
	*testbed.Site
	load
	addr, pprof string
}

func (m *stuckMeasure) run(ctx context.Context) (*report.Findings, error) {
	m.Say(fmt.Sprintf("connecting %d clients", m.sessions))
	s := m.schedule()
	part := s.Messages
	s.Messages *= 2 * stuckRounds
	t := clients.NewTally(s)
	all, err := clients.Gather(ctx, m.addr, m.HostKey, m.Accounts[:m.sessions], t)
	if err != nil {
		return nil, err
	}
	defer all.Leave()
	if err := all.Rest(ctx); err != nil {
		return nil, err
	}
	var with int64 // held for all stuck clients, at most
	for round := range stuckRounds {
		at := 2 * round * part
		m.Say("sending while all read")
		if _, err := all.SendAndSettle(ctx, at, at+part); err != nil {
			return nil, err
		}
		before, err := testbed.HeapOf(ctx, m.pprof)
		if err != nil {
			return nil, err
		}
		m.Say(fmt.Sprintf("sending while %d more do not read", stuckClients))
		err = m.withStuck(ctx, func() error {
			stuck, err := testbed.HeapOf(ctx, m.pprof)
			if err != nil {
				return err
			}
			with = max(with, stuck-before)
			_, err = all.SendAndSettle(ctx, at+part, at+2*part)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	lost, why := all.Lost()
	all.Leave()
	var free, held []time.Duration
	for at := 0; at < s.Messages; at += 2 * part {
		free = append(free, t.Latencies(at, at+part)...)
		held = append(held, t.Latencies(at+part, at+2*part)...)
	}
	slices.Sort(free)
	slices.Sort(held)
	f := &report.Findings{}
	f.Tell("held_per_stuck_kb", "memory for a client that does not read, with its session", "%.0f KB", float64(with)/stuckClients/(1<<10))
	for _, p := range []float64{50, 99} {
		a, b := report.Milliseconds(report.Percentile(free, p)), report.Milliseconds(report.Percentile(held, p))
		f.Tell(fmt.Sprintf("p%.0f_without_ms", p), fmt.Sprintf("p%.0f of the others without", p), "%.1f ms", a)
		f.Tell(fmt.Sprintf("p%.0f_with_ms", p), "and with", "%.1f ms", b)
		f.Tell(fmt.Sprintf("p%.0f_ratio", p), "ratio", "%.2f", b/a)
	}
	f.Tell("delivered", "delivered", "%d", len(free)+len(held))
	f.Tell("deliveries", "of", "%d", t.Deliveries())
	if len(free)+len(held) < t.Deliveries() {
		f.Failed = true
	}
	f.Lost(lost, why)
	return f, nil
}

// withStuck calls do while some clients have stopped reading.
func (m *stuckMeasure) withStuck(ctx context.Context, do func() error) error {
	t := clients.NewTally(clients.Schedule{Sessions: stuckClients, Senders: 1, Messages: 0})
	stuck := make([]*stuckConn, stuckClients)
	people := make([]*clients.Client, stuckClients)
	defer func() {
		for i, c := range people {
			if c != nil {
				stuck[i].free()
				c.HangUp()
				<-c.Ended
			}
		}
	}()
	err := testbed.Each(ctx, stuckClients, clients.ConnectAtOnce, func(ctx context.Context, i int) (err error) {
		stuck[i] = &stuckConn{freed: make(chan struct{})}
		people[i], err = clients.ConnectWith(ctx, clients.Way{Dial: stuck[i].dial}, m.addr, m.HostKey, m.Accounts[m.sessions+i], &t.Views[i])
		return err
	})
	if err != nil {
		return err
	}
	err = testbed.Each(ctx, stuckClients, stuckClients, func(ctx context.Context, i int) error {
		stuck[i].stick()
		return fillUp(ctx, people[i], stuck[i])
	})
	if err != nil {
		return err
	}
	return do()
}

// fillUp has the screen redrawn until the data on the way stop growing. Then the
// server has a frame that it cannot send.
func fillUp(ctx context.Context, c *clients.Client, conn *stuckConn) error {
	last, since, began := int64(-1), time.Now(), time.Now()
	for presses := 0; time.Since(began) < testbed.Patience; presses++ {
		if err := c.Press(clients.KeyRedraw); err != nil {
			return err
		}
		if err := testbed.Sleep(ctx, 2*time.Millisecond); err != nil {
			return err
		}
		if presses%100 > 0 {
			continue // asking the kernel is expensive
		}
		n, known := unsent(conn.RemoteAddr(), conn.LocalAddr())
		switch {
		case !known: // no longer than it takes elsewhere
			if time.Since(began) > 10*time.Second {
				return nil
			}
		case n != last:
			last, since = n, time.Now()
		case n > 0 && time.Since(since) > time.Second:
			return nil
		}
	}
	return fmt.Errorf("after %s the server can still send data to a client that does not read", testbed.Patience)
}

// stuckConn is a connection from which nothing is read once it sticks.
type stuckConn struct {
	net.Conn
	mu    sync.Mutex
	stuck bool
	once  sync.Once
	freed chan struct{}
}

func (s *stuckConn) dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(stuckBuffer)
	}
	s.Conn = conn
	return s, nil
}

func (s *stuckConn) stick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck = true
}

// free lets the reading continue, to the end of the stream.
func (s *stuckConn) free() { s.once.Do(func() { close(s.freed) }) }

func (s *stuckConn) Read(p []byte) (int, error) {
	s.mu.Lock()
	stuck := s.stuck
	s.mu.Unlock()
	if stuck {
		<-s.freed
	}
	return s.Conn.Read(p)
}
