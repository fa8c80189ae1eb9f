package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// backTime is how long memory is watched afterwards. backRatio is the level to
	// which it should return, as a multiple of the level before.
	backTime  = 60 * time.Second
	backRatio = 1.3
	// sampleEvery is how often memory is read.
	sampleEvery = 250 * time.Millisecond
)

// measureBurst sends many messages to a group at once. A screen shows only the
// newest ones, so the measure is when it shows the last ones.
func measureBurst(ctx context.Context, g *ground, l load, _ int) (outcome, error) {
	s, err := g.site(ctx, "data", l.sessions, nil)
	if err != nil {
		return nil, err
	}
	f := &findings{}
	faults, err := s.serve(ctx, func(server *server) error { return burst(ctx, f, l, s, server) })
	f.faulty(faults)
	return f, err
}

func burst(ctx context.Context, f *findings, l load, s *site, server *server) error {
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
	if err := sleep(ctx, l.idle); err != nil {
		return err
	}
	memory := watchMemory(server.cmd.Process.Pid)
	defer memory.stop()
	s.say(fmt.Sprintf("sending %d messages in %s", t.messages, l.duration))
	began := time.Now().Add(t.lead()) // the first Enter
	if _, err := all.send(ctx, 0, t.messages); err != nil {
		return err
	}
	ended := time.Now()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-t.current:
		took := time.Since(began)
		f.tell("settled_s", "newest message on all screens, from the first Enter", "%.2f s", took.Seconds())
		f.tell("settled_after_last_s", "the same from the last Enter", "%.2f s", (took - ended.Sub(began)).Seconds())
	case <-late.C:
		f.fail("some screens did not reach the newest message", "%d of %d are behind after %s", t.behind.Load(), l.sessions, patience)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.say("waiting for memory to return")
	back, err := memory.back(ctx)
	if err != nil {
		return err
	}
	f.lost(all.lost())
	all.leave()
	f.tell("delivered", "messages drawn on screens on the way", "%d", len(t.latencies(0, t.messages)))
	f.tell("deliveries", "of the possible number", "%d", t.deliveries())
	memory.report(f, back)
	return nil
}

// memory records the memory of a process over time.
type memory struct {
	pid           int
	before        usage
	ended, closed chan struct{}
	peak          int64 // read it only after closed
}

// watchMemory records a process's memory until stop.
func watchMemory(pid int) *memory {
	m := &memory{pid: pid, before: usageOf(pid), ended: make(chan struct{}), closed: make(chan struct{})}
	go func() {
		defer close(m.closed)
		ticker := time.NewTicker(sampleEvery)
		defer ticker.Stop()
		for {
			m.peak = max(m.peak, usageOf(pid).resident)
			select {
			case <-ticker.C:
			case <-m.ended:
				return
			}
		}
	}()
	return m
}

// stop ends the recording. It may be called twice.
func (m *memory) stop() {
	select {
	case <-m.ended:
	default:
		close(m.ended)
	}
	<-m.closed
}

// ratio returns the present memory as a multiple of the memory before.
func (m *memory) ratio() float64 {
	return float64(usageOf(m.pid).resident) / float64(max(m.before.resident, 1))
}

// back waits until memory has returned to its level, or backTime has passed. It
// returns the time and the level. The waiting costs no CPU.
func (m *memory) back(ctx context.Context) (b back, err error) {
	for began := time.Now(); ; {
		b = back{time.Since(began), m.ratio()}
		if b.ratio <= backRatio || b.took > backTime || !m.before.known {
			return b, nil
		}
		if err := sleep(ctx, sampleEvery); err != nil {
			return b, err
		}
	}
}

// back is the level of memory after a while.
type back struct {
	took  time.Duration
	ratio float64
}

func (m *memory) report(f *findings, b back) {
	m.stop()
	if !m.before.known {
		f.report = append(f.report, line{"RSS", unknown})
		return
	}
	f.tell("rss_before_mb", "RSS before", "%.1f MB", megabytes(m.before))
	f.tell("rss_peak_ratio", "peak RSS, relative to before", "%.2f", float64(m.peak)/float64(m.before.resident))
	f.tell("rss_after_ratio", "RSS afterwards, relative to before", "%.2f", b.ratio)
	f.tell("rss_back_s", fmt.Sprintf("time until then, at most %s", backTime), "%.1f s", b.took.Seconds())
}
