package main

import (
	"testing"
	"time"

	"confab/cmd/confab-load/report"
)

// The ratio is that of a typical round, for the slowest calls.
func TestRatios(t *testing.T) {
	round := func(open, counts time.Duration) timings {
		r := timings{}
		for _, what := range whats {
			r.add(what, time.Millisecond)
		}
		r["open"], r["counts"] = []time.Duration{open}, []time.Duration{counts}
		return r
	}
	ms := time.Millisecond
	f := &report.Findings{}
	ratios(f, "call",
		[]timings{round(2*ms, 3*ms), round(2*ms, 900*ms), round(3*ms, 3*ms)},
		[]timings{round(2*ms, 2*ms), round(1*ms, 2*ms), round(2*ms, 2*ms)})
	for name, want := range map[string]float64{"call_open_ratio": 1.5, "call_page_up_ratio": 1, "call_counts_ratio": 1.5, "call_ratio": 1.5} {
		if f.Numbers()[name] != want {
			t.Errorf("%s is %v, want %v", name, f.Numbers()[name], want)
		}
	}
}
