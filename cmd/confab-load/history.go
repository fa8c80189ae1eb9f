package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

const (
	// fewMessages is the size of the small store, which is compared with the large
	// one.
	fewMessages = 10_000
	// historyCalls is how often each call is made, historyKeys how often each key
	// is pressed.
	historyCalls = 600
	historyKeys  = 100
	// ratioRounds is how often the stores are compared, with ratioCalls of each
	// call.
	ratioRounds = 15
	ratioCalls  = 200
	// historyPage is how many messages a screen reads at a time (package tui).
	historyPage = 64
)

// shelf is one of the two stores.
type shelf struct {
	*testbed.Site
	ids   []chat.ConversationID
	least int // of messages in a group of the small store
}

// measureHistory reads old messages in a large store and in a small one.
func measureHistory(ctx context.Context, g *testbed.Ground, _ load, messages int) (report.Outcome, error) {
	var shelves []*shelf
	few := min(fewMessages, messages)
	for _, n := range []int{messages, few} {
		g.Say(fmt.Sprintf("filling a store with %d messages", n))
		sh := &shelf{least: smallGroup(few)}
		site, err := g.Site(ctx, fmt.Sprintf("data%d", len(shelves)), library, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) (err error) {
			sh.ids, err = furnishLibrary(ctx, store, service, accounts, n)
			return err
		})
		if err != nil {
			return nil, err
		}
		sh.Site = site
		shelves = append(shelves, sh)
	}
	f := &report.Findings{}
	f.Tell("messages", "messages in the large store", "%d", messages)
	f.Tell("messages_small", "and in the small one", "%d", few)
	g.Say("calling")
	if err := byCall(ctx, f, shelves); err != nil {
		return nil, err
	}
	g.Say("pressing keys")
	if err := byKey(ctx, f, shelves); err != nil {
		return nil, err
	}
	return f, nil
}

// timings are times by kind.
type timings map[string][]time.Duration

func (t timings) add(what string, took time.Duration) { t[what] = append(t[what], took) }

// whats are the kinds of calls and keys, in the order of the report.
var whats = []string{"open", "page_up", "unread_line", "switch", "counts"}

// compare reports the percentiles of both stores, and the worst of the large one.
func compare(f *report.Findings, by string, large, small timings) {
	worst := 0.0
	for _, what := range whats {
		if len(large[what]) == 0 {
			continue
		}
		slices.Sort(large[what])
		slices.Sort(small[what])
		p99 := report.Milliseconds(report.Percentile(large[what], 99))
		f.Tell(by+"_"+what+"_p50_ms", by+", "+what+", p50", "%.2f ms", report.Milliseconds(report.Percentile(large[what], 50)))
		f.Tell(by+"_"+what+"_p99_ms", "p99", "%.2f ms", p99)
		f.Tell(by+"_"+what+"_small_p99_ms", "p99 in the small store", "%.2f ms", report.Milliseconds(report.Percentile(small[what], 99)))
		worst = max(worst, p99)
	}
	f.Tell(by+"_p99_ms", by+", worst p99", "%.2f ms", worst)
}

// ratios reports the p99 of the large store divided by that of the small one. The
// calls were made in turn, in rounds. It takes the median of the rounds, because a
// round in which the machine was busy elsewhere means nothing.
func ratios(f *report.Findings, by string, large, small []timings) {
	worst := 0.0
	for _, what := range whats {
		var all []float64
		for i := range large {
			slices.Sort(large[i][what])
			slices.Sort(small[i][what])
			all = append(all, float64(report.Percentile(large[i][what], 99))/float64(report.Percentile(small[i][what], 99)))
		}
		slices.Sort(all)
		ratio := all[len(all)/2]
		f.Tell(by+"_"+what+"_ratio", by+", "+what+", p99 of the same in the small store", "%.2fx", ratio)
		worst = max(worst, ratio)
	}
	f.Tell(by+"_ratio", "worst ratio", "%.2fx", worst)
}
