// Package writer makes all changes of the store, one after the other. It commits waiting
// changes together, records them for other processes, and applies them to the open sessions
// in the order of the commits. It also applies the changes that other processes have
// recorded, and the messages that other servers have posted. The use cases that ask for
// changes are in package service.
package writer

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// batchSize bounds how many jobs share a transaction, so that the first of them does not
// wait long for the last.
const batchSize = 256

// patience is how long patient jobs wait for others to share a transaction with.
const patience = 100 * time.Millisecond

// Work makes a change in a transaction, and returns what it has changed.
type Work = func(context.Context, chat.Tx) ([]chat.Change, error)

// Job is one change. Do runs in a transaction that other jobs may share, and may run again
// in a transaction of its own. So it must start from scratch each time, and must make all
// its checks before it writes: a refusal undoes nothing.
type Job struct {
	Do     Work
	Of     any          // the function by whose name the job is logged
	Log    *slog.Logger // of the session that asks for it; nil without a session
	Post   bool         // it adds messages and their mentions, and changes nothing else
	Host   bool         // the host asks for it, and may do much at once
	Follow bool         // earlier changes of other processes are applied before it; then Do may be nil
	// Patient says that nobody looks at the result at once. So the job waits a moment for
	// others to share a flush of the disk with.
	Patient bool
	After   func() // called when the changes are applied, unless it is nil

	ctx  context.Context
	then []chat.Change // what Do returned
	err  error
	done chan struct{}
}

// Writer is the one goroutine through which all changes go. It commits all waiting changes
// in one transaction, because the expensive part of a commit is to flush the disk
// (synchronous=FULL). Then it applies them to the open sessions in the order of the
// commits, with the changes of other processes between them (see record.go), and only then
// it answers. So everyone sees messages in the order of their numbers. Several goroutines
// may call its methods.
type Writer struct {
	o    Options
	jobs chan *Job
	seen atomic.Pointer[chat.Clock] // how far everything is applied

	mu      sync.RWMutex // held for reading while a job is handed over
	stopped bool
	ended   chan struct{}
}

// Options are what a writer needs.
type Options struct {
	Store chat.Store
	Apply func(chat.Change) error // applies a change to the open sessions
	// Heard is called before Apply for what another server has done; nil without other servers.
	Heard func(chat.Change)
	// Missed is called when the record no longer has all changes of other processes. If lost is
	// true, the store was put back to an earlier state, and has not all that was applied.
	Missed func(ctx context.Context, lost bool)
	Log    *slog.Logger
	Now    func() time.Time
	Origin int64      // identifies the service in the record of changes
	Seen   chat.Clock // how far everything is applied already
	Bus    chat.Bus   // to the other servers that use the store; nil if there are none. Messages of theirs are applied too
}

// New starts a writer. Stop ends it.
func New(o Options) *Writer {
	w := &Writer{o: o, jobs: make(chan *Job, batchSize), ended: make(chan struct{})}
	w.seen.Store(&o.Seen)
	go w.run()
	return w
}

// Do makes a change, and returns when it is on disk and applied. ctx bounds only the wait
// until the writer takes the change. After that the writer makes it even if ctx ends, so
// that the caller always learns whether it was made. Do returns [chat.ErrTooLarge] for a
// change that costs more than its budget, and keeps nothing of it. After [Writer.Stop], the
// error is [chat.ErrClosed].
func (w *Writer) Do(ctx context.Context, fn Work) error {
	return w.CarryOut(ctx, &Job{Do: fn, Of: fn})
}

// DoForHost is [Writer.Do] without a budget.
func (w *Writer) DoForHost(ctx context.Context, fn Work) error {
	return w.CarryOut(ctx, &Job{Do: fn, Of: fn, Host: true})
}

// CarryOut is [Writer.Do] for a job. A job can be used once.
func (w *Writer) CarryOut(ctx context.Context, j *Job) error {
	j.ctx, j.done = context.WithoutCancel(ctx), make(chan struct{})
	if err := w.hand(ctx, j); err != nil {
		return err
	}
	<-j.done
	return j.err
}

func (w *Writer) hand(ctx context.Context, j *Job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.stopped {
		return chat.ErrClosed
	}
	select {
	case w.jobs <- j:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the writer: %w", ctx.Err())
	}
}

// LastSeen returns how far everything is applied.
func (w *Writer) LastSeen() chat.Clock { return *w.seen.Load() }

// Behind reports whether something up to a clock is not applied. The clock may be of a database
// that has lost commits.
func (w *Writer) Behind(now chat.Clock) bool {
	seen := w.LastSeen()
	return now.Epoch != seen.Epoch || now.Changes != seen.Changes || w.o.Bus != nil && now.Messages != seen.Messages
}

// Waiting returns how many changes wait.
func (w *Writer) Waiting() int { return len(w.jobs) }

// Stop takes no more jobs, carries out the jobs that wait, and returns when they are
// done.
func (w *Writer) Stop() {
	w.mu.Lock()
	if !w.stopped {
		w.stopped = true
		close(w.jobs)
	}
	w.mu.Unlock()
	<-w.ended
}

func (w *Writer) run() {
	defer close(w.ended)
	batch := make([]*Job, 0, batchSize)
	for {
		if batch = w.gather(batch[:0]); len(batch) == 0 {
			return // stopped
		}
		w.commit(batch, false)
	}
}

// gather waits for jobs, and appends those that share the next transaction. It appends none
// after Stop.
func (w *Writer) gather(batch []*Job) []*Job {
	var enough <-chan time.Time // nil until a patient job has come
	hurry := false
	for len(batch) < batchSize && !(hurry && len(w.jobs) == 0) {
		select {
		case j, ok := <-w.jobs:
			if !ok {
				return batch
			}
			batch = append(batch, j)
			if hurry = hurry || !j.Patient; enough == nil && !hurry {
				timer := time.NewTimer(patience)
				defer timer.Stop()
				enough = timer.C
			}
		case <-enough:
			return batch
		}
	}
	return batch
}

// waiting appends the jobs that wait already.
func (w *Writer) waiting(batch []*Job) []*Job {
	for len(batch) < batchSize {
		select {
		case j, ok := <-w.jobs:
			if !ok {
				return batch
			}
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit carries out jobs. If alone is true, no others share their transaction.
func (w *Writer) commit(batch []*Job, alone bool) {
	batch, earlier, err := w.transact(batch, alone)
	if err != nil && len(batch) > 1 {
		// A job has failed, and was not just refused. In transactions of their own, all
		// other jobs succeed.
		for _, j := range batch {
			w.commit([]*Job{j}, true)
		}
		return
	}
	if err == nil {
		if w.o.Bus != nil && earlier.news {
			w.o.Bus.Publish(earlier.at)
		}
		w.seen.Store(&earlier.at)
		for _, c := range earlier.changes {
			if w.o.Heard != nil {
				w.o.Heard(c)
			}
			w.apply(c)
		}
		if earlier.missed {
			w.o.Missed(batch[0].ctx, earlier.lost)
		}
	}
	for _, j := range batch {
		if err != nil {
			j.err = err
		} else if j.err == nil {
			for _, c := range j.then {
				w.apply(c)
			}
			if j.After != nil {
				j.After()
			}
		}
		close(j.done)
	}
}

// apply applies a change to the open sessions. An error here is a mistake in the program.
func (w *Writer) apply(c chat.Change) {
	if err := w.o.Apply(c); err != nil {
		w.o.Log.Error("applying a change", "err", err)
	}
}

// earlier is what other processes have done before a transaction.
type earlier struct {
	changes []chat.Change
	missed  bool       // there was more, which cannot be read one by one
	lost    bool       // the store has lost some of what was applied
	at      chat.Clock // how far the store is, including the transaction's own changes
	news    bool       // the transaction has added something
}

// transact runs the jobs in one transaction. Unless they must stay alone, it adds those that have
// come while it waited for the transactions of other servers. It returns all of them. A refusal
// concerns only the job that got it. Any other error undoes all jobs. transact also returns the
// changes that other processes have made before it.
func (w *Writer) transact(batch []*Job, alone bool) (all []*Job, found earlier, err error) {
	all = batch
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a change: %v", p)
		}
	}()
	if !slices.ContainsFunc(batch, func(j *Job) bool { return j.Do != nil }) {
		found, err = w.follow(batch[0].ctx)
		return all, found, err
	}
	var r *record
	others := false
	err = w.o.Store.Update(batch[0].ctx, func(tx chat.Tx) error {
		r = &record{origin: w.o.Origin, at: w.o.Now(), seen: w.LastSeen(), shared: w.o.Bus != nil}
		if !alone {
			all = w.waiting(all)
		}
		var posts *postBatch
		for _, j := range all {
			r.follow = r.follow || j.Follow
			if j.Do == nil {
				continue
			}
			on := tx
			if !j.Post {
				posts = nil
			} else {
				if posts == nil {
					posts = &postBatch{Tx: tx}
				}
				on = posts
			}
			posted, err := w.try(j, on)
			r.own.Messages += posted
			if err != nil {
				return err
			}
			if j.err != nil {
				continue // refused
			}
			if err := r.add(j.ctx, tx, j.then); err != nil {
				return err
			}
		}
		var err error
		found.at, others, err = r.clock(batch[0].ctx, tx)
		return err
	})
	if err != nil {
		return all, found, err
	}
	if others {
		found = w.earlier(batch[0].ctx, r, found.at)
	}
	found.news = r.own != chat.Clock{}
	return all, found, nil
}

// try runs one job in a transaction, and returns how many messages it has posted. If it
// returns an error, the transaction must be undone.
func (w *Writer) try(j *Job, tx chat.Tx) (posted int64, err error) {
	meter := &metered{Tx: tx, left: jobBudget}
	if j.Host {
		meter.left = math.MaxInt
	}
	begun := w.o.Now()
	j.then, j.err = j.Do(j.ctx, meter)
	j.note(w.o.Now().Sub(begun), w.o.Log)
	switch {
	case meter.left < 0: // it may have written something already
		return 0, errBudget
	case j.err != nil && !chat.IsRefusal(j.err):
		return 0, j.err
	default:
		return meter.posted, nil
	}
}
