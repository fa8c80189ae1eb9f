package service

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// writerBatch bounds how many jobs share a transaction, so that the first of
// them does not wait long for the last.
const writerBatch = 256

// work is what is to be done in a transaction. It returns what it has changed.
type work = func(context.Context, chat.Tx) ([]chat.Change, error)

// job is one thing to do in the store. do runs inside a transaction that it may share
// with other jobs, and may run again in one of its own: it must check before it writes
// (a refusal leaves no trace) and start from scratch each time.
type job struct {
	ctx    context.Context
	do     work
	of     any           // what do was made of, by whose name it is logged
	log    *slog.Logger  // of the session that asks for it; nil without a session
	post   bool          // it adds messages, and whom they name, and changes nothing else
	host   bool          // the host asks for it, who may do much at once
	follow bool          // what other processes have changed before is applied before
	then   []chat.Change // what do returned
	after  func()        // is called once the changes are applied; nil for nothing
	err    error
	done   chan struct{}
}

// writer is the one goroutine through which all changes go. It commits all
// that wait in one transaction, since with synchronous=FULL the flush is what
// costs, then applies the changes to the open sessions in the order of the commit and only then
// answers. Numbers given under it are therefore the order that everyone sees. What
// other processes have changed comes in between in its place (see follow.go).
type writer struct {
	store  chat.Store
	change func(chat.Change) error // makes open sessions see a change
	log    *slog.Logger
	now    func() time.Time
	origin int64 // the service, in the record of changes
	jobs   chan *job
	missed func(context.Context) // is called when the record no longer has changes of other processes
	seen   atomic.Int64          // the position of the last recorded change that is applied

	mu      sync.RWMutex // held for reading while a job is handed over
	stopped bool
	ended   chan struct{}
}

// newWriter makes a writer that has everything done that is added to its jobs.
func newWriter(w *writer) *writer {
	w.jobs, w.ended = make(chan *job, writerBatch), make(chan struct{})
	go w.run()
	return w
}

// do runs fn through the writer and waits for it to be on disk. Once a change
// is handed over it is carried out even if ctx ends, as nobody could say then
// whether it was: ctx only bounds the wait to hand it over. A change that costs more than
// [jobBudget] is refused with [chat.ErrTooLarge], and nothing of it is kept.
func (w *writer) do(ctx context.Context, fn work) error {
	return w.carryOut(ctx, &job{do: fn, of: fn})
}

// doForHost is do without a budget.
func (w *writer) doForHost(ctx context.Context, fn work) error {
	return w.carryOut(ctx, &job{do: fn, of: fn, host: true})
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
		return chat.ErrClosed
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
	earlier, err := w.transact(batch)
	if err != nil && len(batch) > 1 {
		// Something other than a refusal: whose fault it was shows when each
		// has a transaction of its own, and the others are not made to fail.
		for _, j := range batch {
			w.commit([]*job{j})
		}
		return
	}
	if err == nil {
		w.seen.Store(earlier.at)
		for _, c := range earlier.changes {
			w.apply(c)
		}
		if earlier.missed {
			w.missed(batch[0].ctx)
		}
	}
	for _, j := range batch {
		if err != nil {
			j.err = err
		} else if j.err == nil {
			for _, c := range j.then {
				w.apply(c)
			}
			if j.after != nil {
				j.after()
			}
		}
		close(j.done)
	}
}

// apply makes the open sessions see a change. That it cannot is a fault of the program.
func (w *writer) apply(c chat.Change) {
	if err := w.change(c); err != nil {
		w.log.Error("applying a change", "err", err)
	}
}

// earlier is what other processes have changed before a transaction.
type earlier struct {
	changes []chat.Change
	missed  bool  // there were more, which the record no longer has
	at      int64 // position of the last recorded change, of the transaction's own too
}

// transact runs the jobs in one transaction. A refusal is that job's answer; any
// other error undoes and fails them all. It returns what other processes have changed
// before it.
func (w *writer) transact(batch []*job) (found earlier, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a change: %v", p)
		}
	}()
	err = w.store.Update(batch[0].ctx, func(tx chat.Tx) error {
		record := &record{origin: w.origin, at: w.now(), seen: w.seen.Load()}
		var posts *postBatch
		for _, j := range batch {
			on := tx
			if !j.post {
				posts = nil
			} else {
				if posts == nil {
					posts = newPostBatch(tx)
				}
				on = posts
			}
			if err := w.try(j, on); err != nil {
				return err
			}
			if j.err != nil {
				continue // refused
			}
			record.follow = record.follow || j.follow
			if err := record.add(j.ctx, tx, j.then); err != nil {
				return err
			}
		}
		var err error
		found, err = record.earlier(batch[0].ctx, tx)
		return err
	})
	return found, err
}

// try runs one job in a transaction. The error, if there is one, undoes the
// transaction.
func (w *writer) try(j *job, tx chat.Tx) error {
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
	case j.err != nil && !chat.IsRefusal(j.err):
		return j.err
	default:
		return nil
	}
}

// postBatch is the transaction of changes that follow each other in a batch and
// only post: as none of them changes what a conversation or a membership is,
// each of these is read once for all. Any other change between them begins
// another.
type postBatch struct {
	chat.Tx
	conversations map[chat.ConversationID]chat.Conversation
	memberships   map[chat.MemberKey]chat.Membership
}

func newPostBatch(tx chat.Tx) *postBatch {
	return &postBatch{tx, map[chat.ConversationID]chat.Conversation{}, map[chat.MemberKey]chat.Membership{}}
}

// Conversation is as the store has it.
func (p *postBatch) Conversation(ctx context.Context, id chat.ConversationID) (chat.Conversation, error) {
	if c, known := p.conversations[id]; known {
		return c, nil
	}
	c, err := p.Tx.Conversation(ctx, id)
	if err == nil {
		p.conversations[id] = c
	}
	return c, err
}

// Membership is as the store has it.
func (p *postBatch) Membership(ctx context.Context, conversation chat.ConversationID, user chat.UserID) (chat.Membership, error) {
	at := chat.MemberKey{Conversation: conversation, User: user}
	if m, known := p.memberships[at]; known {
		return m, nil
	}
	m, err := p.Tx.Membership(ctx, conversation, user)
	if err == nil {
		p.memberships[at] = m
	}
	return m, err
}

// InsertMessage adds one, and with it the conversation has a newer message.
func (p *postBatch) InsertMessage(ctx context.Context, m *chat.Message) (bool, error) {
	fresh, err := p.Tx.InsertMessage(ctx, m)
	if c, known := p.conversations[m.Conversation]; known && fresh {
		c.LastSeq, c.LastAt = m.Seq, m.SentAt
		p.conversations[m.Conversation] = c
	}
	return fresh, err
}
