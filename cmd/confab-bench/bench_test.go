package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	f := figures{}
	if err := f.addJSON("chat", []byte(`{"good": true, "p99_ms": 12.5, "note": "skipped"}`)); err != nil {
		t.Fatal(err)
	}
	out := "goos: linux\nBenchmarkSend/shared-2  \t  1000\t    20000 ns/op\t 1 B/op\nBenchmarkSend/one_each \t 10\t 400000.5 ns/op\nPASS\n" +
		"BenchmarkDurableSend/each/senders=64-2 5 1000 ns/op\n"
	if err := f.addBench([]byte(out)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"chat.good": 1, "chat.p99_ms": 12.5, "bench.Send/shared": 50_000, "bench.Send/one_each": 1e9 / 400_000.5,
		"bench.DurableSend/each/senders=64": 1e6,
	} {
		if f[name] != want {
			t.Errorf("%s is %v, want %v", name, f[name], want)
		}
	}
	if len(f) != 5 {
		t.Errorf("figures are %v", f)
	}
}

func TestTable(t *testing.T) {
	f := figures{
		"chat.p50_ms": 10.04, "chat.p99_ms": 31, "bench.Send/shared": 50_000, "bench.Send/one_each": 4000,
		"idle.cpu_idle_percent": 0.4, "idle.good": 1,
		"search.p99_ms": 26.4, "search.common_p99_ms": 7, "search.rare_p99_ms": 5, "search.phrase_p99_ms": 8, "search.phrase_of_4_p99_ms": 19,
		"search.phrase_of_8_p99_ms": 26.4, "search.prefix_p99_ms": 9, "search.in_small_p99_ms": 6, "search.from_few_p99_ms": 4,
	}
	m := machine{cpu: "a CPU", cores: 2, system: "Linux 1.2", commit: "abc"}
	got := table(m, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), f)
	for _, want := range []string{
		"on 2 January 2026, commit abc, 2 cores of a CPU, Linux 1.2, Go 1.",
		"| latency p50, 200 sessions, 2,000 deliveries/s | ≤ 10.0 ms | 10.0 ms | met |",
		"| latency p99, the same | ≤ 30.0 ms | 31.0 ms | **missed** |",
		"| ≥ 10.0x | 12.5x (50000/s against 4000/s) | met |",
		"| ≤ 0.50 % | 0.40 % | met |",
		"| ≤ 100 ms | 26 ms (common word 7, rare 5, phrase of two 8, four 19, eight 26, prefix 9, in: 6, from: 4) | met |",
		"| ≤ 300 ms | - | not measured | `confab-load --profile start` |",
		"| ≤ 50.0 ms | - | not measured | `confab-load --profile chat --sessions 1000 --rate 10000` |",
		"| ≤ 1.5x | - | not measured | none yet |",
		"`confab-load --profile chat` reported a failure.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "--profile idle` reported") {
		t.Error("idle was good")
	}
}

func TestReplace(t *testing.T) {
	const begin, end = "<!-- bench: begin -->", "<!-- bench: end -->"
	got, err := replace([]byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), "bench", []byte("new\n"))
	if want := "before\n" + begin + "\nnew\n" + end + "\nafter\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	for _, document := range []string{"", end + begin, begin} {
		if _, err := replace([]byte(document), "bench", nil); err == nil {
			t.Errorf("%q has no marks, and no error", document)
		}
	}
}

// Every figure of the table comes from a profile that runs, or from a benchmark, unless
// nothing measures it yet.
func TestRowsAreOfWhatIsRun(t *testing.T) {
	for _, r := range rows() {
		for _, from := range append(r.notes, r.from) {
			source, _, _ := strings.Cut(from, ".")
			if from != "" && source != "bench" && !slices.ContainsFunc(runs, func(r run) bool { return r.name == source }) {
				t.Errorf("%s is of %s, which is not run", r.what, source)
			}
		}
	}
}

// The documents that are rewritten have their marks.
func TestTheDocumentsHaveMarks(t *testing.T) {
	for name, what := range map[string]string{"performance.md": "bench", "security.md": "attack"} {
		document, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err == nil {
			_, err = replace(document, what, nil)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// Charts are well-formed, whichever figures are known.
func TestCharts(t *testing.T) {
	full := figures{}
	for _, n := range []string{"50", "100", "200"} {
		full["sessions"+n+".p99_ms"], full["sessions"+n+".p50_ms"] = 20, 0
		full["sessions"+n+".rss_idle_mb"] = 12.5
	}
	for _, f := range []figures{{}, full, {"sessions50.p99_ms": 7}} {
		for name, c := range drawings(f) {
			c.under = "2 cores of <a CPU> & more"
			var svg bytes.Buffer
			c.write(&svg)
			if strings.Contains(svg.String(), "NaN") || strings.Contains(svg.String(), "Inf") {
				t.Errorf("%s has a figure that is not a number:\n%s", name, svg.String())
			}
			d := xml.NewDecoder(&svg)
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.25: "0.2", 7: "7", 12.6: "13", 999: "999", 1000: "1,000", 9876.4: "9,876", 96_400: "96,000"} {
		if got := number(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
