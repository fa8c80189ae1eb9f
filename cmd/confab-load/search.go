package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

const (
	// searchAsks is how often each kind of query is asked. If the store has few
	// messages, it is a trial, and each is asked once for this many messages.
	searchAsks, searchEach = 200, 100
	// searchHits is how many hits a screen asks for at a time (package tui).
	searchHits = 40
	// vocabulary is how many words there are.
	vocabulary = 50_000
	// rareAuthor writes one in this many messages.
	rareAuthor, rareEvery = library - 1, 5000
)

// word returns a word by its rank in frequency. The most frequent words, from rank
// 0, are short.
func word(rank int) string {
	const consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
	var b strings.Builder
	for n := rank + 20; n > 0; n /= len(consonants) * len(vowels) {
		b.WriteByte(consonants[n%len(consonants)])
		b.WriteByte(vowels[n/len(consonants)%len(vowels)])
	}
	return b.String()
}

// furnishSearch fills the library's groups with sentences by all accounts. The
// words have the frequencies of a language (Zipf). Half of the sentences are in the
// last group, and the others are spread over all groups.
func furnishSearch(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account, messages int) error {
	ids, err := testbed.Groups(ctx, store, service, accounts, libraryGroups)
	if err != nil {
		return err
	}
	who, err := testbed.Users(ctx, store, accounts)
	if err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(1, 2))
	words := rand.NewZipf(chance, 1.07, 2, vocabulary-1)
	return testbed.Fill(ctx, store, messages, func(i int) chat.Message {
		m := chat.Message{Conversation: ids[len(ids)-1], Author: who[chance.IntN(rareAuthor)].ID}
		if i%2 == 0 {
			m.Conversation = ids[chance.IntN(len(ids)-1)]
		}
		if i%rareEvery == 0 {
			m.Author = who[rareAuthor].ID
		}
		var b strings.Builder
		for range 4 + chance.IntN(16) {
			b.WriteString(word(int(words.Uint64())) + " ")
		}
		m.Body = strings.TrimSuffix(b.String(), " ")
		return m
	})
}

// ask is a kind of query, as people type it.
type ask struct {
	name  string
	query func() string
	below func() int64 // the position from which a page continues
}

// asks are the kinds of queries.
func asks(chance *rand.Rand, messages int) []ask {
	common := func() string { return word(chance.IntN(20)) }
	rare := func() string { return word(5_000 + chance.IntN(40_000)) }
	phrase := func(words ...func() string) func() string {
		return func() string {
			var all []string
			for _, w := range words {
				all = append(all, w())
			}
			return `"` + strings.Join(all, " ") + `"`
		}
	}
	with := func(before string, word func() string) func() string {
		return func() string { return before + word() }
	}
	small := func() string { return fmt.Sprintf("in:#"+testbed.GroupName+" ", chance.IntN(libraryGroups-1)) }
	from := func(who int) string { return "from:" + testbed.AccountName(who) + " " }
	day := func() string {
		return time.Now().Add(-time.Duration(chance.IntN(messages)) * time.Second).UTC().Format(time.RFC3339)
	}
	newest := func() int64 { return 0 }
	return []ask{
		{"common", common, newest},
		{"rare", rare, newest},
		{"none", func() string { return "nowhere" }, newest},
		{"two", func() string { return common() + " " + common() }, newest},
		{"phrase", phrase(common, common), newest},
		{"phrase_rare", phrase(common, rare), newest},
		{"phrase_of_4", phrase(common, common, common, common), newest},
		{"phrase_of_8", phrase(common, common, common, common, common, common, common, common), newest},
		{"prefix", func() string { w := rare(); return w[:min(2+chance.IntN(4), len(w))] + "*" }, newest},
		{"in_large", with(fmt.Sprintf("in:#"+testbed.GroupName+" ", libraryGroups-1), common), newest},
		{"in_small", func() string { return small() + common() }, newest},
		{"in_small_rare", func() string { return small() + rare() }, newest},
		{"from_many", with(from(0), common), newest},
		{"from_few", with(from(rareAuthor), common), newest},
		{"from_in", func() string { return from(rareAuthor) + small() }, newest},
		{"before", func() string { return common() + " before:" + day() }, newest},
		{"after", func() string { return rare() + " after:" + day() }, newest},
		{"deep", common, func() int64 { return 1 + int64(chance.IntN(messages)) }},
	}
}

// measureSearch asks for pages of hits, all kinds of queries in turn.
func measureSearch(ctx context.Context, g *testbed.Ground, _ load, messages int) (report.Outcome, error) {
	g.Say(fmt.Sprintf("filling a store with %d messages", messages))
	site, err := g.Site(ctx, "data", library, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		return furnishSearch(ctx, store, service, accounts, messages)
	})
	if err != nil {
		return nil, err
	}
	g.Say("searching")
	took, hits := timings{}, map[string]int{}
	kinds := asks(rand.New(rand.NewPCG(3, 4)), messages)
	err = withCallers(ctx, []*shelf{{Site: site}}, libraryReader, func(callers []*caller) error {
		for range max(1, min(searchAsks, messages/searchEach)) {
			for _, a := range kinds {
				words, below := a.query(), a.below()
				began := time.Now()
				q, err := text.ParseQuery(words, time.UTC)
				if err != nil {
					return fmt.Errorf("%s: %w", words, err)
				}
				found, err := callers[0].session.Messages().Search(ctx, q, searchHits, below)
				if err != nil {
					return fmt.Errorf("%s: %w", words, err)
				}
				took.add(a.name, time.Since(began))
				hits[a.name] += len(found)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f := &report.Findings{}
	f.Tell("messages", "messages", "%d", messages)
	tellSearch(f, kinds, took, hits)
	return f, nil
}

// tellSearch reports the percentiles of each kind, and the worst.
func tellSearch(f *report.Findings, kinds []ask, took timings, hits map[string]int) {
	worst := 0.0
	for _, a := range kinds {
		slices.Sort(took[a.name])
		p99 := report.Milliseconds(report.Percentile(took[a.name], 99))
		f.Tell(a.name+"_p50_ms", a.name+", p50", "%.2f ms", report.Milliseconds(report.Percentile(took[a.name], 50)))
		f.Tell(a.name+"_p99_ms", "p99", "%.2f ms", p99)
		f.Tell(a.name+"_hits", "hits on a page", "%.1f", float64(hits[a.name])/float64(max(1, len(took[a.name]))))
		worst = max(worst, p99)
	}
	f.Tell("p99_ms", "worst p99", "%.2f ms", worst)
	if hits["common"] == 0 {
		f.Fail("found", "nothing")
	}
}
