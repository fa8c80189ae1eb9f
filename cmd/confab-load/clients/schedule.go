package clients

import (
	"fmt"
	"time"
)

// maxSeen bounds the number of latencies in memory, of 4 bytes each.
const maxSeen = 100_000_000

// Schedule says who sends when. Messages are numbered from 0. The senders send them
// in turn at even intervals.
type Schedule struct {
	Sessions int
	Senders  int // the clients from 0 up
	Messages int
	Interval time.Duration // between a message and the next, of any sender
	InStep   bool          // all senders send at the same moment, and then all wait
}

// NewSchedule spreads this many deliveries a second over a duration. There is at
// least one message.
func NewSchedule(sessions, senders int, rate float64, duration time.Duration) Schedule {
	interval := float64(sessions-1) / rate * float64(time.Second)
	return Schedule{
		Sessions: sessions,
		Senders:  senders,
		Messages: max(1, int(float64(duration)/interval)),
		Interval: time.Duration(interval),
	}
}

// Check refuses schedules for which there are not enough tokens or memory.
func (s Schedule) Check() error {
	if s.Messages > MaxTokens || s.Messages*s.Sessions > maxSeen {
		return fmt.Errorf("%d messages to %d sessions are too many to track: lower --rate or --duration", s.Messages, s.Sessions)
	}
	return nil
}

// author returns the client that sends a message.
func (s Schedule) author(message int) int { return message % s.Senders }

// Deliveries returns how many deliveries there should be.
func (s Schedule) Deliveries() int { return s.Messages * (s.Sessions - 1) }

// due returns when a message is sent, counted from the first.
func (s Schedule) due(message int) time.Duration {
	if s.InStep {
		message -= message % s.Senders
	}
	return time.Duration(message) * s.Interval
}

// pause is the time after the last message that belongs to it.
func (s Schedule) pause() time.Duration {
	if s.InStep {
		return s.Interval * time.Duration(s.Senders)
	}
	return s.Interval
}

// Lead is how long a message is typed before it is sent. It is half of the time
// between two messages of a sender, so that neither disturbs the other.
func (s Schedule) Lead() time.Duration {
	return min(s.Interval*time.Duration(s.Senders)/2, time.Second)
}
