package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"confab/app"
	"confab/db"
)

const (
	// fewMessages is the size of the small store that the large one is compared
	// with.
	fewMessages = 10_000
	// historyCalls is how often each call is made, historyKeys each key pressed.
	historyCalls = 400
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
	if err := compare(ctx, f, "call", shelves, historyByCall); err != nil {
		return nil, err
	}
	g.say("pressing keys")
	err := compare(ctx, f, "key", shelves, func(ctx context.Context, sh *shelf) (t timings, err error) {
		faults, err := sh.serve(ctx, func(server *server) error {
			t, err = historyByKey(ctx, sh, server)
			return err
		})
		f.faulty(faults)
		return t, err
	})
	return f, err
}

// timings are how long things took, by what they are.
type timings map[string][]time.Duration

func (t timings) add(what string, took time.Duration) { t[what] = append(t[what], took) }

// compare measures both stores and tells the percentiles of each, and the worst
// of all.
func compare(ctx context.Context, f *findings, by string, shelves []*shelf, measure func(context.Context, *shelf) (timings, error)) error {
	large, err := measure(ctx, shelves[0])
	if err != nil {
		return err
	}
	small, err := measure(ctx, shelves[1])
	if err != nil {
		return err
	}
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
	return nil
}

// historyByCall calls what a screen calls.
func historyByCall(ctx context.Context, sh *shelf) (_ timings, err error) {
	store, err := db.Open(ctx, filepath.Join(sh.data, databaseFile))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service, err := app.New(ctx, store, app.Options{Now: time.Now, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer service.Close("")
	s, err := service.Open(ctx, sh.accounts[1].fingerprint)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	list, err := s.Conversations(ctx)
	if err != nil {
		return nil, err
	}
	last := map[app.ConversationID]app.Seq{}
	for _, l := range list {
		last[l.ID] = l.LastSeq
	}
	const newest = app.Seq(1) << 62
	t := timings{}
	var failed error
	timed := func(what string, do func() error) {
		began := time.Now()
		failed = errors.Join(failed, do())
		t.add(what, time.Since(began))
	}
	chance := rand.New(rand.NewPCG(7, 7)) // the same in both stores
	for i := range historyCalls {
		// Half of the time in the largest.
		id, other := sh.ids[chance.IntN(len(sh.ids))], sh.ids[len(sh.ids)-1]
		if i%2 == 0 {
			id, other = other, id
		}
		var seen app.Seq
		timed("open", func() error {
			v, err := s.Visit(ctx, id)
			if err != nil {
				return err
			}
			seen = v.Seen
			_, err = s.Before(ctx, id, newest, historyPage)
			return err
		})
		timed("page_up", func() error {
			_, err := s.Before(ctx, id, 1+app.Seq(chance.Int64N(int64(last[id]))), historyPage)
			return err
		})
		timed("unread_line", func() error {
			_, err := s.After(ctx, id, max(0, seen-historyPage/2), historyPage)
			return err
		})
		timed("switch", func() error {
			_, err := s.Visit(ctx, other)
			return err
		})
		timed("counts", func() error {
			_, err := s.Conversations(ctx)
			return err
		})
		if failed != nil {
			return nil, failed
		}
	}
	return t, nil
}

// historyByKey presses keys at a client's terminal, and takes the time to the
// last byte of what they cause.
func historyByKey(ctx context.Context, sh *shelf, server *server) (timings, error) {
	tally := newTally(schedule{sessions: 1, senders: 1})
	c, err := connect(ctx, server.addr, sh.hostKey, sh.accounts[1], &tally.views[0])
	if err != nil {
		return nil, err
	}
	defer func() {
		c.hangUp()
		<-c.ended
	}()
	if err := sleep(ctx, quiet); err != nil {
		return nil, err
	}
	t := timings{}
	press := func(what, key string) error {
		took, err := c.respond(ctx, key)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		t.add(what, took)
		return nil
	}
	for range historyKeys {
		if err := errors.Join(press("open", keyNext), press("unread_line", keyUnread)); err != nil {
			return nil, err
		}
	}
	for range historyKeys {
		if err := press("switch", keyLast); err != nil {
			return nil, err
		}
	}
	largest := fmt.Sprintf(groupName, libraryGroups-1)
	for _, keys := range []string{keySwitcher, largest, keyEnter, keyEnd} {
		if _, err := c.respond(ctx, keys); err != nil {
			return nil, fmt.Errorf("going to %s: %w", largest, err)
		}
	}
	for range historyKeys {
		if err := press("page_up", keyPageUp); err != nil {
			return nil, err
		}
	}
	return t, nil
}
