package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"confab/app"
	"confab/db"
)

// newest is above all messages.
const newest = app.Seq(1) << 62

// byCall calls what a screen calls, on both stores in turn, so that what else
// goes on on the machine slows down both alike.
func byCall(ctx context.Context, f *findings, shelves []*shelf) (err error) {
	var callers []*caller
	defer func() {
		for _, c := range callers {
			err = errors.Join(err, c.close())
		}
	}()
	for _, sh := range shelves {
		c, err := newCaller(ctx, sh)
		if err != nil {
			return err
		}
		callers = append(callers, c)
	}
	for i := range historyCalls {
		for _, c := range callers {
			if err := c.call(ctx, i); err != nil {
				return err
			}
		}
	}
	compare(f, "call", callers[0].timings, callers[1].timings)
	return nil
}

// caller is the reader of a store.
type caller struct {
	timings
	store   *db.Store
	service *app.Service
	session *app.Session
	ids     []app.ConversationID
	last    map[app.ConversationID]app.Seq
	chance  *rand.Rand
}

func newCaller(ctx context.Context, sh *shelf) (_ *caller, err error) {
	c := &caller{timings: timings{}, ids: sh.ids, last: map[app.ConversationID]app.Seq{}}
	c.chance = rand.New(rand.NewPCG(7, 7)) // the same in both stores
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if c.store, err = db.Open(ctx, filepath.Join(sh.data, databaseFile)); err != nil {
		return nil, err
	}
	c.service, err = app.New(ctx, c.store, app.Options{Now: time.Now, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if c.session, err = c.service.Open(ctx, sh.accounts[1].fingerprint); err != nil {
		return nil, err
	}
	list, err := c.session.Conversations(ctx)
	for _, l := range list {
		c.last[l.ID] = l.LastSeq
	}
	return c, err
}

// close closes what is open.
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

// call makes each call once. Half of the time it is about the largest group.
func (c *caller) call(ctx context.Context, i int) error {
	id, other := c.ids[c.chance.IntN(len(c.ids))], c.ids[len(c.ids)-1]
	if i%2 == 0 {
		id, other = other, id
	}
	var seen app.Seq
	return errors.Join(
		c.timed("open", func() error {
			v, err := c.session.Visit(ctx, id)
			if err != nil {
				return err
			}
			seen = v.Seen
			_, err = c.session.Before(ctx, id, newest, historyPage)
			return err
		}),
		c.timed("page_up", func() error {
			_, err := c.session.Before(ctx, id, 1+app.Seq(c.chance.Int64N(int64(c.last[id]))), historyPage)
			return err
		}),
		c.timed("unread_line", func() error {
			_, err := c.session.After(ctx, id, max(0, seen-historyPage/2), historyPage)
			return err
		}),
		c.timed("switch", func() error {
			if _, err := c.session.Visit(ctx, other); err != nil {
				return err
			}
			_, err := c.session.Before(ctx, other, newest, historyPage)
			return err
		}),
		c.timed("counts", func() error {
			_, err := c.session.Conversations(ctx)
			return err
		}))
}

func (c *caller) timed(what string, do func() error) error {
	began := time.Now()
	err := do()
	c.add(what, time.Since(began))
	return err
}
