package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// unknown stands for a figure that cannot be had on this system.
const unknown = "not known on this system"

// good reports whether every message was delivered, and nothing else went wrong.
func (f *figures) good() bool {
	return len(f.latencies) == f.deliveries() && f.lost == 0 && len(f.faults) == 0
}

// write writes the report.
func (f *figures) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range f.lines() {
		fmt.Fprintf(w, "%s\t%s\n", line.what, line.value)
	}
	return w.Flush()
}

// line is one figure of the report.
type line struct{ what, value string }

func (f *figures) lines() []line {
	delivered := len(f.latencies)
	perSecond := float64(delivered) / f.sending.Seconds()
	lines := []line{
		{"sessions", fmt.Sprintf("%d, of which %d write", f.sessions, f.senders)},
		{"messages", fmt.Sprintf("%d in %.1f s, %.0f deliveries/s", f.messages, f.sending.Seconds(), perSecond)},
		{"delivered", fmt.Sprintf("%d of %d (%s)", delivered, f.deliveries(), share(delivered, f.deliveries()))},
		{"latency p50, p95, p99", f.latency()},
		{"connects", fmt.Sprintf("%.0f/s", float64(f.sessions)/f.connecting.Seconds())},
	}
	lines = append(lines, f.costs()...)
	lines = append(lines,
		line{"bytes a delivery", average(f.screen, delivered) + " for the terminal, " + average(f.wire, delivered) + " on the wire"})
	if f.lost > 0 {
		lines = append(lines, line{"sessions lost", fmt.Sprintf("%d, one with: %v", f.lost, f.why)})
	}
	if len(f.faults) > 0 {
		lines = append(lines, line{"errors in the server's log", fmt.Sprintf("%d, the first: %s", len(f.faults), f.faults[0])})
	}
	return lines
}

// latency is from Enter to the text being on another's screen.
func (f *figures) latency() string {
	if len(f.latencies) == 0 {
		return "nothing was delivered"
	}
	milliseconds := func(p float64) string {
		return fmt.Sprintf("%.1f", float64(percentile(f.latencies, p))/float64(time.Millisecond))
	}
	return milliseconds(50) + ", " + milliseconds(95) + ", " + milliseconds(99) + " ms"
}

// costs are the figures of the server's process.
func (f *figures) costs() []line {
	names := [...]string{"CPU a connect", "CPU a delivery", "CPU idle", "RSS", "RSS a session"}
	if !f.ready.known || !f.connected.known || !f.idled.known || !f.sent.known {
		var lines []line
		for _, name := range names {
			lines = append(lines, line{name, unknown})
		}
		return lines
	}
	idle := "not measured"
	if f.idling >= time.Second {
		idle = fmt.Sprintf("%.2f %% of a core", 100*(f.idled.cpu-f.connected.cpu).Seconds()/f.idling.Seconds())
	}
	delivery := "nothing was delivered"
	if n := len(f.latencies); n > 0 {
		delivery = fmt.Sprintf("%.1f µs", float64(f.sent.cpu-f.idled.cpu)/float64(n)/float64(time.Microsecond))
	}
	connect := float64(f.connected.cpu-f.ready.cpu) / float64(f.sessions) / float64(time.Millisecond)
	session := func(u usage) float64 { return float64(u.resident-f.ready.resident) / float64(f.sessions) / (1 << 10) }
	return []line{
		{names[0], fmt.Sprintf("%.2f ms", connect)},
		{names[1], delivery},
		{names[2], idle},
		{names[3], fmt.Sprintf("%.1f MB without sessions, %.1f MB idle, %.1f MB after the messages",
			megabytes(f.ready), megabytes(f.idled), megabytes(f.sent))},
		{names[4], fmt.Sprintf("%.0f KB idle, %.0f KB after the messages", session(f.idled), session(f.sent))},
	}
}

func megabytes(u usage) float64 { return float64(u.resident) / (1 << 20) }

// share is a percentage that is 100 only if nothing is missing.
func share(part, whole int) string {
	if part == whole {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", min(99.99, 100*float64(part)/float64(whole)))
}

// average is what one of n has of a sum, rounded.
func average(sum int64, n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", float64(sum)/float64(n))
}
