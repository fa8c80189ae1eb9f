package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

// example is a run in which everything went well.
func example() *figures {
	f := &figures{
		Schedule:   clients.NewSchedule(11, 2, 100, time.Second), // 10 messages, 100 deliveries
		connecting: 100 * time.Millisecond,
		sending:    time.Second,
		idling:     10 * time.Second,
		screen:     20_000,
		wire:       25_040,
		ready:      testbed.Usage{Known: true, CPU: 0, Resident: 10 << 20},
		connected:  testbed.Usage{Known: true, CPU: 22 * time.Millisecond, Resident: 12 << 20},
		idled:      testbed.Usage{Known: true, CPU: 52 * time.Millisecond, Resident: 11 << 20},
		sent:       testbed.Usage{Known: true, CPU: 54 * time.Millisecond, Resident: 21 << 20},
	}
	for i := range 100 {
		f.latencies = append(f.latencies, time.Duration(i+1)*time.Millisecond)
	}
	return f
}

func reported(t *testing.T, f *figures) string {
	t.Helper()
	var b strings.Builder
	if err := report.Write(&b, f, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReport(t *testing.T) {
	f := example()
	const want = `sessions               11, of which 2 write
messages               10 in 1.0 s, 100 deliveries/s
delivered              100 of 100 (100 %)
latency p50, p95, p99  50.0, 95.0, 99.0 ms
connects               110/s
CPU a connect          2.00 ms
CPU a delivery         20.0 µs
CPU idle               0.30 % of a core
RSS                    10.0 MB without sessions, 11.0 MB idle, 21.0 MB after the messages
RSS a session          93 KB idle, 1024 KB after the messages
bytes a delivery       200 for the terminal, 250 on the wire
`
	if got := reported(t, f); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !f.Good() {
		t.Error("is not good")
	}
}

// TestReportOfFailures checks that failures are reported and do not count as good.
func TestReportOfFailures(t *testing.T) {
	for want, spoil := range map[string]func(*figures){
		"delivered                99 of 100 (99.00 %)": func(f *figures) { f.latencies = f.latencies[:99] },
		"nothing was delivered":                        func(f *figures) { f.latencies = nil },
		"sessions lost            2, one with: EOF":    func(f *figures) { f.lost, f.why = 2, errors.New("EOF") },
		"server's log  1, the first: oh":               func(f *figures) { f.faults = []string{"oh"} },
	} {
		f := example()
		spoil(f)
		if f.Good() {
			t.Errorf("%q is good", want)
		}
		// The columns are as wide as the longest line needs.
		if got := strings.Join(strings.Fields(reported(t, f)), " "); !strings.Contains(got, strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestReportElsewhere covers a system that says nothing about its processes.
func TestReportElsewhere(t *testing.T) {
	f := example()
	f.idled.Known = false
	if got := reported(t, f); strings.Count(got, report.Unknown) != 5 || !f.Good() {
		t.Errorf("the server's figures should be unknown, and that good: %v\n%s", f.Good(), got)
	}
}

func TestShare(t *testing.T) {
	for want, got := range map[string]string{
		"100 %":   share(5, 5),
		"99.99 %": share(999_999, 1_000_000),
		"0.00 %":  share(0, 5),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
