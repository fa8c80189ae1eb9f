package main

import (
	"fmt"
	"time"
)

// maxSeen bounds the latencies that are kept, of 4 bytes each.
const maxSeen = 100_000_000

// schedule is who sends when. Messages are numbered from 0 and sent one after
// the other at even intervals, by the senders in turn.
type schedule struct {
	sessions int
	senders  int // the clients from 0 up
	messages int
	interval time.Duration // between a message and the next, of whichever sender
}

// newSchedule spreads so many deliveries a second over a duration. There is one
// message at least.
func newSchedule(sessions, senders int, rate float64, duration time.Duration) schedule {
	interval := float64(sessions-1) / rate * float64(time.Second)
	return schedule{
		sessions: sessions,
		senders:  senders,
		messages: max(1, int(float64(duration)/interval)),
		interval: time.Duration(interval),
	}
}

// check refuses what there are not enough tokens or not enough memory for.
func (s schedule) check() error {
	if s.messages > maxTokens || s.messages*s.sessions > maxSeen {
		return fmt.Errorf("%d messages to %d sessions are more than is kept track of: lower --rate or --duration", s.messages, s.sessions)
	}
	return nil
}

// author is the client that sends a message.
func (s schedule) author(message int) int { return message % s.senders }

// deliveries is how many there should be.
func (s schedule) deliveries() int { return s.messages * (s.sessions - 1) }

// due is when a message is sent, counted from the first.
func (s schedule) due(message int) time.Duration {
	return time.Duration(message) * s.interval
}

// lead is how long before it is sent a message is typed: half of the time that
// its sender has between two, so that neither disturbs the other.
func (s schedule) lead() time.Duration {
	return min(s.interval*time.Duration(s.senders)/2, time.Second)
}
