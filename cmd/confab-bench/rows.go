package main

import (
	"fmt"
	"math"
	"strings"
)

// row is a line of the table: a figure and its goal.
type row struct {
	what    string
	from    string  // the figure; "" if no command measures it yet
	over    string  // the figure that it is divided by; "" for none
	goal    float64 // the goal is the most, or the least
	atLeast bool
	format  string // of the figure and the goal
	note    string // more figures that are shown with it, from notes
	notes   []string
}

// breakdown is the format for the parts of history, in the order of calls.
const breakdown = "open %.1f, page up %.1f, unread %.1f, switch %.1f, counts %.1f"

func calls(format string) []string {
	var all []string
	for _, what := range []string{"open", "page_up", "unread_line", "switch", "counts"} {
		all = append(all, fmt.Sprintf(format, what))
	}
	return all
}

// rows returns the lines of the table.
func rows() []row {
	return []row{
		{what: "RSS a session, idle, 1,000 sessions of 120x40", from: "idle.rss_per_session_kb", goal: 80, format: "%.0f KB"},
		{what: "the same, 10,000 sessions", from: "crowd.rss_per_session_kb", goal: 75, format: "%.0f KB"},
		{what: "RSS a session after use, 10 conversations visited", from: "hour.rss_per_session_kb", goal: 150, format: "%.0f KB"},
		{what: "CPU of an idle server with 1,000 sessions, share of a core", from: "idle.cpu_idle_percent", goal: 0.5, format: "%.2f %%"},
		{what: "CPU a delivery, durable, rendered", from: "chat.cpu_per_delivery_us", goal: 18, format: "%.1f µs"},
		{what: "the same, 10 senders in step, 1,000 sessions", from: "step.cpu_per_delivery_us", goal: 12, format: "%.1f µs"},
		{what: "latency p50, 200 sessions, 2,000 deliveries/s", from: "chat.p50_ms", goal: 10, format: "%.1f ms"},
		{what: "latency p99, the same", from: "chat.p99_ms", goal: 30, format: "%.1f ms"},
		{what: "latency p99, 1,000 sessions, 10,000 deliveries/s", from: "thousand.p99_ms", goal: 50, format: "%.1f ms"},
		{what: "latency p99, 10,000 sessions, 5 senders, 10,000 deliveries/s", from: "crowd.p99_ms", goal: 1000, format: "%.0f ms"},
		{what: "mailboxes that overflowed, the same", from: "crowd.resyncs", goal: 0, format: "%.0f"},
		{what: "CPU a connect, to the first full frame", from: "idle.cpu_per_connect_ms", goal: 3, format: "%.2f ms"},
		{what: "bytes on the wire a delivery", from: "chat.wire_bytes_per_delivery", goal: 250, format: "%.0f"},
		{what: "durable sends, 64 senders, against one transaction a message", from: "bench.Send/shared", over: "bench.Send/one_each", goal: 10, atLeast: true, format: "%.1fx",
			note: "%.0f/s against %.0f/s", notes: []string{"bench.Send/shared", "bench.Send/one_each"}},
		{what: "history with 1,000,000 messages, worst p99 of a call", from: "history.call_p99_ms", goal: 20, format: "%.1f ms",
			note: breakdown, notes: calls("history.call_%s_p99_ms")},
		{what: "history: worst p99 of a call with 1,000,000 messages, relative to 10,000, for pages of the same size", from: "history.call_ratio", goal: 1.5, format: "%.2fx"},
		{what: "history with 1,000,000 messages, worst p99 from a key to the last byte of the frame", from: "history.key_p99_ms", goal: 20, format: "%.1f ms",
			note: strings.TrimSuffix(breakdown, ", counts %.1f"), notes: calls("history.key_%s_p99_ms")[:4]},
		{what: "a page of search in 1,000,000 messages, worst p99 of 18 kinds of queries", from: "search.p99_ms", goal: 100, format: "%.0f ms",
			note: "common word %.0f, rare %.0f, phrase of two %.0f, four %.0f, eight %.0f, prefix %.0f, in: %.0f, from: %.0f",
			notes: []string{"search.common_p99_ms", "search.rare_p99_ms", "search.phrase_p99_ms", "search.phrase_of_4_p99_ms", "search.phrase_of_8_p99_ms",
				"search.prefix_p99_ms", "search.in_small_p99_ms", "search.from_few_p99_ms"}},
		{what: "start to `confab: ready` with 1,000,000 messages", from: "start.ready_ms", goal: 300, format: "%.0f ms"},
		{what: "start, history and search with 10,000,000 messages, relative to 1,000,000", goal: 1.5, format: "%.1fx"},
		{what: "write-ahead log after 1,000,000 messages with stalled readers", from: "wal.wal_mb", goal: 64, format: "%.0f MB"},
		{what: "5,000 clients connect at once: start to `confab: ready`", from: "herd.ready_ms", goal: 300, format: "%.0f ms"},
		{what: "the same: all have their screens, relative to the handshakes alone", from: "herd.back_ratio", goal: 1.3, format: "%.2fx",
			note: "%.1f s, %.1f s", notes: []string{"herd.back_s", "herd.handshakes_s"}},
		{what: "the same: the first 500, relative to 500 clients without the rest", from: "herd.first_ratio", goal: 1, format: "%.2fx"},
		{what: "the same: connections that the server ended", from: "herd.turned_away", goal: 0, format: "%.0f"},
		{what: "someone joins a group that all members have open: CPU for each of 2,000, relative to each of 200", from: "join.join_ratio", goal: 1.5, format: "%.2fx",
			note: "%.1f µs", notes: []string{"join.join_session_us"}},
		{what: "CPU of the server for the import of 1,000 accounts, 200 connected", from: "join.import_s", goal: 0.3, format: "%.2f s"},
		{what: "burst: 100 messages in a second on 1,000 screens, from the first Enter", from: "burst.settled_s", goal: 3, format: "%.1f s"},
		{what: "burst: RSS afterwards, relative to before", from: "burst.rss_after_ratio", goal: 1.3, format: "%.2fx",
			note: "at most %.2fx", notes: []string{"burst.rss_peak_ratio"}},
		{what: "latency p99 over three servers on one PostgreSQL database, 200 sessions, 2,000 deliveries/s", from: "servers.three_p99_ms", goal: 100, format: "%.1f ms",
			note: "SQLite %.0f/s and %.1f ms, one server %.0f/s and %.1f ms, two %.0f/s and %.1f ms, three %.0f/s",
			notes: []string{"servers.sqlite_deliveries", "servers.sqlite_p99_ms", "servers.one_deliveries", "servers.one_p99_ms",
				"servers.two_deliveries", "servers.two_p99_ms", "servers.three_deliveries"}},
		{what: "kill -9 of one of the three: until all of its people have the chat on their screens again", from: "servers.again_ms", goal: 3000, format: "%.0f ms"},
		{what: "memory for a client that stops reading, with its session", from: "stuck.held_per_stuck_kb", goal: 256, format: "%.0f KB"},
		{what: "p99 of the others with 20 clients that stop reading, relative to without", from: "stuck.p99_ratio", goal: 1.1, format: "%.2fx",
			note: "%.1f ms, %.1f ms", notes: []string{"stuck.p99_with_ms", "stuck.p99_without_ms"}},
	}
}

// value returns the row's figure, if it is known.
func (r row) value(f figures) (float64, bool) {
	v, known := f[r.from]
	if known && r.over != "" {
		by, also := f[r.over]
		v, known = v/by, also && by != 0
	}
	return v, known && !math.IsNaN(v)
}

// met reports whether a figure has reached its goal. It compares the figures as
// they are printed, so a figure that prints like the goal has reached it.
func (r row) met(v float64) bool {
	return r.said(v) == r.said(r.goal) || r.atLeast && v > r.goal || !r.atLeast && v < r.goal
}

func (r row) said(v float64) string { return fmt.Sprintf(r.format, v) }

// cells returns the cells of the row in the table.
func (r row) cells(f figures) []string {
	sign := "≤ "
	if r.atLeast {
		sign = "≥ "
	}
	v, known := r.value(f)
	if !known {
		return []string{r.what, sign + r.said(r.goal), "-", "not measured", r.command()}
	}
	measured := r.said(v)
	if r.note != "" {
		var notes []any
		for _, n := range r.notes {
			notes = append(notes, f[n]) // all the figures of the note are known
		}
		measured += " (" + fmt.Sprintf(r.note, notes...) + ")"
	}
	verdict := "met"
	if !r.met(v) {
		verdict = "**missed**"
	}
	return []string{r.what, sign + r.said(r.goal), measured, verdict, r.command()}
}

// benchmarkSend is the benchmark in the table, as go test -bench has it.
const benchmarkSend = "^BenchmarkSend$"

// command returns the command that measures the row's figure.
func (r row) command() string {
	source, _, _ := strings.Cut(r.from, ".")
	if source == "bench" {
		return "`go test ./app/service -run '^$' -bench '" + benchmarkSend + "'`"
	}
	for _, run := range runs {
		if run.name == source {
			return "`confab-load " + run.args + "`"
		}
	}
	return "none yet"
}
