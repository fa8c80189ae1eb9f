package app

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"
)

// writerBatch bounds how many jobs share a transaction, so that the first of
// them does not wait long for the last.
const writerBatch = 256

// effect is what a change means for the open sessions. It is held back until
// the transaction that made it is on disk.
type effect func(*hub)

// tell is the effect that the sessions of a conversation get an event.
func tell(id ConversationID, ev Event) effect {
	return func(h *hub) { h.deliver(id, ev) }
}

// change is what a job does in a transaction, and what that means for the open
// sessions.
type change = func(context.Context, Tx) ([]effect, error)

// job is one change. do runs inside a transaction that it may share with other
// jobs, and may run again in one of its own: it must check before it writes
// (a refusal leaves no trace) and start from scratch each time.
type job struct {
	ctx  context.Context
	do   change
	of   any          // what do was made of, by whose name it is logged
	log  *slog.Logger // of the session that asks for it; nil if it is none
	post bool         // it adds messages, and whom they name, and changes nothing else
	host bool         // the host asks for it, who may do much at once
	then []effect
	err  error
	done chan struct{}
}

// writer is the one goroutine through which all changes go. It commits all
// that wait in one transaction, since with synchronous=FULL the flush is what
// costs, then carries out their effects in the order of the commit and only then
// answers. Numbers given under it are therefore the order that everyone sees.
type writer struct {
	store Store
	hub   *hub
	jobs  chan *job
	now   func() time.Time
	log   *slog.Logger

	mu      sync.RWMutex // held for reading while a job is handed over
	stopped bool
	ended   chan struct{}
}

func newWriter(store Store, h *hub, now func() time.Time, log *slog.Logger) *writer {
	w := &writer{store: store, hub: h, jobs: make(chan *job, writerBatch), now: now, log: log, ended: make(chan struct{})}
	go w.run()
	return w
}

// do runs fn through the writer and waits for it to be on disk. Once a change
// is handed over it is carried out even if ctx ends, as nobody could say then
// whether it was: ctx only bounds the wait to hand it over. A change that costs more than
// [jobBudget] is refused with [ErrTooLarge], and nothing of it is kept.
func (w *writer) do(ctx context.Context, fn change) error {
	return w.carryOut(ctx, &job{do: fn, of: fn})
}

// doForHost is do without a budget.
func (w *writer) doForHost(ctx context.Context, fn change) error {
	return w.carryOut(ctx, &job{do: fn, of: fn, host: true})
}

// write makes a change that the session asks for.
func (s *Session) write(ctx context.Context, fn change) error {
	return s.service.writer.carryOut(ctx, &job{do: fn, of: fn, log: s.log})
}

// post is write for what only adds messages, and whom they name.
func (s *Session) post(ctx context.Context, fn change) error {
	return s.service.writer.carryOut(ctx, &job{do: fn, of: fn, log: s.log, post: true})
}

func (w *writer) carryOut(ctx context.Context, j *job) error {
	j.ctx, j.done = context.WithoutCancel(ctx), make(chan struct{})
	if err := w.hand(ctx, j); err != nil {
		return err
	}
	<-j.done
	return j.err
}

func (w *writer) hand(ctx context.Context, j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.stopped {
		return ErrClosed
	}
	select {
	case w.jobs <- j:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the writer: %w", ctx.Err())
	}
}

// stop takes no more jobs, carries out those that wait, and returns when they
// are done.
func (w *writer) stop() {
	w.mu.Lock()
	if !w.stopped {
		w.stopped = true
		close(w.jobs)
	}
	w.mu.Unlock()
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	batch := make([]*job, 0, writerBatch)
	for first := range w.jobs {
		batch = append(batch[:0], first)
	fill:
		for len(batch) < writerBatch {
			select {
			case j, ok := <-w.jobs:
				if !ok {
					break fill
				}
				batch = append(batch, j)
			default:
				break fill
			}
		}
		w.commit(batch)
	}
}

func (w *writer) commit(batch []*job) {
	err := w.transact(batch)
	if err != nil && len(batch) > 1 {
		// Something other than a refusal: whose fault it was shows when each
		// has a transaction of its own, and the others are not made to fail.
		for _, j := range batch {
			w.commit([]*job{j})
		}
		return
	}
	for _, j := range batch {
		if err != nil {
			j.err = err
		} else if j.err == nil {
			for _, do := range j.then {
				do(w.hub)
			}
		}
		close(j.done)
	}
}

// transact runs the jobs in one transaction. A refusal is that job's answer; any
// other error undoes and fails them all.
func (w *writer) transact(batch []*job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a change: %v", p)
		}
	}()
	return w.store.Update(batch[0].ctx, func(tx Tx) error {
		var posting *posting
		for _, j := range batch {
			on := tx
			if !j.post {
				posting = nil
			} else {
				if posting == nil {
					posting = newPosting(tx)
				}
				on = posting
			}
			if err := w.try(j, on); err != nil {
				return err
			}
		}
		return nil
	})
}

// try runs one job in a transaction. The error, if there is one, undoes the
// transaction.
func (w *writer) try(j *job, tx Tx) error {
	meter := &metered{Tx: tx, left: jobBudget}
	if j.host {
		meter.left = math.MaxInt
	}
	begun := w.now()
	j.then, j.err = j.do(j.ctx, meter)
	j.note(w.now().Sub(begun), w.log)
	switch {
	case meter.left < 0: // it may have written something already
		return errBudget
	case j.err != nil && !IsRefusal(j.err):
		return j.err
	default:
		return nil
	}
}
