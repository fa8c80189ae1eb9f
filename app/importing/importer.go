package importing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Backing is what an import needs of the chat.
type Backing struct {
	Store chat.Reader
	// Update runs fn in a transaction and applies the changes that it returns.
	Update func(ctx context.Context, fn func(context.Context, chat.Tx) ([]chat.Change, error)) error
	// HandleIsFree refuses a handle that an account cannot have.
	HandleIsFree func(ctx context.Context, r chat.Reader, name string) error
	// GroupIsFree refuses a name that a group of an owner cannot have.
	GroupIsFree func(ctx context.Context, r chat.Reader, owner chat.UserID, name string) error
	Now         func() time.Time
}

// Options say how to import.
type Options struct {
	Rehearse bool       // find out what would come, and write nothing
	Batch    int        // about how many messages share a transaction
	Blobs    chat.Blobs // where the contents of files go; not needed for a rehearsal
	MaxFile  int64      // the largest file, in bytes
	// Accounts has the handles of people who have an account here already, by the names or the
	// keys that they have in the source. Their messages become those of that account.
	Accounts map[string]string
	// Wrote is called after each transaction, with the number of messages that have been
	// looked at so far and the time that the transaction took. It may wait, so that others
	// can write.
	Wrote func(ctx context.Context, looked int, took time.Duration)
}

// maxBatchText bounds how much text waits for a transaction, in bytes.
const maxBatchText = 1 << 20

// Importer writes the items of one source into the store. Only one goroutine may use it.
type Importer struct {
	backing  Backing
	options  Options
	source   string
	keeps    bool       // see [keepsIDs]
	rehearse *rehearsal // nil in an import that writes
	owner    chat.User  // the oldest owner of the server

	report   Report
	looked   int // messages
	accounts map[string]*account
	known    map[uuid.UUID]chat.User // the accounts of the server
	deleted  map[uuid.UUID]chat.User // those that were deleted here
	own      map[string]chat.User    // see [Options.Accounts], by names in lower case
	met      map[string]bool         // which of them the source has
	refused  error                   // why some of them cannot be
	rooms    map[string]*room
	order    []*room // in the order in which they came
	batch    []any   // what waits for the next transaction: *post, *account, *room (which is complete), and Extra
	text     int     // bytes of text in the batch
	waiting  int     // replies that wait for the beginning of their thread, in all rooms

	restore      bool             // see [Importer.begins]
	accountsMade bool             // the accounts of a restore are made
	people       []string         // their keys, in order
	byKey        map[string]*room // the same as rooms, which a [work] hides
	extras       int              // [Extra] items so far
	skip         int              // how many of them are on disk
	filled       int              // see [maxFilled]
}

// Run imports a source. When ctx ends, it stops after the present transaction and returns
// the error of ctx: everything up to there is on disk, and another run goes on from there.
// The report is right in any case.
func Run(ctx context.Context, b Backing, source Source, o Options) (Report, error) {
	im := &Importer{
		backing: b, options: o, source: source.Name(), accounts: map[string]*account{}, known: map[uuid.UUID]chat.User{}, rooms: map[string]*room{}, met: map[string]bool{},
	}
	if k, ok := source.(keepsIDs); ok {
		im.keeps = k.KeepsIDs()
	}
	if o.Rehearse {
		im.rehearse = newRehearsal(b.Store)
	}
	im.byKey = im.rooms
	users, err1 := b.Store.Users(ctx)
	own, err2 := owned(ctx, b.Store, o.Accounts)
	if err := errors.Join(err1, err2); err != nil {
		return im.report, err
	}
	im.own = own
	gone, err := deleted(ctx, b.Store)
	if err != nil {
		return im.report, err
	}
	im.deleted = gone
	for _, u := range users {
		im.known[u.UID] = u
	}
	if err := im.prepared(ctx); err != nil {
		return im.report, err
	}
	if im.keeps {
		source.(keepsIDs).Restore(im.restore)
	}
	if err := source.Read(ctx, func(i Item) error { return im.take(ctx, i) }); err != nil {
		return im.report, err
	}
	for _, r := range im.order {
		if err := im.complete(ctx, r); err != nil {
			return im.report, err
		}
	}
	if err := im.commit(ctx); err != nil {
		return im.report, err
	}
	if err := im.unmet(); err != nil {
		return im.report, err
	}
	if im.restore {
		if err := im.restored(ctx); err != nil {
			return im.report, err
		}
	}
	return im.report, im.close(ctx)
}

// prepared finds out whether the import is a restore, and who owns the server.
func (im *Importer) prepared(ctx context.Context) error {
	var err1, err2 error
	im.restore, err1 = im.begins(ctx)
	im.report.Restoring = im.restore
	owners, err := im.backing.Store.Owners(ctx)
	done := ""
	if im.restore {
		done, err2 = im.backing.Store.Setting(ctx, RestoredSetting)
	}
	if err := errors.Join(err1, err2, err); err != nil {
		return err
	}
	im.skip, _ = strconv.Atoi(done)
	switch {
	case len(owners) > 0:
		im.owner = owners[0]
	case !im.restore:
		return chat.Refuse(chat.ErrNotAllowed, "This server has no owner yet: add one first.").With(chat.HintAddOwner)
	}
	return nil
}

// take handles one item.
func (im *Importer) take(ctx context.Context, i Item) error {
	if _, ok := i.(Account); !ok && im.restore && !im.accountsMade {
		if _, fault := i.(Fault); !fault {
			if err := im.makeAccounts(ctx); err != nil {
				return err
			}
		}
	}
	switch i := i.(type) {
	case Account:
		if im.accounts[i.Key] == nil {
			im.people = append(im.people, i.Key)
		}
		im.meet(i)
	case Extra:
		if im.extras++; im.extras > im.skip {
			im.batch = append(im.batch, i)
		}
		if len(im.batch) >= im.options.Batch {
			return im.commit(ctx)
		}
	case Conversation:
		im.open(i)
	case Message:
		return im.message(ctx, i)
	case Done:
		if r := im.rooms[i.Conversation]; r != nil {
			return im.complete(ctx, r)
		}
	case Fault:
		im.report.leave(i.Place, i.Reason)
	}
	return ctx.Err()
}

// message takes a message, and writes the batch if it is full.
func (im *Importer) message(ctx context.Context, m Message) error {
	im.looked++
	p, err := im.prepare(ctx, m)
	if err != nil || p == nil {
		return err
	}
	im.batch = append(im.batch, p)
	im.text += p.bytes()
	if len(im.batch) >= im.options.Batch || im.text >= maxBatchText {
		return im.commit(ctx)
	}
	return nil
}

// complete puts the end of a conversation into the batch, after the replies that wait for
// the beginning of their thread.
func (im *Importer) complete(ctx context.Context, r *room) error {
	if r.done {
		return nil
	}
	r.done = true
	for _, p := range r.waiting {
		p.last = true
		im.batch = append(im.batch, p)
	}
	im.waiting -= len(r.waiting)
	r.waiting = nil
	im.batch = append(im.batch, r)
	if len(im.batch) >= im.options.Batch {
		return im.commit(ctx)
	}
	return nil
}

// work is one transaction. The importer takes over the results of a transaction only after
// its commit, because a transaction may run again.
type work struct {
	*Importer
	tx      target
	report  Report
	fresh   map[string]chat.User // accounts that the transaction has made, by their key
	rooms   map[*room]*state
	later   []*post // replies that wait for the beginning of their thread
	changes []chat.Change
}

// commit writes what waits.
func (im *Importer) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(im.batch) == 0 {
		return nil
	}
	begun := im.backing.Now()
	var w *work
	do := func(ctx context.Context, tx target) error {
		w = &work{Importer: im, tx: tx, fresh: map[string]chat.User{}, rooms: map[*room]*state{}}
		for _, one := range im.batch {
			var err error
			switch one := one.(type) {
			case *post:
				err = w.post(ctx, one)
			case *account:
				_, err = w.account(ctx, one.Key)
			case *room:
				err = w.complete(ctx, one)
			case Extra:
				err = w.extra(ctx, one)
			}
			if err != nil {
				return err
			}
		}
		return errors.Join(w.mark(ctx), w.count(ctx))
	}
	err := im.transact(ctx, do, func() []chat.Change { return w.changes })
	if err != nil {
		return fmt.Errorf("writing what was imported: %w", err)
	}
	for key, u := range w.fresh {
		im.accounts[key].user = u
	}
	for _, p := range w.later {
		p.room.waiting = append(p.room.waiting, p)
	}
	im.waiting += len(w.later)
	im.report.add(&w.report)
	im.batch, im.text = im.batch[:0], 0
	if im.options.Wrote != nil {
		im.options.Wrote(ctx, im.looked, im.backing.Now().Sub(begun))
	}
	return ctx.Err()
}

// transact runs a function in a transaction, or in the rehearsal.
func (im *Importer) transact(ctx context.Context, do func(context.Context, target) error, changes func() []chat.Change) error {
	if im.rehearse != nil {
		return do(ctx, im.rehearse)
	}
	return im.backing.Update(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if err := do(ctx, tx); err != nil {
			return nil, err
		}
		return changes(), nil
	})
}

// close adds the import to the audit log, unless it has changed nothing.
func (im *Importer) close(ctx context.Context) error {
	if im.report.Messages+im.report.Accounts+im.report.Conversations == 0 {
		return nil
	}
	return im.transact(ctx, func(ctx context.Context, tx target) error {
		return tx.AppendAudit(ctx, chat.AuditEntry{
			At: im.backing.Now(), Actor: chat.HostActor, Action: chat.AuditImport, Target: im.source,
			Detail: fmt.Sprintf("%d messages, %d conversations, %d accounts", im.report.Messages, im.report.Conversations, im.report.Accounts),
		})
	}, func() []chat.Change { return nil })
}

// missing reports whether a lookup found nothing, and returns its error if it is another one.
func missing(err error) (bool, error) {
	if errors.Is(err, chat.ErrNotFound) {
		return true, nil
	}
	return false, err
}
