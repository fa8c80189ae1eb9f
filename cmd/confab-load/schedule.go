package main

import (
	"fmt"
	"time"
)

// maxSeen bounds the number of latencies in memory, of 4 bytes each.
const maxSeen = 100_000_000

// schedule says who sends when. Messages are numbered from 0. The senders send them
// in turn at even intervals.
type schedule struct {
	sessions int
	senders  int // the clients from 0 up
	messages int
	interval time.Duration // between a message and the next, of any sender
}

// newSchedule spreads this many deliveries a second over a duration. There is at
// least one message.
func newSchedule(sessions, senders int, rate float64, duration time.Duration) schedule {
	interval := float64(sessions-1) / rate * float64(time.Second)
	return schedule{
		sessions: sessions,
		senders:  senders,
		messages: max(1, int(float64(duration)/interval)),
		interval: time.Duration(interval),
	}
}

// check refuses schedules for which there are not enough tokens or memory.
func (s schedule) check() error {
	if s.messages > maxTokens || s.messages*s.sessions > maxSeen {
		return fmt.Errorf("%d messages to %d sessions are too many to track: lower --rate or --duration", s.messages, s.sessions)
	}
	return nil
}

// author returns the client that sends a message.
func (s schedule) author(message int) int { return message % s.senders }

// deliveries returns how many deliveries there should be.
func (s schedule) deliveries() int { return s.messages * (s.sessions - 1) }

// due returns when a message is sent, counted from the first.
func (s schedule) due(message int) time.Duration {
	return time.Duration(message) * s.interval
}

// lead is how long a message is typed before it is sent. It is half of the time
// between two messages of a sender, so that neither disturbs the other.
func (s schedule) lead() time.Duration {
	return min(s.interval*time.Duration(s.senders)/2, time.Second)
}
