package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"confab/app/text"
	"confab/cmd/confab-load/report"
)

// Each query is what its name says: a phrase of eight words is one phrase.
func TestAsks(t *testing.T) {
	asked := map[string]text.Query{}
	for _, a := range asks(rand.New(rand.NewPCG(1, 2)), minMessages) {
		if _, twice := asked[a.name]; twice {
			t.Errorf("there are two of %s", a.name)
		}
		q, err := text.ParseQuery(a.query(), time.UTC)
		if err != nil {
			t.Errorf("%s: %v", a.name, err)
		}
		asked[a.name] = q
	}
	if p := asked["phrase_of_8"].Phrases; len(p) != 1 || len(p[0].Terms) != 8 {
		t.Errorf("the long phrase is %v", p)
	}
	if p := asked["prefix"].Phrases; len(p) != 1 || !p[0].Prefix {
		t.Errorf("the prefix is %v", p)
	}
	for name, ok := range map[string]bool{
		"in_large": asked["in_large"].In != "", "from_few": asked["from_few"].From != "",
		"before": !asked["before"].Before.IsZero(), "after": !asked["after"].After.IsZero(),
	} {
		if !ok {
			t.Errorf("%s is %+v", name, asked[name])
		}
	}
}

// The worst kind is reported. A kind without results is a failure.
func TestTellSearch(t *testing.T) {
	kinds := []ask{{name: "common"}, {name: "rare"}}
	took := timings{"common": {2 * time.Millisecond}, "rare": {7 * time.Millisecond, 3 * time.Millisecond}}
	f := &report.Findings{}
	tellSearch(f, kinds, took, map[string]int{"common": 1, "rare": 1})
	if f.Numbers()["p99_ms"] != 7.0 || f.Numbers()["rare_p50_ms"] != 3.0 || f.Numbers()["rare_hits"] != 0.5 || !f.Good() {
		t.Errorf("told %v, good %v", f.Numbers(), f.Good())
	}
	f = &report.Findings{}
	tellSearch(f, kinds, took, nil)
	if f.Good() {
		t.Error("nothing was found, and that is good")
	}
}
