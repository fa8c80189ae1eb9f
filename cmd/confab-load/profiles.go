package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/cluster"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

// load is the load on a server.
type load struct {
	sessions, senders int
	rate              float64 // deliveries a second
	duration, idle    time.Duration
	inStep            bool // the senders send at the same moment
}

// check refuses loads that make no sense.
func (l load) check() error {
	switch {
	case l.sessions < 2:
		return fmt.Errorf("--sessions must be 2 or more, so that someone reads the messages of another")
	case l.senders < 1 || l.senders > l.sessions:
		return fmt.Errorf("--senders must be from 1 to the number of sessions, %d", l.sessions)
	case !(l.rate > 0): // this also catches NaN
		return fmt.Errorf("--rate must be above 0")
	case l.duration <= 0 || l.idle < 0:
		return fmt.Errorf("--duration must be above 0, and --idle 0 or more")
	}
	return l.schedule().Check()
}

// schedule returns who sends when.
func (l load) schedule() clients.Schedule {
	s := clients.NewSchedule(l.sessions, l.senders, l.rate, l.duration)
	s.InStep = l.inStep
	return s
}

// profile is a kind of measurement.
type profile struct {
	name, does string
	load
	measure func(ctx context.Context, g *testbed.Ground, l load, messages int) (report.Outcome, error)
}

// profiles are the measurements. The one without a name is the default.
func profiles() []profile {
	usual := load{sessions: 200, senders: 10, rate: 2000, duration: 10 * time.Second, idle: 10 * time.Second}
	many := load{sessions: 1000, senders: 10, rate: 2000, duration: 10 * time.Second, idle: 30 * time.Second}
	longer := usual
	longer.duration = 20 * time.Second
	burst := many
	burst.rate, burst.duration, burst.idle = 100*999, time.Second, 10*time.Second
	step := longer
	step.sessions, step.rate, step.inStep = 1000, 10_000, true
	crowd := load{sessions: 10_000, senders: 5, rate: 10_000, duration: 20 * time.Second, idle: 30 * time.Second}
	herd, group := usual, usual
	herd.sessions, group.sessions = 5000, 2000
	return []profile{
		{"", "", usual, measureChat},
		{"idle", "1,000 sessions that do nothing: memory, CPU, the cost of a connection.", many, measureIdle},
		{"chat", "200 sessions and 2,000 deliveries a second, for 20 s: CPU and bytes a delivery, latency.", longer, measureChat},
		{"step", "1,000 sessions and 10,000 deliveries a second, for 20 s, from 10 senders who send at the same moment.", step, measureChat},
		{"burst", "1,000 sessions get 100 messages in a second: the time until all screens show the newest, and until memory returns.", burst, measureBurst},
		{"stuck", "200 sessions chat, with and without 20 more that have stopped reading: the latency of the others, and the memory for each.", usual, measureStuck},
		{"hour", "1,000 sessions visit 10 conversations and page in them: memory a session afterwards.", many, measureHour},
		{"crowd", "10,000 sessions, of which 5 write: whether all messages are on all screens, latency, memory, mailboxes that overflowed.", crowd, measureCrowd},
		{"herd", "A server starts while 5,000 clients connect at once: the time until it is ready, and until all have their screens; how many are turned away.", herd, measureHerd},
		{"join", "Someone joins a group of 2,000 connected members, closed and open on all screens; an import of 1,000 accounts: CPU.", group, measureJoin},
		{"servers", "200 sessions and 2,000 deliveries a second, on SQLite and over one, two and three servers on one PostgreSQL database; then one of them is killed: latency, and the time until its people are back. Needs PostgreSQL's programs.", usual, measureServers},
		{"wal", "1,000,000 messages while readers of each kind have stopped taking what they asked for: the size of the write-ahead log.", usual, measureWAL},
		{"start", "The time until a server with 1,000,000 messages is ready.", usual, measureStart},
		{"history", "Open, page up, jump to the unread, switch, count the unread of 200 conversations, with 1,000,000 messages and with 10,000; by call, and by key at an SSH client.", usual, measureHistory},
		{"search", "A page of hits in 1,000,000 messages: of common and rare words, phrases, prefixes, in:, from:, before: and after:.", usual, measureSearch},
	}
}

func profileNamed(name string) (profile, error) {
	var names []string
	for _, p := range profiles() {
		if p.name == name {
			return p, nil
		}
		names = append(names, p.name)
	}
	return profile{}, fmt.Errorf("unknown profile %q: choose one of %s", name, strings.Join(names[1:], ", "))
}

// describeProfiles returns the profiles' part of the help.
func describeProfiles() string {
	var b strings.Builder
	b.WriteString("Profiles:\n")
	for _, p := range profiles()[1:] {
		fmt.Fprintf(&b, "\n  %-9s%s\n", p.name, p.does)
	}
	b.WriteString("\nFlags override the sessions, senders, rate and times of a profile.")
	return b.String()
}

// measureServers compares servers on one database with one that has its own.
func measureServers(ctx context.Context, g *testbed.Ground, l load, _ int) (report.Outcome, error) {
	return cluster.Compare(ctx, g, l.schedule())
}
