package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

type chartsCmd struct {
	Folder string `arg:"" help:"The folder." type:"existingdir"`
}

// The charts cover these numbers of sessions and senders.
func sessionSteps() []int { return []int{50, 100, 200, 500, 1000, 2000} }

func senderSteps() []int { return []int{1, 2, 4, 8, 16, 32, 64, 128, 256} }

// Run measures and draws.
func (c *chartsCmd) Run(b *bench) error {
	m, at, f := thisMachine(b.ctx), time.Now(), figures{}
	for _, n := range sessionSteps() {
		args := []string{"--sessions", fmt.Sprint(n), "--rate", "2000", "--duration", "10s", "--idle", "10s"}
		if n > 1000 { // fewer messages a second, so a longer time for the same number
			args[5] = "20s"
		}
		if err := b.profile(f, fmt.Sprintf("sessions%d", n), args...); err != nil {
			return err
		}
	}
	if err := b.benchmark(f, "confab/db/sqlite", "^BenchmarkDurableSend$", "1s"); err != nil {
		return err
	}
	under := fmt.Sprintf("%s, commit %s, %d cores of %s", at.UTC().Format("2 January 2006"), m.commit, m.cores, m.cpu)
	for name, chart := range drawings(f) {
		chart.under = under
		var svg bytes.Buffer
		chart.write(&svg)
		if err := os.WriteFile(filepath.Join(c.Folder, name), svg.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// drawings returns the charts by file name.
func drawings(f figures) map[string]*chart {
	over := func(name, color string, steps []int, figure func(n int) string) line {
		l := line{name: name, color: color}
		for _, n := range steps {
			if v, known := f[figure(n)]; known {
				l.points = append(l.points, point{float64(n), v})
			}
		}
		return l
	}
	sessions := func(name, color, key string) line {
		return over(name, color, sessionSteps(), func(n int) string { return fmt.Sprintf("sessions%d.%s", n, key) })
	}
	senders := func(name, color, kind string) line {
		return over(name, color, senderSteps(), func(n int) string { return fmt.Sprintf("bench.DurableSend/%s/senders=%d", kind, n) })
	}
	return map[string]*chart{
		"latency.svg": {title: "Latency at 2,000 deliveries/s, from Enter to another's screen", x: "sessions", y: "ms", lines: []line{
			sessions("p99", red, "p99_ms"), sessions("p95", yellow, "p95_ms"), sessions("p50", green, "p50_ms"),
		}},
		"memory.svg": {title: "Memory of the server, RSS", x: "sessions", y: "MB", lines: []line{
			sessions("after messages", red, "rss_after_mb"), sessions("idle", green, "rss_idle_mb"),
		}},
		"sends.svg": {title: "Durable sends, whole path", x: "senders at once", y: "sends/s", lines: []line{
			senders("shared transactions", green, "shared"), senders("one transaction each", red, "each"),
		}},
	}
}
