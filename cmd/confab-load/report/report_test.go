package report

import (
	"strings"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		values []time.Duration
		p      float64
		want   time.Duration
	}{
		{nil, 50, 0},
		{[]time.Duration{7}, 0, 7},
		{[]time.Duration{7}, 50, 7},
		{[]time.Duration{7}, 100, 7},
		{[]time.Duration{1, 2}, 50, 1},
		{[]time.Duration{1, 2}, 51, 2},
		{[]time.Duration{1, 2, 3}, 50, 2},
		{hundred, 50, 50},
		{hundred, 95, 95},
		{hundred, 99, 99},
		{hundred, 99.5, 100},
		{hundred, 100, 100},
	} {
		if got := Percentile(c.values, c.p); got != c.want {
			t.Errorf("percentile %v of %d values: %d, want %d", c.p, len(c.values), got, c.want)
		}
	}
}

// Programs read what went wrong, and not only that something did.
func TestAFailureIsInBothReports(t *testing.T) {
	f := &Findings{}
	f.Faulty([]string{"the disk is full"})
	for _, asJSON := range []bool{false, true} {
		var out strings.Builder
		if err := Write(&out, f, asJSON); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "the disk is full") {
			t.Errorf("as JSON %t: %s", asJSON, out.String())
		}
	}
}
