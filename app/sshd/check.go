package sshd

import (
	"fmt"
	"time"
)

// All connections are checked together, so that none needs a timer of its own.
const (
	// checkEvery is how often they are checked, unless a short limit needs more.
	checkEvery = 5 * time.Second
	// checkLeast is the shortest time between two checks.
	checkLeast = 10 * time.Millisecond
)

// checkInterval returns how often connections are checked: often enough that no limit is
// exceeded by more than a quarter.
func (l Limits) checkInterval() time.Duration {
	every := checkEvery
	for _, d := range []time.Duration{l.SessionTime, l.SharedTime, l.Keepalive, l.Idle} {
		if d > 0 {
			every = min(every, d/4)
		}
	}
	return max(every, checkLeast)
}

// checkConnections checks all connections regularly until done is closed.
func (s *Server) checkConnections(done <-chan struct{}) {
	every := s.limiter.limits().checkInterval()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		if now := s.limiter.limits().checkInterval(); now != every {
			every = now
			ticker.Reset(every)
		}
		s.limiter.forgive()
		s.limiter.refused.Summarize()
		now := s.limiter.now()
		s.budgets.forget(time.Now())
		for _, c := range s.limiter.all() {
			c.check(now)
		}
	}
}

// check closes the connection if its client is dead, or if no session has run on it for too
// long. It asks a silent client whether it is there, and ends screens that nobody uses.
func (c *conn) check(now time.Time) {
	limits := c.limiter.limits()
	since := func(nanos int64) time.Duration { return now.Sub(time.Unix(0, nanos)) }
	c.mu.Lock()
	ssh, running := c.overSSHLocked(), len(c.running)
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
	case c.limiter.isMember(c):
		if limits.SharedTime > 0 && since(quiet) > limits.SharedTime {
			go c.disconnect(fmt.Sprintf("Nothing ran on this connection for %s, so the server closed it. Connect again when you need it.", waitText(limits.SharedTime)))
			return
		}
	case limits.SessionTime > 0 && since(quiet) > limits.SessionTime:
		go c.disconnect(fmt.Sprintf("No session began on this connection in %s, so the server closed it. Connect without -N: this server forwards nothing.", waitText(limits.SessionTime)))
		return
	}
	for _, s := range idle {
		s.finish(fmt.Sprintf("You typed nothing for %s, so the server closed the connection.", waitText(limits.Idle)))
	}
	silent := since(c.heard.Load())
	switch {
	case limits.Keepalive <= 0 || ssh == nil || silent <= limits.Keepalive:
	case silent > keepalives*limits.Keepalive:
		_ = c.Close()
	case since(c.asked.Load()) > limits.Keepalive:
		c.asked.Store(now.UnixNano())
		// Any answer shows that the client is there. The goroutine waits for one until the
		// connection is closed.
		go func() { _, _, _ = ssh.SendRequest("keepalive@openssh.com", true, nil) }()
	}
}

// drainParts is in how many parts [Server.Drain] ends the connections.
const drainParts = 30

// drain ends the open connections in equal parts over a time, and returns when none is left.
func (l *connLimiter) drain(over time.Duration, reason string) {
	next := time.NewTicker(max(over/drainParts, time.Millisecond))
	defer next.Stop()
	for left, due := drainParts, 0.0; left > 0; left-- {
		here := l.staying()
		if len(here) == 0 {
			return
		}
		due += float64(len(here)) / float64(left)
		now := int(due)
		if left == 1 {
			now = len(here)
		}
		due -= float64(now)
		for _, c := range here[:min(now, len(here))] {
			c.endSessions(reason)
		}
		<-next.C
	}
}

// staying returns the open connections that nobody has ended yet. Those that copy files come
// last.
func (l *connLimiter) staying() []*conn {
	var others, copying []*conn
	for _, c := range l.all() {
		c.mu.Lock()
		told, copies := c.told != "" || c.disconnecting, c.copying > 0
		c.mu.Unlock()
		switch {
		case told:
		case copies:
			copying = append(copying, c)
		default:
			others = append(others, c)
		}
	}
	return append(others, copying...)
}
