package writer

import (
	"context"
	"time"

	"confab/app/chat"
)

// changesKept is how long the record keeps changes. A server that was away for longer
// reads everything from the store again.
const changesKept = 24 * time.Hour

// changesPage is how many recorded changes are read at a time.
const changesPage = 500

// record is the record of changes as one transaction uses it. The transaction adds its own
// changes, and reads earlier ones of other processes. The transactions of all processes run
// one after the other, so positions are in the order of the commits.
type record struct {
	origin int64
	at     time.Time
	seen   int64 // the position of the last change that is applied
	follow bool  // read the changes of other processes in any case

	first, last int64 // positions of this transaction's own changes, 0 without any
}

// add records changes of this process.
func (r *record) add(ctx context.Context, tx chat.Tx, changes []chat.Change) error {
	for _, c := range changes {
		row, recorded, err := chat.Record(c)
		if err != nil {
			return err
		}
		if !recorded {
			continue
		}
		row.At, row.Origin = r.at, r.origin
		if r.last, err = tx.AppendChange(ctx, row); err != nil {
			return err
		}
		if r.first == 0 {
			r.first = r.last
		}
	}
	return nil
}

// earlier returns the changes that other processes have recorded before this
// transaction, if the transaction's own changes must be applied after them.
func (r *record) earlier(ctx context.Context, tx chat.Tx) (earlier, error) {
	found := earlier{at: max(r.seen, r.last)}
	if !r.follow && (r.first == 0 || r.first == r.seen+1) {
		return found, nil
	}
	found.at = r.seen
	for more := true; more; {
		page, err := tx.ChangesAfter(ctx, found.at, changesPage)
		if err != nil {
			return found, err
		}
		for _, row := range page {
			found.missed = found.missed || row.Position != found.at+1 // changes between these two are no longer in the record
			found.at = row.Position
			if row.Origin == r.origin {
				continue
			}
			c, err := row.Change()
			if err != nil { // a later version has recorded it
				found.missed = true
				continue
			}
			if c, err = completed(ctx, tx, c); err != nil {
				return found, err
			}
			found.changes = append(found.changes, c)
		}
		more = len(page) == changesPage
	}
	return found, nil
}

// completed adds to a recorded change what the record does not contain. A message may have
// expired since.
func completed(ctx context.Context, r chat.Reader, c chat.Change) (_ chat.Change, err error) {
	switch c := c.(type) {
	case chat.MessageAltered:
		c.Message, err = chat.MessageAt(ctx, r, c.Conversation, c.Seq)
		return c, err
	case chat.LinePosted:
		c.Message, err = chat.MessageAt(ctx, r, c.Conversation, c.Seq)
		return c, err
	case chat.MessageReacted:
		c.Message, err = chat.MessageAt(ctx, r, c.Conversation, c.Seq)
		return c, err
	case chat.StatusSet:
		user, err := r.UserByID(ctx, c.User)
		c.Status = user.Status
		return c, err
	default:
		return c, nil
	}
}

// CatchUp applies the changes that other processes have recorded so far. Its errors are
// those of [Writer.Do].
func (w *Writer) CatchUp(ctx context.Context) error {
	nothing := func(context.Context, chat.Tx) ([]chat.Change, error) { return nil, nil }
	return w.CarryOut(ctx, &Job{Follow: true, Do: nothing, Of: nothing})
}

// PruneChanges deletes recorded changes from more than a day before now, if this process
// has applied them. Its errors are those of [Writer.Do].
func (w *Writer) PruneChanges(ctx context.Context, now time.Time) error {
	return w.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return nil, tx.PruneChanges(ctx, now.Add(-changesKept), w.seen.Load())
	})
}
