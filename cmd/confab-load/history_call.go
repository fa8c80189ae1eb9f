package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/live"
	"confab/app/service"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

// newest is a number above all messages.
const newest = chat.Seq(1) << 62

// byCall makes the calls of a screen, on both stores in turn, so that other work on
// the machine slows both alike. First the reader calls. Then its equal calls, to
// whom both stores show the same amount.
func byCall(ctx context.Context, f *report.Findings, shelves []*shelf) error {
	var measured []timings
	err := withCallers(ctx, shelves, libraryReader, func(callers []*caller) error {
		if err := inTurn(ctx, callers, historyCalls); err != nil {
			return err
		}
		measured = append(measured, callers[0].timings, callers[1].timings)
		return nil
	})
	if err != nil {
		return err
	}
	compare(f, "call", measured[0], measured[1])

	rounds := make([][]timings, len(shelves))
	err = withCallers(ctx, shelves, libraryEqual, func(callers []*caller) error {
		for range ratioRounds {
			for _, c := range callers {
				c.timings = timings{}
			}
			if err := inTurn(ctx, callers, ratioCalls); err != nil {
				return err
			}
			for i, c := range callers {
				rounds[i] = append(rounds[i], c.timings)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	ratios(f, "call", rounds[0], rounds[1])
	return nil
}

// inTurn has each caller make its calls n times. Each is the first equally often.
func inTurn(ctx context.Context, callers []*caller, n int) error {
	for i := range n {
		for k := range callers {
			if err := callers[(i/2+k)%len(callers)].call(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// withCallers opens the stores as one of their accounts.
func withCallers(ctx context.Context, shelves []*shelf, who int, do func([]*caller) error) (err error) {
	var callers []*caller
	defer func() {
		for _, c := range callers {
			err = errors.Join(err, c.close())
		}
	}()
	for _, sh := range shelves {
		c, err := newCaller(ctx, sh, who)
		if err != nil {
			return err
		}
		callers = append(callers, c)
	}
	return do(callers)
}

// caller is an account that reads a store.
type caller struct {
	timings
	store   *sqlite.Store
	service *service.Service
	session *service.Session
	ids     []chat.ConversationID
	last    map[chat.ConversationID]chat.Seq
	least   int // messages on a page, in the small groups
	chance  *rand.Rand
}

func newCaller(ctx context.Context, sh *shelf, who int) (_ *caller, err error) {
	c := &caller{timings: timings{}, ids: sh.ids, last: map[chat.ConversationID]chat.Seq{}, least: historyPage}
	if who == libraryEqual {
		c.least = min(sh.least, historyPage)
	}
	c.chance = rand.New(rand.NewPCG(7, 7)) // the same in both stores
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if c.store, err = sqlite.Open(ctx, filepath.Join(sh.Data, testbed.DatabaseFile)); err != nil {
		return nil, err
	}
	c.service, err = service.New(ctx, c.store, live.New(), service.Options{Now: time.Now, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if c.session, err = c.service.Open(ctx, sh.Accounts[who].Fingerprint); err != nil {
		return nil, err
	}
	list, err := c.session.Groups().Conversations(ctx)
	for _, l := range list {
		c.last[l.ID] = l.LastSeq
	}
	return c, err
}

// close closes the store and the session.
func (c *caller) close() error {
	if c.session != nil {
		c.session.Close()
	}
	if c.service != nil {
		c.service.Close("")
	}
	if c.store != nil {
		return c.store.Close()
	}
	return nil
}

// call makes each call once. Half of the calls are for the largest group.
func (c *caller) call(ctx context.Context, i int) error {
	id, other := c.ids[c.chance.IntN(len(c.ids))], c.ids[len(c.ids)-1]
	if i%2 == 0 {
		id, other = other, id
	}
	page := func(of chat.ConversationID) int {
		if of == c.ids[len(c.ids)-1] {
			return historyPage
		}
		return c.least
	}
	var seen chat.Seq
	return errors.Join(
		c.timed("open", func() error {
			v, err := c.session.Receipts().Visit(ctx, id)
			if err != nil {
				return err
			}
			seen = v.Seen
			_, err = c.session.Messages().Before(ctx, id, newest, page(id))
			return err
		}),
		c.timed("page_up", func() error {
			above := page(id) // so that there is a page below
			_, err := c.session.Messages().Before(ctx, id, chat.Seq(1+above)+chat.Seq(c.chance.Int64N(max(1, int64(c.last[id])-int64(above)))), above)
			return err
		}),
		c.timed("unread_line", func() error {
			_, err := c.session.Messages().After(ctx, id, max(0, seen-chat.Seq(page(id)/2)), page(id))
			return err
		}),
		c.timed("switch", func() error {
			if _, err := c.session.Receipts().Visit(ctx, other); err != nil {
				return err
			}
			_, err := c.session.Messages().Before(ctx, other, newest, page(other))
			return err
		}),
		c.timed("counts", func() error {
			_, err := c.session.Groups().Conversations(ctx)
			return err
		}))
}

func (c *caller) timed(what string, do func() error) error {
	began := time.Now()
	err := do()
	c.add(what, time.Since(began))
	return err
}
