package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/app"
	"confab/db"
)

const (
	// fewMessages is the size of the small store that the large one is compared
	// with.
	fewMessages = 10_000
	// historyCalls is how often each call is made, historyKeys each key pressed.
	historyCalls = 600
	historyKeys  = 100
	// historyPage is how many messages a screen reads at a time (package tui).
	historyPage = 64
)

// shelf is one of the two stores.
type shelf struct {
	*site
	ids []app.ConversationID
}

// measureHistory looks up what is old, in a large store and in a small one.
func measureHistory(ctx context.Context, g *ground, _ load, messages int) (outcome, error) {
	var shelves []*shelf
	few := min(fewMessages, messages)
	for _, n := range []int{messages, few} {
		g.say(fmt.Sprintf("filling a store with %d messages", n))
		sh := &shelf{}
		site, err := g.site(ctx, fmt.Sprintf("data%d", len(shelves)), library, func(ctx context.Context, store *db.Store, service *app.Service, accounts []account) (err error) {
			sh.ids, err = furnishLibrary(ctx, store, service, accounts, n)
			return err
		})
		if err != nil {
			return nil, err
		}
		sh.site = site
		shelves = append(shelves, sh)
	}
	f := &findings{}
	f.tell("messages", "messages in the large store", "%d", messages)
	f.tell("messages_small", "and in the small one", "%d", few)
	g.say("calling")
	if err := byCall(ctx, f, shelves); err != nil {
		return nil, err
	}
	g.say("pressing keys")
	if err := byKey(ctx, f, shelves); err != nil {
		return nil, err
	}
	return f, nil
}

// timings are how long things took, by what they are.
type timings map[string][]time.Duration

func (t timings) add(what string, took time.Duration) { t[what] = append(t[what], took) }

// compare tells the percentiles of both stores, and the worst of all.
func compare(f *findings, by string, large, small timings) {
	worst, ratio := 0.0, 0.0
	for _, what := range []string{"open", "page_up", "unread_line", "switch", "counts"} {
		if len(large[what]) == 0 {
			continue
		}
		slices.Sort(large[what])
		slices.Sort(small[what])
		a, b := milliseconds(percentile(large[what], 99)), milliseconds(percentile(small[what], 99))
		f.tell(by+"_"+what+"_p50_ms", by+", "+what+", p50", "%.2f ms", milliseconds(percentile(large[what], 50)))
		f.tell(by+"_"+what+"_p99_ms", "p99", "%.2f ms", a)
		f.tell(by+"_"+what+"_small_p99_ms", "p99 in the small store", "%.2f ms", b)
		worst, ratio = max(worst, a), max(ratio, a/b)
	}
	f.tell(by+"_p99_ms", by+", worst p99", "%.2f ms", worst)
	f.tell(by+"_ratio", "worst ratio", "%.2f", ratio)
}
