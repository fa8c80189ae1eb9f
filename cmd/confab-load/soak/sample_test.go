package soak

import (
	"slices"
	"strings"
	"testing"
)

// What grows steadily is found, however small the steps are. What varies is not.
func TestGrown(t *testing.T) {
	steady := func(i int) sample {
		return sample{heap: 20e6 + float64(i%3)*1e6, goroutines: float64(60 + i%2*5), files: 30, wal: 4e6}
	}
	for name, of := range map[string]struct {
		change func(s *sample, i int)
		want   string
	}{
		"nothing":        {func(*sample, int) {}, ""},
		"while it warms": {func(s *sample, i int) { s.heap += 30e6 * float64(min(i, warm)) }, ""},
		"memory":         {func(s *sample, i int) { s.heap += 1e6 * float64(i) }, "live memory"},
		"goroutines":     {func(s *sample, i int) { s.goroutines += 3 * float64(i) }, "goroutines"},
		"descriptors":    {func(s *sample, i int) { s.files += 2 * float64(i) }, "descriptors"},
		"the log":        {func(s *sample, i int) { s.wal += 2e6 * float64(i) }, "write-ahead log"},
	} {
		var samples []sample
		for i := range samplesALife {
			s := steady(i)
			of.change(&s, i)
			samples = append(samples, s)
		}
		wrong := grown(samples)
		if of.want == "" && wrong != nil || of.want != "" && (len(wrong) != 1 || !strings.HasPrefix(wrong[0], of.want) && !strings.Contains(wrong[0], of.want)) {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

// The growth is that of the line, whatever the values vary by around it.
func TestGrowth(t *testing.T) {
	for _, of := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{5}, 0},
		{[]float64{5, 5, 5}, 0},
		{[]float64{1, 2, 3, 4}, 3},
		{[]float64{4, 3, 2, 1}, -3},
		{[]float64{0, 3, 0, 3, 0}, 0},
	} {
		if got := growth(of.values); got-of.want > 1e-9 || of.want-got > 1e-9 {
			t.Errorf("growth(%v) is %v, not %v", slices.Clone(of.values), got, of.want)
		}
	}
}
