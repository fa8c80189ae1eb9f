package main

import (
	"fmt"
	"time"

	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

// good reports whether every message was delivered, and nothing else went wrong.
func (f *figures) Good() bool {
	return (f.silent || len(f.latencies) == f.Deliveries()) && f.lost == 0 && len(f.faults) == 0
}

func (f *figures) Lines() []report.Line {
	delivered := len(f.latencies)
	var lines []report.Line
	if f.silent {
		lines = append(lines, line("sessions", fmt.Sprint(f.Sessions)))
	} else {
		perSecond := float64(delivered) / f.sending.Seconds()
		lines = append(lines,
			line("sessions", fmt.Sprintf("%d, of which %d write", f.Sessions, f.Senders)),
			line("messages", fmt.Sprintf("%d in %.1f s, %.0f deliveries/s", f.Messages, f.sending.Seconds(), perSecond)),
			line("delivered", fmt.Sprintf("%d of %d (%s)", delivered, f.Deliveries(), share(delivered, f.Deliveries()))),
			line("latency p50, p95, p99", f.latency()))
	}
	lines = append(lines, line("connects", fmt.Sprintf("%.0f/s", float64(f.Sessions)/f.connecting.Seconds())))
	lines = append(lines, f.costs()...)
	if !f.silent {
		lines = append(lines,
			line("bytes a delivery", average(f.screen, delivered)+" for the terminal, "+average(f.wire, delivered)+" on the wire"))
	}
	if part, known := f.toolShare(); known && !f.silent {
		lines = append(lines, line("the load tool's share of CPU", fmt.Sprintf("%.0f %%", part)))
	}
	if f.crowd {
		lines = append(lines, line("mailboxes that overflowed", fmt.Sprintf("%.0f", f.resyncs)))
	}
	if f.lost > 0 {
		lines = append(lines, line("sessions lost", fmt.Sprintf("%d, one with: %v", f.lost, f.why)))
	}
	if len(f.faults) > 0 {
		lines = append(lines, line("errors in the server's log", fmt.Sprintf("%d, the first: %s", len(f.faults), f.faults[0])))
	}
	return lines
}

func line(what, value string) report.Line { return report.Line{What: what, Value: value} }

// latency is the time from Enter until the text is on another screen.
func (f *figures) latency() string {
	if len(f.latencies) == 0 {
		return "nothing was delivered"
	}
	return fmt.Sprintf("%.1f, %.1f, %.1f ms", report.Milliseconds(report.Percentile(f.latencies, 50)),
		report.Milliseconds(report.Percentile(f.latencies, 95)), report.Milliseconds(report.Percentile(f.latencies, 99)))
}

// costs are the figures of the server's process.
func (f *figures) costs() []report.Line {
	names := [...]string{"CPU a connect", "CPU a delivery", "CPU idle", "RSS", "RSS a session"}
	if !f.ready.Known || !f.connected.Known || !f.idled.Known || !f.sent.Known {
		var lines []report.Line
		for _, name := range names {
			lines = append(lines, line(name, report.Unknown))
		}
		return lines
	}
	idle := "not measured"
	if f.idling >= time.Second {
		idle = fmt.Sprintf("%.2f %% of a core", 100*(f.idled.CPU-f.connected.CPU).Seconds()/f.idling.Seconds())
	}
	delivery := "nothing was delivered"
	if n := len(f.latencies); n > 0 {
		delivery = fmt.Sprintf("%.1f µs", float64(f.sent.CPU-f.idled.CPU)/float64(n)/float64(time.Microsecond))
	}
	connect := float64(f.connected.CPU-f.ready.CPU) / float64(f.Sessions) / float64(time.Millisecond)
	session := func(u testbed.Usage) float64 { return perSession(f.ready, u, f.Sessions) }
	rss := fmt.Sprintf("%.1f MB without sessions, %.1f MB idle", megabytes(f.ready), megabytes(f.idled))
	each := fmt.Sprintf("%.0f KB idle", session(f.idled))
	if !f.silent {
		rss += fmt.Sprintf(", %.1f MB after the messages", megabytes(f.sent))
		each += fmt.Sprintf(", %.0f KB after the messages", session(f.sent))
	}
	return []report.Line{line(names[0], fmt.Sprintf("%.2f ms", connect)), line(names[1], delivery), line(names[2], idle), line(names[3], rss), line(names[4], each)}
}

// toolShare returns the tool's part, in percent, of the CPU time that it and the server used
// for the messages.
func (f *figures) toolShare() (percent float64, known bool) {
	return shareOf(f.toolIdled, f.toolSent, f.idled, f.sent)
}

// shareOf returns the tool's part, in percent, of the CPU time that it and the server used
// between two moments.
func shareOf(toolBefore, toolAfter, before, after testbed.Usage) (percent float64, known bool) {
	tool, server := toolAfter.CPU-toolBefore.CPU, after.CPU-before.CPU
	if !toolBefore.Known || !toolAfter.Known || !after.Known || tool+server <= 0 {
		return 0, false
	}
	return 100 * tool.Seconds() / (tool + server).Seconds(), true
}

// numbers returns the figures by name.
func (f *figures) Numbers() map[string]any {
	delivered := len(f.latencies)
	n := map[string]any{
		"sessions": f.Sessions, "sessions_lost": f.lost, "server_errors": len(f.faults),
		"connects_per_s": float64(f.Sessions) / f.connecting.Seconds(),
	}
	if !f.silent {
		n["senders"], n["messages"], n["deliveries"], n["delivered"] = f.Senders, f.Messages, f.Deliveries(), delivered
		n["deliveries_per_s"] = float64(delivered) / f.sending.Seconds()
		if part, known := f.toolShare(); known {
			n["tool_cpu_percent"] = part
		}
	}
	if f.crowd {
		n["resyncs"] = f.resyncs
	}
	if delivered > 0 {
		for name, p := range map[string]float64{"p50_ms": 50, "p95_ms": 95, "p99_ms": 99} {
			n[name] = report.Milliseconds(report.Percentile(f.latencies, p))
		}
		n["terminal_bytes_per_delivery"] = float64(f.screen) / float64(delivered)
		n["wire_bytes_per_delivery"] = float64(f.wire) / float64(delivered)
	}
	if !f.ready.Known || !f.connected.Known || !f.idled.Known || !f.sent.Known {
		return n
	}
	n["cpu_per_connect_ms"] = report.Milliseconds(f.connected.CPU-f.ready.CPU) / float64(f.Sessions)
	if f.idling >= time.Second {
		n["cpu_idle_percent"] = 100 * (f.idled.CPU - f.connected.CPU).Seconds() / f.idling.Seconds()
	}
	n["rss_empty_mb"], n["rss_idle_mb"] = megabytes(f.ready), megabytes(f.idled)
	n["rss_per_session_kb"] = perSession(f.ready, f.idled, f.Sessions)
	if delivered > 0 {
		n["cpu_per_delivery_us"] = 1000 * report.Milliseconds(f.sent.CPU-f.idled.CPU) / float64(delivered)
		n["rss_after_mb"] = megabytes(f.sent)
		n["rss_per_session_after_kb"] = perSession(f.ready, f.sent, f.Sessions)
	}
	return n
}

// perSession divides the growth of a server's memory by the sessions, in KB.
func perSession(before, after testbed.Usage, sessions int) float64 {
	return float64(after.Resident-before.Resident) / float64(sessions) / (1 << 10)
}

func megabytes(u testbed.Usage) float64 { return float64(u.Resident) / (1 << 20) }

// share formats a percentage that is 100 only if nothing is missing.
func share(part, whole int) string {
	if part == whole {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", min(99.99, 100*float64(part)/float64(whole)))
}

// average divides a sum by n, rounded.
func average(sum int64, n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", float64(sum)/float64(n))
}
