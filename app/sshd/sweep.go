package sshd

import (
	"fmt"
	"time"
)

// One look at all connections now and then, so that none needs a timer.
const (
	// sweepEvery is how often that is; more often where a limit is short.
	sweepEvery = 5 * time.Second
	// sweepLeast is the most often that is worth it.
	sweepLeast = 10 * time.Millisecond
)

// sweepInterval is how often connections are looked at, so that limits are kept
// to a quarter of what they are.
func (l Limits) sweepInterval() time.Duration {
	every := sweepEvery
	for _, d := range []time.Duration{l.SessionTime, l.SharedTime, l.Keepalive, l.Idle} {
		if d > 0 {
			every = min(every, d/4)
		}
	}
	return max(every, sweepLeast)
}

// sweep looks after the connections until done.
func (s *Server) sweep(done <-chan struct{}) {
	ticker := time.NewTicker(s.gate.limits.sweepInterval())
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		s.gate.forgive()
		now := s.gate.now()
		s.budgets.forget(time.Now())
		for _, c := range s.gate.all() {
			c.sweep(now)
		}
	}
}

// sweep closes the connection if it is dead or nothing runs on it, asks it
// whether it is there, and ends sessions that nobody uses.
func (c *conn) sweep(now time.Time) {
	limits := c.gate.limits
	since := func(nanos int64) time.Duration { return now.Sub(time.Unix(0, nanos)) }
	c.mu.Lock()
	ssh, running := c.overSSH(), len(c.running)
	var idle []*session
	for s := range c.running {
		if limits.Idle > 0 && since(s.typed.Load()) > limits.Idle {
			idle = append(idle, s)
		}
	}
	c.mu.Unlock()
	quiet := c.quiet.Load()
	switch {
	case quiet == 0: // not let in yet; the handshake has its own time
		return
	case running > 0:
	case c.gate.isMember(c):
		if limits.SharedTime > 0 && since(quiet) > limits.SharedTime {
			go c.part(fmt.Sprintf("Nothing ran on this connection for %s, so the server closed it. Connect again when you need it.", waitText(limits.SharedTime)))
			return
		}
	case limits.SessionTime > 0 && since(quiet) > limits.SessionTime:
		go c.part(fmt.Sprintf("No session began on this connection in %s, so the server closed it: connect without -N. There is nothing to forward here.", waitText(limits.SessionTime)))
		return
	}
	for _, s := range idle {
		s.finish(fmt.Sprintf("You have typed nothing for %s, so the connection was closed.", waitText(limits.Idle)))
	}
	silent := since(c.heard.Load())
	switch {
	case limits.Keepalive <= 0 || ssh == nil || silent <= limits.Keepalive:
	case silent > keepalives*limits.Keepalive:
		_ = c.Close()
	case since(c.asked.Load()) > limits.Keepalive:
		c.asked.Store(now.UnixNano())
		// What it says to this is of no interest, only that it says something. To
		// ask waits for the answer, at the longest until the connection is closed.
		go func() { _, _, _ = ssh.SendRequest("keepalive@openssh.com", true, nil) }()
	}
}
