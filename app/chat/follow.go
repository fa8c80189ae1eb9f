package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// changesKept is how long the record keeps changes. A server that was away for longer
// reads everything from the store again.
const changesKept = 24 * time.Hour

// changesPage is how many recorded changes are read at a time.
const changesPage = 500

// record is the view of one transaction on the record of changes. The transaction adds
// its own changes, and reads earlier ones of other processes. The transactions of all
// processes run one after the other, so positions are in the order of the commits.
type record struct {
	origin int64
	at     time.Time
	seen   int64 // the position of the last change that is applied
	follow bool  // read the changes of other processes in any case

	first, last int64 // positions of this transaction's own changes, 0 without any
}

// add records changes of this process.
func (r *record) add(ctx context.Context, tx Tx, changes []Change) error {
	for _, c := range changes {
		kind := c.kind()
		if kind == "" {
			continue
		}
		body, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("recording a change: %w", err)
		}
		r.last, err = tx.AppendChange(ctx, RecordedChange{At: r.at, Origin: r.origin, Kind: kind, Body: body})
		if err != nil {
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
func (r *record) earlier(ctx context.Context, tx Tx) (earlier, error) {
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
			found.missed = found.missed || row.Position != found.at+1 // the record no longer has the change between
			found.at = row.Position
			if row.Origin == r.origin {
				continue
			}
			c, err := row.change()
			if err != nil { // a later version has recorded it
				found.missed = true
				continue
			}
			if c, err = withMessage(ctx, tx, c); err != nil {
				return found, err
			}
			found.changes = append(found.changes, c)
		}
		more = len(page) == changesPage
	}
	return found, nil
}

// withMessage adds the message to a recorded change of a message. The message may have
// expired since.
func withMessage(ctx context.Context, r Reader, c Change) (Change, error) {
	altered, is := c.(MessageAltered)
	if !is {
		return c, nil
	}
	page, err := r.MessagesAfter(ctx, altered.Conversation, altered.Seq-1, 1)
	if err == nil && len(page) == 1 && page[0].Seq == altered.Seq {
		altered.Message = page[0]
	}
	return altered, err
}

// follow applies the changes that other processes have recorded by now.
func (w *writer) follow(ctx context.Context) error {
	nothing := func(context.Context, Tx) ([]Change, error) { return nil, nil }
	return w.carryOut(ctx, &job{follow: true, do: nothing, of: nothing})
}

// pruneChanges deletes old changes that are applied here.
func (w *writer) pruneChanges(ctx context.Context, now time.Time) error {
	return w.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		return nil, tx.PruneChanges(ctx, now.Add(-changesKept), w.seen.Load())
	})
}

// renew reads the state of all open sessions from the store again, and has the sessions
// do the same. The writer calls it, between two transactions, when the record no longer
// has all changes that it missed.
func (s *service) renew(ctx context.Context) {
	err := s.renewSessions(ctx)
	s.doubt(func(Login, UserID) bool { return true })
	if err == nil {
		return
	}
	s.log.Error("reading everything again after missed changes", "err", err)
	for _, o := range s.live.Sessions() {
		o.End("This server could not follow its database: connect again.")
	}
}

func (s *service) renewSessions(ctx context.Context) error {
	requests, err := s.requestsWaiting(ctx, s.store)
	if err := errors.Join(err, s.readBans(ctx)); err != nil {
		return err
	}
	for _, o := range s.live.Sessions() {
		err := s.maySessionStay(ctx, s.store, o)
		if IsRefusal(err) {
			o.End(UserText(err))
			continue
		}
		if err != nil {
			return err
		}
		if err := learnBlocks(ctx, s.store, o); err != nil {
			return err
		}
		all, direct, err := s.store.ConversationIDs(ctx, o.User())
		if err != nil {
			return err
		}
		o.Renew(all, direct)
	}
	if err := s.live.Renew(ctx); err != nil {
		return err
	}
	return s.live.Apply(requests)
}
